"""A learned probability of purchase, beside the rule score: values in, values out.

Loads scikit-learn, so only tasks and commands import it.
"""

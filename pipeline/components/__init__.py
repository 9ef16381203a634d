"""The pieces that pages make of opportunities: values in, markup out. Tags: templatetags/pipeline_pieces.py."""

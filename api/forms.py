"""What an administrator fills in."""

from django import forms

from api import webhooks


class EndpointForm(forms.Form):
    """Another program that is told; the service decides whether it will do."""

    url = forms.CharField(
        label="Address",
        max_length=webhooks.LONGEST_URL,
        widget=forms.URLInput({"placeholder": "https://example.com/hooks/winnow"}),
        help_text="Each message is posted there as JSON, signed by the Standard Webhooks specification.",
    )
    note = forms.CharField(label="What listens there", max_length=120, required=False)
    types = forms.MultipleChoiceField(
        label="Tell it when",
        choices=[(kind.key, kind.label) for kind in webhooks.TYPES.values()],
        widget=forms.CheckboxSelectMultiple,
        initial=list(webhooks.TYPES),
        error_messages={"required": "Choose at least one thing to tell."},
    )

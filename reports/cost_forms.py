"""What people fill in about campaigns' costs."""

from typing import Any

from django import forms


class CostForm(forms.Form):
    """One campaign, one month."""

    campaign = forms.CharField(max_length=200, help_text="As utm_campaign names it.")
    month = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"placeholder": "2026-06"}))
    amount = forms.CharField(label="Cost", max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    currency = forms.CharField(max_length=3)

    def __init__(self, data: Any = None, *, currency: str) -> None:
        super().__init__(data, initial={"currency": currency})


class CostListForm(forms.Form):
    """A list."""

    file = forms.FileField(label="CSV file", help_text="Columns campaign, month and amount; currency if you like.")

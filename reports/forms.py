"""What people fill in about the forecast."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from pipeline.forms import amount_field, choose
from reports.queries.figures import Month


class CallForm(forms.Form):
    """A manager's own figure."""

    month = forms.TypedChoiceField(label="Month", coerce=date.fromisoformat)
    amount = amount_field(label="Will bring", required=False, help_text="Empty: take your figure back.")
    note = forms.CharField(label="Why", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, months: Sequence[Month], chosen: date) -> None:
        super().__init__(data, initial={"month": chosen.isoformat()})
        known = [(month.period.start.isoformat(), month.period.name) for month in months]
        choose(self.fields["month"], known)

"""What people fill in about hand-offs; the services decide whether it will do."""

from typing import Any

from django import forms

from pipeline.forms import DAY
from pipeline.models import RejectReason, ReturnBy


class RejectForm(forms.Form):
    """Why not."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[("", "Choose a reason"), *RejectReason.choices],
        error_messages={"required": "Choose why: marketing learns from every no."},
    )
    note = forms.CharField(label="In a few words", required=False, max_length=300)
    by = forms.ChoiceField(
        label="Look at them again", required=False, choices=[("", "As the rule of the reason says"), *ReturnBy.choices]
    )
    back_on = forms.DateField(
        label="Or on this day",
        widget=DAY,
        required=False,
        help_text="In the wrong territory it goes to the next rep at once.",
    )


class UndoForm(forms.Form):
    """Why the promotion was a mistake, and that what has been done since may be lost."""

    reason = forms.CharField(label="Why", required=False, max_length=300)
    is_sure = forms.BooleanField(label="Undo it anyway; this may be lost", required=False)

    def __init__(self, data: Any = None, *, lost: list[str]) -> None:
        super().__init__(data)
        if lost:
            self.fields["is_sure"].help_text = f"Lost: {'; '.join(lost)}."
        else:
            del self.fields["is_sure"]


class RestForm(forms.Form):
    """What brings somebody back who is not promoted now."""

    by = forms.ChoiceField(label="Suggest them again", choices=ReturnBy.choices, initial=ReturnBy.ANEW)
    back_on = forms.DateField(label="Or on this day", widget=DAY, required=False)


class ReturnRuleForm(forms.Form):
    """What follows from a reason."""

    by = forms.ChoiceField(label="They come back", choices=ReturnBy.choices)
    months = forms.IntegerField(
        label="Months", min_value=1, max_value=120, help_text="For a timeline or growth: where nobody knows it."
    )

"""What people fill in at the desk and about what it asks; the services decide whether it will do."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from capture.models import Form
from leads.forms import EvidenceForm
from pipeline.services.desk import REASONS, field_of

DAYS = [("7", "In a week"), ("30", "In a month"), ("90", "In three months"), ("180", "In half a year")]
MOMENT = "%Y-%m-%dT%H:%M"


class DeskForm(forms.Form):
    """Carries the nonce of the page from which it was opened, so that a double click does it once."""

    nonce = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)


class AnswerForm(EvidenceForm, DeskForm):
    """One answer to a criterion."""


class CallForm(DeskForm):
    """What was said."""

    body = forms.CharField(max_length=10_000, required=False)


class NurtureForm(DeskForm):
    """When somebody comes back to the desk."""

    field_order = ["back", "on", "or_event", "note"]

    back = forms.ChoiceField(
        label="Back at the desk",
        choices=[*DAYS, ("day", "On a day"), ("event", "Only when they do something")],
        initial="30",
        widget=forms.RadioSelect,
    )
    on = forms.DateField(label="Which day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    or_event = forms.BooleanField(label="Earlier when they do something", required=False, initial=True)
    note = forms.CharField(label="Why not now", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("back") == "day" and not given.get("on") and "on" not in self.errors:
            self.add_error("on", "Choose the day.")
        return given

    def until(self, now: datetime) -> datetime | None:
        """The morning of the day that was chosen; none for "only when they do something"."""
        back, on = self.cleaned_data["back"], self.cleaned_data.get("on")
        if back == "event":
            return None
        day = on if back == "day" and on else timezone.localdate(now) + timedelta(days=int(back))
        return timezone.make_aware(datetime.combine(day, time(9)))


class LaterForm(DeskForm):
    """At which hour they want to be called."""

    field_order = ["at", "note"]

    at = forms.DateTimeField(
        label="Call them at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "autofocus": True}, format=MOMENT),
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
    )
    note = forms.CharField(label="About what", max_length=120, required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        hour = timezone.localtime(now).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
        kwargs["initial"] = {"at": hour} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)


class DisqualifyForm(DeskForm):
    """Why somebody will never buy."""

    field_order = ["reason", "note"]

    reason = forms.ChoiceField(
        label="Why", choices=[(key, label) for key, (label, _) in REASONS.items()], widget=forms.RadioSelect
    )
    note = forms.CharField(
        required=False, max_length=200, help_text="What the next person should know; needed for something else."
    )


class SurveyForm(DeskForm):
    """Which form is mailed to somebody, and what stands above the link."""

    field_order = ["survey", "words"]

    survey = forms.TypedChoiceField(label="Which form", coerce=int, widget=forms.RadioSelect)
    words = forms.CharField(
        label="A line of yours",
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands above the link; the mail is signed with your name, and answers to it reach you.",
    )

    def __init__(self, *args: Any, sendable: Sequence[Form], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(form.pk, form.title) for form in sendable]
        self.fields["survey"].choices = choices  # type: ignore[attr-defined]
        if choices:
            self.initial.setdefault("survey", choices[0][0])


class PromoteForm(DeskForm):
    """Why this is a prospect."""

    reason = forms.CharField(
        label="Why is this a prospect?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text="It is kept with the judgement as it stands now, so that we can learn from it.",
    )


class CriterionForm(forms.Form):
    """A question that qualification must answer, and the ways to ask it."""

    label = forms.CharField(label="Name", max_length=60)
    letter = forms.CharField(label="On the chip", max_length=2, help_text="One or two letters.")
    question = forms.CharField(max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    questions = forms.CharField(
        label="Other ways to ask",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One per line; the desk shows them below the question.",
    )
    hint = forms.CharField(label="What counts as an answer", max_length=300, required=False)
    valid_days = forms.IntegerField(
        label="An answer holds for (days)", min_value=1, max_value=3650, initial=180, help_text="Then it is asked anew."
    )
    position = forms.IntegerField(label="Place", min_value=0, max_value=32_000, required=False)

    def __init__(self, *args: Any, personas: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.personas = personas
        for name in personas:
            self.fields[field_of(name)] = forms.CharField(
                label=f"Ask {name} so",
                required=False,
                max_length=10_000,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text="One per line; at the desk the first one stands in place of the question.",
            )
        order = list(self.fields)
        self.order_fields([*order[:4], *map(field_of, personas), *order[4:]])

    def clean(self) -> dict[str, Any]:
        """The questions as lists, those of personas by name."""
        given: dict[str, Any] = super().clean() or {}
        given["of_personas"] = {name: given.pop(field_of(name), "").splitlines() for name in self.personas}
        given["questions"] = given.get("questions", "").splitlines()
        return given

"""Forms for what people log and plan."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from activities.models import ActivityKind
from activities.notices import Mail, Topic
from activities.services import OUTCOMES
from users.models import User

DUE_AT = time(9)


class LogForm(forms.Form):
    """A note, call, meeting, reply or mail."""

    field_order = ["outcome", "body", "at"]

    at = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    outcome = forms.ChoiceField(label="How did it go?", widget=forms.RadioSelect)
    body = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 5, "autofocus": True}))
    nonce = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    BODY_LABELS = {
        ActivityKind.NOTE: "Note",
        ActivityKind.CALL: "What was said",
        ActivityKind.MEETING: "What was said",
        ActivityKind.REPLY: "What they wrote",
        ActivityKind.MAIL: "What you wrote",
    }

    def __init__(self, *args: Any, kind: str, now: datetime, **kwargs: Any) -> None:
        kwargs["initial"] = {"at": timezone.localtime(now), "nonce": uuid.uuid4()} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["body"].label = self.BODY_LABELS[ActivityKind(kind)]
        self.fields["body"].required = kind == ActivityKind.NOTE
        outcomes = [(value, _short(label)) for value, (label, _) in OUTCOMES[kind].items()]
        if len(outcomes) == 1:
            del self.fields["outcome"]
        else:
            field = self.fields["outcome"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.choices = outcomes
            field.initial = outcomes[0][0]
        if kind == ActivityKind.NOTE:
            self.fields["at"].widget = forms.HiddenInput()

    def clean_at(self) -> datetime:
        """The field knows minutes: this very minute means now, or an answer would stand before its cause."""
        at: datetime = self.cleaned_data["at"]
        return self.now if at == self.now.replace(second=0, microsecond=0) else at


def _short(label: str) -> str:
    return label.removeprefix("Call: ").removeprefix("Meeting: ").removeprefix("Meeting ").capitalize()


class FollowUpForm(forms.Form):
    """Something to do by a day."""

    title = forms.CharField(
        label="What", max_length=200, widget=forms.TextInput(attrs={"placeholder": "Call back about…"})
    )
    due_on = forms.DateField(label="By", widget=forms.DateInput(attrs={"type": "date"}))
    assignee = forms.ModelChoiceField(label="Who", queryset=User.objects.none(), empty_label=None)

    def __init__(self, *args: Any, user: User, now: datetime, **kwargs: Any) -> None:
        tomorrow = timezone.localdate(now) + timedelta(days=1)
        kwargs["initial"] = {"due_on": _working_day(tomorrow), "assignee": user.pk} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        people = User.objects.assignable().order_by("name", "pk")
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = people if user.sees_everything else people.filter(pk__in=user.visible_owner_ids)

    def due_at(self) -> datetime:
        """Nine in the morning of that day, where the person is."""
        return due_at(self.cleaned_data["due_on"])


def due_at(day: date) -> datetime:
    """Nine in the morning of a day, where the person is."""
    return timezone.make_aware(datetime.combine(day, DUE_AT))


def _working_day(day: date) -> date:
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


class NoticesForm(forms.Form):
    """How somebody wants to be told besides the bell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic in Topic:
            self.fields[topic.value] = forms.ChoiceField(label=topic.label, choices=Mail.choices)
        self.fields["digest_at"] = forms.TimeField(
            label="The day's mail leaves at", widget=forms.TimeInput({"type": "time"}, format="%H:%M")
        )
        self.fields["quiet_from"] = forms.TimeField(
            label="Quiet from", required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
        )
        self.fields["quiet_until"] = forms.TimeField(
            label="until",
            required=False,
            widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
            help_text="In your time zone; it may pass midnight. Mails wait for its end; the desktop shows nothing.",
        )
        self.fields["in_browser"] = forms.BooleanField(
            label="Show what is new on the desktop",
            required=False,
            widget=forms.CheckboxInput({"data-ask-notices": ""}),
            help_text="While Winnow is open in another tab. The browser asks whether that may be.",
        )

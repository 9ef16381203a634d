"""A form as a marketer sets it up, beside what the builder asks."""

from typing import Any

from django import forms

from capture.models import Form
from capture.reference import STARTS
from leads.models import EventKind, Source

SLUG_HELP = "The last part of the public link: letters, digits and -. It cannot be changed later."


class FormSettings(forms.Form):
    """What is true of all versions of a form."""

    title = forms.CharField(max_length=120)
    event_kind = forms.ChoiceField(label="Counts as", help_text="What the timeline and the score make of it.")
    source = forms.ChoiceField(label="Source of new leads", choices=Source.choices)
    is_by_invitation = forms.BooleanField(
        label="Only with a personal link",
        required=False,
        help_text="A survey: each link belongs to one contact, who is not asked who they are.",
    )
    is_open = forms.BooleanField(
        label="Open", required=False, help_text="A closed form says that it is closed and takes nothing."
    )

    def __init__(self, *args: Any, row: Form | None = None, **kwargs: Any) -> None:
        if row is not None:
            kwargs["initial"] = {name: getattr(row, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        kinds = EventKind.objects.filter(is_registered=True).order_by("label").values_list("key", "label")
        self.fields["event_kind"].choices = list(kinds)  # type: ignore[attr-defined]


class NewForm(forms.Form):
    """A form to begin with."""

    title = forms.CharField(max_length=120, help_text="Visitors see it.")
    slug = forms.SlugField(label="Address", max_length=50, help_text=SLUG_HELP)
    start = forms.ChoiceField(
        label="Begin with", choices=[(key, start.label) for key, start in STARTS.items()], widget=forms.RadioSelect
    )


class SpamForm(forms.Form):
    """What makes a submission suspicious."""

    blocked_domains = forms.CharField(
        label="Blocked domains",
        required=False,
        max_length=200_000,
        widget=forms.Textarea({"rows": 6, "placeholder": "example.com"}),
        help_text="One per line: your own, and others from whom you expect nothing. Those below them are meant too.",
    )
    blocks_disposable = forms.BooleanField(
        label="Hold throw-away addresses",
        required=False,
        help_text="Some 10,000 domains whose addresses live for minutes; the list comes with Winnow.",
    )
    most_links = forms.IntegerField(
        label="Links that are fine", min_value=0, max_value=50, help_text="With more, somebody looks at it first."
    )

"""A form as a marketer sets it up."""

from typing import Any

from django import forms

from capture.models import Form, FormField
from leads.models import EventKind


class FormSettings(forms.ModelForm):  # type: ignore[type-arg]
    """A form as a marketer sets it up."""

    asked = forms.MultipleChoiceField(choices=FormField.choices, widget=forms.CheckboxSelectMultiple, label="Ask for")
    must = forms.MultipleChoiceField(
        choices=FormField.choices, widget=forms.CheckboxSelectMultiple, label="Must be filled in", required=False
    )
    event_kind = forms.ChoiceField(label="Counts as", help_text="What the timeline and the score make of it.")

    class Meta:
        model = Form
        fields = ["title", "slug", "intro", "event_kind", "source", "consent_wording"]
        fields += ["thank_you", "is_open"]
        labels = {
            "slug": "Address",
            "intro": "Introduction",
            "source": "Source of new leads",
            "consent_wording": "Consent",
            "thank_you": "Thank-you text",
            "is_open": "Open",
        }
        help_texts = {
            "slug": "The last part of the public link: letters, digits and -.",
            "consent_wording": "The sentence beside the check box, kept word by word with each consent. "
            "Empty: no check box.",
            "is_open": "A closed form says that it is closed and takes nothing.",
        }
        widgets = {
            "intro": forms.Textarea({"rows": 2}),
            "consent_wording": forms.Textarea({"rows": 2}),
            "thank_you": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = EventKind.objects.filter(is_registered=True).order_by("label").values_list("key", "label")
        self.fields["event_kind"].choices = list(kinds)  # type: ignore[attr-defined]
        self.initial.update(asked=self.instance.fields, must=self.instance.required)
        if self.instance.pk:  # links are out there, and what came in is found by it
            self.fields["slug"].disabled = True
        self.order_fields(["title", "slug", "intro", "asked", "must"])

    def clean(self) -> None:
        """Fields are asked in one fixed order."""
        for name, attribute in (("asked", "fields"), ("must", "required")):
            chosen = self.cleaned_data.get(name, [])
            setattr(self.instance, attribute, [value for value in FormField.values if value in chosen])

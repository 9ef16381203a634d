"""What is asked on pages."""

from collections.abc import Mapping
from typing import Any

from django import forms

from capture.models import Form, FormField, Site
from capture.services.submissions import LONGEST_MESSAGE
from leads.models import EventKind

TRAP = "website"  # people do not see it; whoever fills it in is a program
_LONGEST = {"first_name": 100, "last_name": 100, "email": 254, "phone": 40, "company": 200, "job_title": 150}
_AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
    "company": "organization",
    "job_title": "organization-title",
}
_TYPES = {"email": "email", "phone": "tel"}


class LeadForm(forms.Form):
    """A hosted form's fields as a visitor sees them; what an answer must be is decided by the service."""

    def __init__(self, form: Form, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        for name in form.fields:
            required = name in form.required
            label = FormField(name).label
            if name == FormField.MESSAGE:
                self.fields[name] = forms.CharField(
                    label=label, required=required, max_length=LONGEST_MESSAGE, widget=forms.Textarea({"rows": 4})
                )
                continue
            attributes = {"autocomplete": _AUTOCOMPLETE[name]}
            widget = forms.TextInput(attributes)
            widget.input_type = _TYPES.get(name, "text")
            self.fields[name] = forms.CharField(
                label=label, required=required, max_length=_LONGEST[name], widget=widget
            )
        if form.consent_wording:
            self.fields["consent"] = forms.BooleanField(label=form.consent_wording, required=False)


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


class SiteSettings(forms.ModelForm):  # type: ignore[type-arg]
    """A tracked site as a marketer sets it up."""

    allowed_origins = forms.CharField(
        required=False,
        widget=forms.Textarea({"rows": 3, "placeholder": "https://www.example.com"}),
        help_text="One address per line. Empty: pages of any address may report.",
    )

    class Meta:
        model = Site
        fields = ["name", "allowed_origins", "asks_consent"]
        labels = {"asks_consent": "Wait for consent"}
        help_texts = {
            "asks_consent": "Nothing is sent and nothing is stored in the browser before the page calls "
            "winnow('consent', true). Changes the snippet: copy it again."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["allowed_origins"] = "\n".join(self.instance.allowed_origins)

    def clean_allowed_origins(self) -> list[str]:
        return str(self.cleaned_data["allowed_origins"]).split()


class ListUpload(forms.Form):
    """A file of contacts."""

    file = forms.FileField(
        label="File",
        help_text="CSV or TSV, up to 20 MB. In Excel: File, Save as, “CSV UTF-8”.",
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )

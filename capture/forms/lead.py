"""What a visitor fills in."""

from collections.abc import Mapping
from typing import Any

from django import forms

from capture.models import Form, FormField
from capture.services.submissions import LONGEST_MESSAGE

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

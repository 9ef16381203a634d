"""What a visitor fills in."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import escape

from capture.answering import clean
from capture.questions import Question
from core.errors import Refused
from core.forms import show_refusal

TRAP = "website"  # people do not see it; whoever fills it in is a program
CONSENT = "consent_"
_AUTOCOMPLETE = {
    "contact.first_name": "given-name",
    "contact.last_name": "family-name",
    "contact.email": "email",
    "contact.phone": "tel",
    "contact.job_title": "organization-title",
    "contact.country": "country-name",
    "company.name": "organization",
}
_INPUTS = {"email": "email", "phone": "tel", "date": "date", "hidden": "hidden"}


class Asked(forms.Field):
    """Takes whatever comes: what an answer must be is said once, in capture/answering.py."""

    def clean(self, value: Any) -> Any:
        return value


class LeadForm(forms.Form):
    """A version's questions as a visitor sees them, with its consent boxes as `consent_<purpose>`."""

    def __init__(
        self,
        questions: Sequence[Question],
        consents: Sequence[Mapping[str, str]] = (),
        data: QueryDict | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.questions = questions
        for question in questions:
            self.fields[question.key] = self._field(question, parameters or {})
        for box in consents:
            self.fields[CONSENT + box["purpose"]] = forms.BooleanField(label=box["wording"], required=False)

    def _field(self, question: Question, parameters: Mapping[str, str]) -> Asked:
        field = Asked(label=question.label, required=question.required, widget=_widget(question))
        field.help_text = escape(question.help)  # templates take help texts for HTML
        if question.type == "hidden":
            field.required = False
            field.initial = parameters.get(question.parameter, "")[:300] or question.default
        if question.shown_if is not None:  # the browser must not insist on what it does not show
            field.widget.use_required_attribute = lambda initial: False
        return field

    def clean(self) -> dict[str, Any]:
        """The answers as they are kept; what is wrong stands beside its question."""
        given = {question.key: self.cleaned_data.get(question.key) for question in self.questions}
        try:
            self.answers = clean(self.questions, given)
        except Refused as refused:
            show_refusal(self, refused)
        return self.cleaned_data

    def purposes(self) -> list[str]:
        """What was ticked."""
        ticked = [name for name, given in self.cleaned_data.items() if name.startswith(CONSENT) and given]
        return sorted(name.removeprefix(CONSENT) for name in ticked)

    def rows(self) -> list[list[tuple[Question | None, forms.BoundField]]]:
        """Bound fields line by line: first and last name side by side; a consent box has no question."""
        rows: list[list[tuple[Question | None, forms.BoundField]]] = []
        names = {"contact.first_name", "contact.last_name"}
        for question in self.questions:
            pair = question.maps_to in names and question.shown_if is None
            last = rows[-1][0][0] if rows and len(rows[-1]) == 1 else None
            if pair and last is not None and last.maps_to in names and last.shown_if is None:
                rows[-1].append((question, self[question.key]))
            else:
                rows.append([(question, self[question.key])])
        return rows + [[(None, self[name])] for name in self.fields if name.startswith(CONSENT)]


def _widget(question: Question) -> forms.Widget:
    if question.type == "long_text":
        return forms.Textarea({"rows": 4, "maxlength": question.longest})
    if question.type == "choices":
        return forms.CheckboxSelectMultiple(choices=[(option.label, option.label) for option in question.choices])
    if question.type in {"choice", "yes_no"}:
        options = [(option.label, option.label) for option in question.choices]
        if len(options) <= 4:
            return forms.RadioSelect(choices=options)
        return forms.Select(choices=[("", "Please choose"), *options])
    attributes: dict[str, Any] = {}
    if question.maps_to in _AUTOCOMPLETE:
        attributes["autocomplete"] = _AUTOCOMPLETE[question.maps_to]
    if question.type == "number":
        attributes["inputmode"] = "decimal"
    if question.type not in {"date", "hidden"}:
        attributes["maxlength"] = question.longest
    widget = forms.TextInput(attributes)
    widget.input_type = _INPUTS.get(question.type, "text")
    return widget

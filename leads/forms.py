"""Forms over contacts, companies and evidence. What is right is decided by the services."""

from typing import Any

from django import forms

from core.errors import Refused
from leads.custom import LONGEST_TEXT, MOST_DIGITS, stored
from leads.models import (
    Company,
    ConsentBasis,
    Contact,
    Criterion,
    CustomField,
    FieldType,
    Purpose,
    Source,
    SuppressionReason,
    Verdict,
)
from leads.vocabulary import DISQUALIFIED_BECAUSE


def _custom_field(field: CustomField) -> forms.Field:
    if field.type == FieldType.CHOICE:
        options = [("", "—"), *((str(option), str(option)) for option in field.options)]
        return forms.ChoiceField(label=field.label, choices=options, required=False)
    if field.type == FieldType.DATE:
        return forms.DateField(label=field.label, required=False, widget=forms.DateInput(attrs={"type": "date"}))
    if field.type == FieldType.NUMBER:
        return forms.DecimalField(label=field.label, required=False, max_digits=MOST_DIGITS)
    if field.type == FieldType.YES_NO:
        return forms.NullBooleanField(label=field.label, required=False)
    return forms.CharField(label=field.label, required=False, max_length=LONGEST_TEXT)


class CustomFieldsForm(forms.Form):
    """A form that carries a team's own properties as `custom_…` fields."""

    about = "contact"

    def __init__(self, *args: Any, custom_fields: "list[CustomField] | None" = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = custom_fields if custom_fields is not None else list(CustomField.objects.filter(about=self.about))
        for field in self.own:
            self.fields[f"custom_{field.key}"] = _custom_field(field)

    def clean(self) -> dict[str, Any]:
        """Each property by the rule that also the API and imports follow."""
        super().clean()
        self._custom: dict[str, Any] = {}
        for field in self.own:
            name = f"custom_{field.key}"
            if name not in self.cleaned_data:
                continue
            try:
                self._custom[field.key] = stored(field.rule, self.cleaned_data[name])
            except Refused as refused:
                self.add_error(name, str(refused))
        return self.cleaned_data

    def custom(self) -> dict[str, Any]:
        """The properties as they are stored; what was left empty is None."""
        return self._custom


def custom_initial(record: Contact | Company) -> dict[str, Any]:
    """Initial values of the `custom_…` fields."""
    return {f"custom_{key}": value for key, value in record.custom.items()}


class ContactForm(CustomFieldsForm):
    """Who somebody is."""

    first_name = forms.CharField(max_length=100, required=False)
    last_name = forms.CharField(max_length=100, required=False)
    email = forms.CharField(
        label="E-mail", max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    phone = forms.CharField(max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"}))
    job_title = forms.CharField(max_length=150, required=False)
    company_name = forms.CharField(label="Company", max_length=200, required=False)
    country = forms.CharField(
        max_length=2, required=False, help_text="Two letters, such as DE.", widget=forms.TextInput(attrs={"size": 2})
    )


class NewContactForm(ContactForm):
    """A lead entered by hand."""

    source = forms.ChoiceField(
        label="How we heard of them", choices=Source.choices, initial=Source.MANUAL, required=False
    )

    def clean_source(self) -> str:
        return self.cleaned_data["source"] or Source.MANUAL


class CompanyForm(CustomFieldsForm):
    """What an organisation is."""

    about = "company"

    name = forms.CharField(max_length=200)
    domain = forms.CharField(max_length=253, required=False, help_text="Without www; it matches people by address.")
    industry = forms.CharField(max_length=80, required=False)
    employees = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        max_length=2,
        required=False,
        help_text="Two letters, such as DE.",
        error_messages={"invalid": "Use the country's two-letter code, such as DE."},
    )


class EvidenceForm(forms.Form):
    """One answer to a criterion; asks for an amount or a date where the criterion is about one."""

    verdict = forms.ChoiceField(
        label="What does it say?", choices=Verdict.choices, widget=forms.RadioSelect, initial=Verdict.MEETS
    )
    quote = forms.CharField(
        label="Their own words",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "“…”"}),
    )
    text = forms.CharField(label="In a few words", required=False, max_length=300)
    amount = forms.DecimalField(
        required=False, min_value=0, max_digits=14, decimal_places=2, widget=forms.NumberInput(attrs={"step": "any"})
    )
    on_date = forms.DateField(label="By when", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    # which measure fits a criterion of the default set; others are answered in words
    MEASURES = {"budget": "amount", "timeline": "on_date"}

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for measure in set(self.MEASURES.values()) - {self.MEASURES.get(criterion.key)}:
            del self.fields[measure]


class ConsentForm(forms.Form):
    """That somebody agreed to a purpose, or took it back, and how we know."""

    purpose = forms.ChoiceField(label="What for", choices=Purpose.choices)
    given = forms.ChoiceField(
        label="What they said", choices=[("yes", "They agree"), ("no", "They take it back")], widget=forms.RadioSelect
    )
    basis = forms.ChoiceField(
        label="Why we may",
        choices=ConsentBasis.choices,
        required=False,
        help_text="A contract or a legitimate interest allows what nobody has to agree to.",
    )
    source = forms.CharField(
        label="How we know", max_length=64, help_text="Such as: on the phone on 3 March, or by letter."
    )


class DisqualifyForm(forms.Form):
    """Why somebody will never buy."""

    # whoever does not want to be contacted says so under what they let us do
    REASONS = [(key, label) for key, (label, is_withdrawal) in DISQUALIFIED_BECAUSE.items() if not is_withdrawal]

    reason = forms.ChoiceField(choices=REASONS)
    note = forms.CharField(required=False, max_length=200, help_text="What the next person should know.")

    def sentence(self) -> str:
        """The reason as it is kept."""
        label = dict(self.REASONS)[self.cleaned_data["reason"]]
        note = self.cleaned_data["note"].strip()
        return f"{label}: {note}" if note else label


class HumanRuleForm(forms.Form):
    """From which likelihood on an event counts as a person's, and which user agents are known better."""

    line = forms.IntegerField(
        label="Quarantine what is less likely a person than (percent)",
        min_value=0,
        max_value=100,
        help_text="0 quarantines nothing, whatever speaks against it.",
    )
    machines = forms.CharField(
        label="These are machines",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Parts of user agents, one per line"}),
        help_text="Such as the monitor of your own site.",
    )
    people = forms.CharField(
        label="These are people",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Parts of user agents, one per line"}),
        help_text="Such as an app in which your customers read.",
    )


class EraseForm(forms.Form):
    """Their name, typed."""

    typed = forms.CharField(label="Type their name to confirm", max_length=300, widget=forms.TextInput())

    def __init__(self, data: Any = None, *, name: str) -> None:
        super().__init__(data)
        self.fields["typed"].widget.attrs = {"autocomplete": "off", "placeholder": name}


class SuppressForm(forms.Form):
    """Addresses and numbers that nobody uses any more, and why."""

    addresses = forms.CharField(
        label="Addresses and numbers",
        max_length=600_000,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "jo@example.com\n+49 30 1234567"}),
        help_text="One per line, up to 10,000; numbers with their country code.",
    )
    reason = forms.ChoiceField(
        choices=[choice for choice in SuppressionReason.choices if choice[0] != SuppressionReason.ERASED],
        initial=SuppressionReason.MANUAL,
    )
    note = forms.CharField(max_length=200, required=False, help_text="Such as: bounces of the March mailing.")


class FindForm(forms.Form):
    """One address or number."""

    address = forms.CharField(label="Is this address or number on it?", max_length=300)

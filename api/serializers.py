"""What goes in and comes out, field by field; the documentation is made of it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from leads.models import Contact, Duplicate, DuplicateState, Evidence, IdentityKind, Lifecycle, Source, Tag, Verdict
from scoring.queries import marks


class Strict(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt name would be lost silently."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: "There is no such field." for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class PersonOut(serializers.Serializer[Any]):
    """A colleague."""

    name = serializers.CharField()
    email = serializers.EmailField()


class CompanyOut(serializers.Serializer[Any]):
    """An organisation."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    domain = serializers.CharField()


class ScoreOut(serializers.Serializer[Any]):
    """The judgement as it stands; null where nobody has judged yet."""

    fit = serializers.IntegerField()
    engagement = serializers.IntegerField()
    total = serializers.IntegerField()
    grade = serializers.CharField()
    is_qualified = serializers.BooleanField()
    definition_version = serializers.IntegerField()


class ContactOut(serializers.Serializer[Any]):
    """A person with all that stands on their record."""

    id = serializers.IntegerField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    job_title = serializers.CharField()
    country = serializers.CharField()
    company = CompanyOut(allow_null=True)
    custom = serializers.DictField()
    lifecycle = serializers.ChoiceField(Lifecycle.choices)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]
    owner = PersonOut(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    persona = serializers.CharField(
        allow_null=True, help_text="The kind of buyer that suits them best by the definition that judges them."
    )
    score = ScoreOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ContactsOut(serializers.Serializer[Any]):
    """A page of contacts."""

    next = serializers.URLField(allow_null=True)
    results = ContactOut(many=True)


class ContactIn(Strict):
    """The fields of a contact that can be written. Lifecycle and score are not: they follow from what happened."""

    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=40)
    job_title = serializers.CharField(required=False, allow_blank=True, max_length=150)
    country = serializers.CharField(required=False, allow_blank=True, max_length=2)
    company = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="The company's name; it is made when it is new."
    )
    custom = serializers.DictField(required=False)
    owner = serializers.CharField(
        required=False, allow_null=True, max_length=254, help_text="E-mail address of a colleague; null: nobody."
    )
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=50)


class NewContactIn(ContactIn):
    """A new contact; needs a name, an e-mail address or a phone number."""

    source = serializers.ChoiceField(Source.choices, default=Source.API)  # type: ignore[assignment]


class EvidenceIn(Strict):
    """One answer to a criterion; something must stand behind the verdict."""

    criterion = serializers.CharField(max_length=40, help_text="Its key: budget, authority, need, timeline, …")
    verdict = serializers.ChoiceField(Verdict.choices)
    text = serializers.CharField(required=False, allow_blank=True, max_length=300)
    quote = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    amount = serializers.DecimalField(required=False, allow_null=True, max_digits=14, decimal_places=2)
    on_date = serializers.DateField(required=False, allow_null=True)
    confidence = serializers.IntegerField(required=False, default=100, min_value=0, max_value=100)
    observed_at = serializers.DateTimeField(required=False, allow_null=True)


class EvidenceOut(serializers.Serializer[Any]):
    """One answer as it is kept."""

    id = serializers.IntegerField()
    criterion = serializers.CharField()
    verdict = serializers.ChoiceField(Verdict.choices)
    text = serializers.CharField()
    quote = serializers.CharField()
    amount = serializers.CharField(allow_null=True)
    on_date = serializers.DateField(allow_null=True)
    confidence = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    observed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class IdentityIn(Strict):
    """One way to know somebody."""

    kind = serializers.ChoiceField(IdentityKind.choices)
    value = serializers.CharField(max_length=254)


class EventIn(Strict):
    """Something that happened. Say who by exactly one of identity, contact and email."""

    kind = serializers.CharField(max_length=60, help_text="A registered kind, such as webinar_attended.")
    message_id = serializers.CharField(
        max_length=100, help_text="Yours; the same id twice, also with another token of yours, is stored once."
    )
    occurred_at = serializers.DateTimeField(required=False, help_text="Now, when left out.")
    properties = serializers.DictField(required=False, default=dict)
    identity = IdentityIn(required=False)
    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    email = serializers.CharField(required=False, max_length=254)
    user_agent = serializers.CharField(
        required=False,
        max_length=2000,
        help_text="Of the browser or program that did it, where you know it, as a mail provider tells of a click: "
        "a machine's event is kept in the quarantine and counts for nothing.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"identity", "contact", "email"} & attrs.keys()) != 1:
            raise serializers.ValidationError("Say who by exactly one of identity, contact and email.")
        return attrs


class EventsOut(serializers.Serializer[Any]):
    """How many events were new, how many had been sent before, and how many people became contacts by them."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    contacts_created = serializers.IntegerField()


class MergeIn(Strict):
    """Into whom, and whose values stand."""

    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    fields = serializers.DictField(child=serializers.CharField(max_length=10), required=False, default=dict)  # type: ignore[assignment]


class UnmergeIn(Strict):
    """What to do with fields that were changed by the merge and after it."""

    answers = serializers.DictField(child=serializers.CharField(max_length=10), required=False, default=dict)


class DecisionIn(Strict):
    """What a pair is."""

    state = serializers.ChoiceField(DuplicateState.choices)


class DuplicateOut(serializers.Serializer[Any]):
    """Two contacts who may be one person, how sure we are in percent, and why."""

    id = serializers.IntegerField()
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    confidence = serializers.IntegerField()
    is_exact = serializers.BooleanField(help_text="Same name, and the same number or mailbox.")
    reasons = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(DuplicateState.choices)
    found_at = serializers.DateTimeField()


class DuplicatesOut(serializers.Serializer[Any]):
    """A page of pairs."""

    next = serializers.URLField(allow_null=True)
    results = DuplicateOut(many=True)


class ErrorsOut(serializers.Serializer[Any]):
    """What is wrong, by field; `detail` is about the whole request."""

    errors = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]


def contacts_out(contacts: list[Contact]) -> list[dict[str, Any]]:
    """Contacts (with company and standing__owner at hand) as they come out. At most two queries, for names."""
    tag_ids = {tag for contact in contacts for tag in contact.standing.tag_ids}
    names = dict(Tag.objects.filter(pk__in=tag_ids).values_list("pk", "name")) if tag_ids else {}
    personas = marks().personas if any(contact.standing.persona_id for contact in contacts) else {}
    return [_contact(contact, names, personas) for contact in contacts]


def _contact(contact: Contact, tags: dict[int, str], personas: Mapping[int, str]) -> dict[str, Any]:
    standing = contact.standing
    plain = {name: getattr(contact, name) for name in ("id", "first_name", "last_name", "email", "phone", "job_title")}
    return plain | {
        "country": contact.country,
        "company": company_out(contact.company),
        "custom": contact.custom,
        "lifecycle": standing.lifecycle,
        "source": standing.source,
        "owner": person_out(standing.owner),
        "tags": sorted(tags[tag] for tag in standing.tag_ids if tag in tags),
        "persona": personas.get(standing.persona_id) if standing.persona_id else None,
        "score": {
            "fit": standing.fit,
            "engagement": standing.engagement,
            "total": standing.total,
            "grade": standing.grade,
            "is_qualified": standing.is_qualified,
            "definition_version": standing.definition_version,
        }
        if standing.definition_version is not None
        else None,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
    }


def company_out(company: Any) -> dict[str, Any] | None:
    """An organisation as it comes out."""
    return {"id": company.pk, "name": company.name, "domain": company.domain} if company else None


def person_out(user: Any) -> dict[str, Any] | None:
    """A colleague as they come out."""
    return {"name": user.name, "email": user.email} if user else None


def evidence_out(row: Evidence) -> dict[str, Any]:
    """One answer (with its criterion at hand) as it comes out."""
    same = ("id", "verdict", "text", "quote", "on_date", "confidence", "source", "observed_at", "expires_at")
    return {name: getattr(row, name) for name in same} | {
        "criterion": row.criterion.key,
        "amount": None if row.amount is None else str(row.amount),
    }


def duplicate_out(row: Duplicate) -> dict[str, Any]:
    """A pair as it comes out."""
    same = ("id", "confidence", "is_exact", "reasons", "state", "found_at")
    return {name: getattr(row, name) for name in same} | {"first": row.first_id, "second": row.second_id}

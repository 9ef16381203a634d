"""Opportunities as they go in and come out."""

from typing import Any

from rest_framework import serializers

from api.serializers import CompanyOut, PersonOut, Strict, company_out, person_out
from leads.models import Criterion, Verdict
from pipeline.models import Category, LostReason, Opportunity, Priority


class LineItemOut(serializers.Serializer[Any]):
    """A line of an opportunity, in its currency; the discount is in percent."""

    code = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    quantity = serializers.CharField()
    price = serializers.CharField()
    discount = serializers.CharField()
    amount = serializers.CharField()


class OpportunityOut(serializers.Serializer[Any]):
    """The commercial side of a prospect."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    contact = serializers.IntegerField()
    company = CompanyOut(allow_null=True)
    owner = PersonOut(allow_null=True)
    pipeline = serializers.CharField()
    stage = serializers.CharField()
    kind = serializers.CharField()
    probability = serializers.IntegerField()
    amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    expected_close = serializers.DateField(allow_null=True)
    category = serializers.ChoiceField([*Category.choices, ("", "As its stage says")])
    priority = serializers.ChoiceField(Priority.choices)
    next_step = serializers.CharField()
    next_step_on = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    lost_reason = serializers.CharField(allow_null=True)
    lost_to = serializers.CharField(allow_null=True)
    co_owners = PersonOut(many=True)
    tags = serializers.ListField(child=serializers.CharField())
    competitors = serializers.ListField(child=serializers.CharField())
    custom = serializers.DictField()
    items = LineItemOut(many=True)
    version = serializers.IntegerField(help_text="Grows with every change; send it along to change what you have seen.")


class OpportunitiesOut(serializers.Serializer[Any]):
    """A page of opportunities."""

    next = serializers.URLField(allow_null=True)
    results = OpportunityOut(many=True)


class _Facts(Strict):
    """What an opportunity is about and who belongs to it."""

    name = serializers.CharField(required=False, max_length=200)
    amount = serializers.DecimalField(
        required=False, allow_null=True, max_digits=14, decimal_places=2, help_text="Null: unknown, which is not zero."
    )
    currency = serializers.CharField(required=False, min_length=3, max_length=3)
    expected_close = serializers.DateField(required=False, allow_null=True)
    category = serializers.ChoiceField([*Category.choices, ("", "As its stage says")], required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    next_step = serializers.CharField(required=False, allow_blank=True, max_length=200)
    next_step_on = serializers.DateField(required=False, allow_null=True)
    owner = serializers.CharField(
        required=False, allow_null=True, max_length=254, help_text="E-mail address of a colleague; null: nobody."
    )
    tags = serializers.ListField(
        child=serializers.RegexField("^[^,]*$", max_length=40, error_messages={"invalid": "A tag has no comma."}),
        required=False,
        max_length=20,
        help_text="Replaces all tags.",
    )
    competitors = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=20, help_text="By name; replaces all."
    )
    co_owners = serializers.ListField(
        child=serializers.CharField(max_length=254),
        required=False,
        max_length=20,
        help_text="E-mail addresses of colleagues; replaces all.",
    )
    custom = serializers.DictField(required=False)


class NewOpportunityIn(_Facts):
    """A contact becomes a prospect, and what is known of the opportunity."""

    contact = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    pipeline = serializers.CharField(
        required=False, max_length=80, help_text="By name; left out: that of the owner's team, else the first."
    )
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=300,
        help_text="Why this is a prospect; needed for whoever does not meet the definition.",
    )


class Versioned(Strict):
    """Names what the caller has seen."""

    version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="As you have read it: 409 when somebody has changed it since. Left out: whatever it is.",
    )


class OpportunityIn(_Facts, Versioned):
    """Only what is sent changes."""


class AnswerIn(Strict):
    """An answer to a criterion, kept as evidence."""

    verdict = serializers.ChoiceField(Verdict.choices)
    quote = serializers.CharField(max_length=5000, help_text="In their words.")


class Answering(Versioned):
    """What a stage's gate asks for can be answered along with it."""

    answers = serializers.DictField(child=AnswerIn(), required=False, default=dict, help_text="By the criterion's key.")

    def validate_answers(self, given: dict[str, Any]) -> dict[str, Any]:
        known = set(Criterion.objects.values_list("key", flat=True)) if given else set()
        if unknown := given.keys() - known:
            raise serializers.ValidationError(dict.fromkeys(unknown, f"One of {', '.join(sorted(known))}."))
        return given


class MoveIn(Answering):
    """Where to, and what the stage asks for."""

    stage = serializers.CharField(max_length=60, help_text="By name.")
    pipeline = serializers.CharField(required=False, max_length=80, help_text="By name; left out: the one it is in.")
    amount = serializers.DecimalField(required=False, max_digits=14, decimal_places=2)
    expected_close = serializers.DateField(required=False)
    next_step = serializers.CharField(required=False, max_length=200)


class WinIn(Answering):
    """What was agreed, and when."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    closed_on = serializers.DateField(required=False, help_text="Today (UTC), when left out.")


class LoseIn(Versioned):
    """Why they did not buy."""

    reason = serializers.ChoiceField(LostReason.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    competitor = serializers.CharField(required=False, max_length=80, help_text="Whom they chose instead, by name.")
    closed_on = serializers.DateField(required=False, help_text="Today (UTC), when left out.")


def opportunity_out(row: Opportunity) -> dict[str, Any]:
    """An opportunity (with stage, pipeline, company, owner, items at hand) as it comes out."""
    same = ["id", "name", "currency", "expected_close", "category", "priority", "next_step", "next_step_on"]
    same += ["created_at", "closed_at", "custom", "version"]
    return {name: getattr(row, name) for name in same} | {
        "contact": row.contact_id,
        "company": company_out(row.company),
        "owner": person_out(row.owner),
        "pipeline": row.pipeline.name,
        "stage": row.stage.name,
        "kind": row.stage.kind,
        "probability": row.stage.probability,
        "lost_reason": row.lost_reason or None,
        "lost_to": row.lost_to.name if row.lost_to else None,
        "co_owners": [person_out(one) for one in row.co_owners.all()],
        "tags": sorted(one.name for one in row.tags.all()),
        "competitors": [one.name for one in row.competitors.all()],
        "items": [
            {"code": item.product.code if item.product else None, "name": item.name}
            | {name: str(getattr(item, name)) for name in ("quantity", "price", "discount", "amount")}
            for item in row.items.all()
        ],
        "amount": None if row.amount is None else str(row.amount),
    }

"""Hand-offs as they go in and come out."""

from typing import Any

from rest_framework import serializers

from api.serializers import PersonOut, Strict, person_out
from pipeline.explaining import explained
from pipeline.models import HandOff, HandOffState, Promoted, RejectReason, ReturnBy


class HandOffOut(serializers.Serializer[Any]):
    """The offer of a prospect to a rep, and what became of it."""

    id = serializers.IntegerField()
    contact = serializers.IntegerField()
    opportunity = serializers.IntegerField(allow_null=True, help_text="Null once a rejection has taken it away.")
    rep = PersonOut(allow_null=True, help_text="Null: it waits for whoever is free.")
    state = serializers.ChoiceField(HandOffState.choices)
    offered_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="In the rep's working time; null: has no end.")
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = PersonOut(allow_null=True)
    reason = serializers.ChoiceField([*RejectReason.choices, ("", "Not rejected")])
    note = serializers.CharField()
    promoted = serializers.ChoiceField(Promoted.choices)
    is_override = serializers.BooleanField(help_text="By hand although the definition was not met.")
    definition_version = serializers.IntegerField(allow_null=True)
    rule = serializers.CharField(help_text="The routing rule that applied, by name.")


class HandOffsOut(serializers.Serializer[Any]):
    """A page of hand-offs."""

    next = serializers.URLField(allow_null=True)
    results = HandOffOut(many=True)


class CandidateOut(serializers.Serializer[Any]):
    """One person of the pool among whom the fair share chose."""

    name = serializers.CharField()
    capacity = serializers.CharField()
    owed = serializers.FloatField(help_text="Prospects that were owed to them; below zero: ahead of their share.")
    said = serializers.CharField(help_text="Why they got it, or did not.")
    is_chosen = serializers.BooleanField()


class AssignmentOut(serializers.Serializer[Any]):
    """Why it went to this rep and to nobody else, as it was decided then."""

    because = serializers.CharField()
    steps = serializers.ListField(child=serializers.CharField(), help_text="What was looked at before, in order.")
    candidates = CandidateOut(many=True)


class OneHandOffOut(HandOffOut):
    """A hand-off with what it was based on."""

    assignment = AssignmentOut()
    snapshot = serializers.DictField(help_text="The judgement and the evidence as they stood.")


class RejectIn(Strict):
    """Why not, and what brings the lead back; without it the rule of the reason does."""

    reason = serializers.ChoiceField(RejectReason.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    back_on = serializers.DateField(required=False, allow_null=True, help_text="Look at them again on this day.")
    by = serializers.ChoiceField(ReturnBy.choices, required=False)


class UndoIn(Strict):
    """Why, and that what people have made of it since may be lost."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    is_sure = serializers.BooleanField(required=False, default=False)


class PromoteIn(Strict):
    """Why this is a prospect; needed for whoever does not meet the definition."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class PromotedOut(serializers.Serializer[Any]):
    """Where the contact is now."""

    contact = serializers.IntegerField()
    opportunity = serializers.IntegerField()
    is_joined = serializers.BooleanField(help_text="The company's open opportunity; they are a further person of it.")
    hand_off = serializers.IntegerField(allow_null=True)


def hand_off_out(row: HandOff) -> dict[str, Any]:
    """A hand-off (with rep and decided_by at hand) as it comes out."""
    same = ("id", "state", "offered_at", "due_at", "decided_at", "reason", "note", "promoted", "is_override", "rule")
    return {name: getattr(row, name) for name in same} | {
        "contact": row.contact_id,
        "opportunity": row.opportunity_id,
        "rep": person_out(row.rep),
        "decided_by": person_out(row.decided_by),
        "definition_version": row.definition_version,
    }


def assignment_out(row: HandOff) -> dict[str, Any]:
    """Why it went to whom."""
    found = explained(row.routing)
    names = ("name", "capacity", "owed", "said", "is_chosen")
    candidates = [{name: getattr(line, name) for name in names} for line in found.lines]
    return {"because": found.because, "steps": found.steps, "candidates": candidates}

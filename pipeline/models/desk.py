"""The qualification desk: who is worth asking, who is at it, what came of it, and what may be asked."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from leads.models import Contact, Criterion
from users.models import User


class Waits(models.TextChoices):
    """What a lead that was put aside waits for."""

    LATER = "later", "A call at an hour"
    UNTIL = "until", "A day"
    EVENT = "event", "Something they do"


class DeskPlaceQuerySet(models.QuerySet["DeskPlace"]):
    def free(self, now: Any) -> "DeskPlaceQuerySet":
        """Nobody is at them."""
        return self.filter(Q(held_until=None) | Q(held_until__lte=now))


class DeskPlace(models.Model):
    """A lead's place in the queue of the desk; whoever has none is not worth a question now.

    All of it but the lease is worked out from the lead's standing, evidence and newest outcome (services/desk), so
    `owner` and `total` are copies that the index needs; what they say is asked of the standing again before somebody
    gets the lead.
    """

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="desk_place")
    value = models.SmallIntegerField(help_text="What asking is worth, in thousandths (asking.py); 0 while it waits.")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    total = models.IntegerField()
    day = models.SmallIntegerField(help_text="The day for which it was worked out.")
    placed_at = models.DateTimeField()
    waits = models.CharField(max_length=5, choices=Waits.choices, blank=True, default="")
    due_at = models.DateTimeField(null=True, help_text="When it comes back; empty: when they do something.")
    kept_for = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    holder = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    held_until = models.DateTimeField(null=True)

    objects = DeskPlaceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("value").desc(), "contact", condition=Q(waits=""), name="desk_queue"),
            models.Index("owner", F("value").desc(), "contact", condition=Q(waits=""), name="desk_queue_of_owner"),
            models.Index(fields=["waits", "due_at"], condition=~Q(waits=""), name="desk_waiting"),
            models.Index(fields=["holder"], condition=Q(holder__isnull=False), name="desk_held"),
            models.Index(fields=["day"], name="desk_place_day"),
        ]


class Did(models.TextChoices):
    """What somebody did with a lead at the desk."""

    ANSWERED = "answered", "Answered"
    CALLED = "called", "Called"
    PROMOTED = "promoted", "Promoted"
    NURTURE = "nurture", "Left to nurture"
    DISQUALIFIED = "disqualified", "Disqualified"
    LATER = "later", "Call later"
    REQUESTED = "requested", "Asked for data"
    SKIPPED = "skipped", "Skipped"


class DeskOutcomeQuerySet(models.QuerySet["DeskOutcome"]):
    def standing(self) -> "DeskOutcomeQuerySet":
        """Those that were not taken back."""
        return self.filter(undone_at=None)


class DeskOutcome(models.Model):
    """One thing that somebody did with a lead at the desk, with what it made, so that it can be taken back."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="desk_outcomes", db_index=False)
    by = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    did = models.CharField(max_length=12, choices=Did.choices)
    detail = models.CharField(max_length=40, blank=True, help_text="How the call went, which criterion, which reason.")
    note = models.CharField(max_length=300, blank=True)
    waits = models.CharField(max_length=5, choices=Waits.choices, blank=True, default="")
    until = models.DateTimeField(null=True, help_text="When the lead comes back to the desk.")
    made: Any = models.JSONField(default=dict, help_text="What it made, as ids by kind: evidence, activity, change …")
    nonce = models.CharField(max_length=40, blank=True, help_text="Of the button: a double click does it once.")
    undone_at = models.DateTimeField(null=True)

    objects = DeskOutcomeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["nonce"], condition=~Q(nonce=""), name="desk_outcome_once")]
        indexes = [
            models.Index(fields=["by", "-at", "-id"], name="desk_outcome_by"),
            models.Index(fields=["contact", "-at", "-id"], name="desk_outcome_of"),
        ]

    @property
    def said(self) -> str:
        """How the call went, which criterion, which reason, in words."""
        return self.detail.replace("_", " ")


class Question(models.Model):
    """One more way to ask for a criterion, beside the criterion's own question."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="+")
    text = models.CharField(max_length=200)
    persona = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="Of whom it is asked first, by name; empty: of everybody.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["criterion", "persona", "text"], name="question_once")]

    def __str__(self) -> str:
        return self.text

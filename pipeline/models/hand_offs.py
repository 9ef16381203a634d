from typing import Any

from django.db import models
from django.db.models import Q

from leads.models import Contact, Source
from pipeline.models.opportunities import Opportunity
from users.models import User


class HandOffState(models.TextChoices):
    """What became of an offer."""

    OFFERED = "offered", "Waits for an answer"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Ran out"
    PASSED_ON = "passed_on", "Given to somebody else"
    JOINED = "joined", "Joined an opportunity"
    UNDONE = "undone", "Promotion undone"


class RejectReason(models.TextChoices):
    """Why a rep says no; each corrects what it contradicts and has its rule of return."""

    NO_AUTHORITY = "no_authority", "No authority"
    NO_BUDGET = "no_budget", "No budget"
    NO_NEED = "no_need", "No need"
    TIMING = "timing", "Wrong timing"
    UNREACHABLE = "unreachable", "Cannot be reached"
    DUPLICATE = "duplicate", "Duplicate"
    TERRITORY = "territory", "Wrong territory"
    BAD_DATA = "bad_data", "Bad data"


class Promoted(models.TextChoices):
    """How it came to the promotion."""

    AUTOMATIC = "automatic", "By itself"
    CONFIRMED = "confirmed", "Suggested and confirmed"
    MANUAL = "manual", "By hand"


class HandOffQuerySet(models.QuerySet["HandOff"]):
    def visible_to(self, user: User) -> "HandOffQuerySet":
        """Reps see their team's and those that wait for anybody; everybody else sees all."""
        if user.sees_everything:
            return self
        return self.filter(Q(rep=None) | Q(rep__in=user.visible_owner_ids))

    def offered(self) -> "HandOffQuerySet":
        """Those that wait for an answer."""
        return self.filter(state=HandOffState.OFFERED)


class HandOff(models.Model):
    """The offer of a prospect to a rep: what it was based on, until when, and what became of it.

    The row keeps the story also when a rejection has taken the opportunity away.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="hand_offs", db_index=False)
    opportunity = models.ForeignKey(Opportunity, models.SET_NULL, null=True, related_name="hand_offs")
    rep = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", db_index=False, help_text="Empty: nobody is free yet."
    )
    offered_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="In the rep's working time; empty: has no end.")
    state = models.CharField(max_length=9, choices=HandOffState.choices, default=HandOffState.OFFERED)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=12, choices=RejectReason.choices, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    promoted = models.CharField(max_length=9, choices=Promoted.choices, default=Promoted.AUTOMATIC)
    is_override = models.BooleanField(default=False, help_text="By hand although the definition was not met.")
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+", db_index=False)
    former_owner = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", db_index=False, help_text="Who had the lead before."
    )
    definition_version = models.PositiveIntegerField(null=True)
    source = models.CharField(max_length=12, choices=Source.choices, blank=True, default="")
    campaign = models.CharField(max_length=200, blank=True, default="")
    rule = models.CharField(max_length=80, blank=True, default="", help_text="The routing rule that applied, by name.")
    snapshot: Any = models.JSONField(default=dict, help_text="The judgement it was based on.")
    routing: Any = models.JSONField(default=dict, help_text="Why it went to this rep, and why to nobody else.")

    objects = HandOffQuerySet.as_manager()

    class Meta:
        verbose_name = "hand-off"
        constraints = [
            models.UniqueConstraint(fields=["opportunity"], condition=Q(state="offered"), name="hand_off_one_offer"),
            models.CheckConstraint(
                condition=Q(state="offered", decided_at=None) | (~Q(state="offered") & Q(decided_at__isnull=False)),
                name="hand_off_decided_or_not",
            ),
            models.CheckConstraint(
                condition=Q(state="rejected") & ~Q(reason="") | ~Q(state="rejected") & Q(reason=""),
                name="hand_off_reason_of_rejected",
            ),
        ]
        indexes = [
            models.Index(fields=["rep", "due_at"], condition=Q(state="offered"), name="hand_off_waiting"),
            models.Index(fields=["due_at"], condition=Q(state="offered"), name="hand_off_due"),
            models.Index(fields=["rep", "offered_at"], name="hand_off_of_rep"),
            models.Index(fields=["contact", "-offered_at", "-id"], name="hand_off_of_contact"),
            models.Index(fields=["-offered_at", "-id"], name="hand_off_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} to {self.rep_id}"

    @property
    def is_open(self) -> bool:
        return self.state == HandOffState.OFFERED

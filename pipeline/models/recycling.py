from django.db import models
from django.db.models import Q

from leads.models import Company, Contact
from pipeline.models.hand_offs import HandOff
from pipeline.models.opportunities import Opportunity
from users.models import User


class ReturnBy(models.TextChoices):
    """What brings somebody back whom we have let go."""

    MONTHS = "months", "After some months"
    TIMELINE = "timeline", "When their timeline says"
    VISIT = "visit", "When they come back to the site"
    GROWS = "grows", "When their company grows"
    ANEW = "anew", "Only when they qualify anew"


class ReturnRule(models.Model):
    """What follows from a reason for which somebody was let go."""

    reason = models.CharField(max_length=40, unique=True, help_text="Of a rejection, a loss or a disqualification.")
    by = models.CharField(max_length=8, choices=ReturnBy.choices, default=ReturnBy.ANEW)
    months = models.PositiveSmallIntegerField(
        default=6, help_text="How long; for a timeline or growth, where nobody knows it."
    )

    def __str__(self) -> str:
        return self.reason


class RecycleState(models.TextChoices):
    WAITING = "waiting", "Rests"
    RETURNED = "returned", "Came back"
    DROPPED = "dropped", "No longer waited for"


class RecycleQuerySet(models.QuerySet["Recycle"]):
    def waiting(self) -> "RecycleQuerySet":
        return self.filter(state=RecycleState.WAITING)


class Recycle(models.Model):
    """Somebody whom we let go, why, and what brings them back into judgement."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="recycles", db_index=False)
    hand_off = models.ForeignKey(HandOff, models.SET_NULL, null=True, related_name="+", db_index=False)
    opportunity = models.ForeignKey(Opportunity, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=40)
    label = models.CharField(max_length=120, help_text="The reason in words, as it stands on the timeline.")
    by = models.CharField(max_length=8, choices=ReturnBy.choices)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="Empty: no day brings them back.")
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, related_name="+", help_text="Whose growth is waited for."
    )
    employees = models.PositiveIntegerField(null=True, help_text="What that company had.")
    state = models.CharField(max_length=8, choices=RecycleState.choices, default=RecycleState.WAITING)
    ended_at = models.DateTimeField(null=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)

    objects = RecycleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact"], condition=Q(state="waiting"), name="recycle_one_waits"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None) | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="recycle_ended_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="recycle_due"),
            models.Index(fields=["contact", "-created_at", "-id"], name="recycle_of_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.reason}"

    @property
    def waits_for(self) -> str:
        """What brings them back, in words."""
        day = f"{self.due_at:%-d %b %Y}" if self.due_at else ""
        if self.by == ReturnBy.GROWS and self.company:
            left = f"; if they leave it, until {day}" if day else ""
            return f"rests until {self.company} has grown by a tenth (it had {self.employees or 0:,} people){left}"
        if day:
            return f"rests until {day}"
        return "rests until they come back to the site" if self.by == ReturnBy.VISIT else "until they qualify anew"

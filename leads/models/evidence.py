from datetime import datetime

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leads.models.contact import Contact
from leads.models.event import EngagementEvent
from leads.vocabulary import Verdict
from users.models import User


class Criterion(models.Model):
    """A question that qualification must answer."""

    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=60)
    letter = models.CharField(max_length=2, help_text="Shown on the chip.")
    question = models.CharField(max_length=200, help_text="What to ask the person.")
    hint = models.CharField(max_length=300, blank=True, help_text="What counts as an answer, and what does not.")
    position = models.PositiveSmallIntegerField(default=0)
    valid_days = models.PositiveSmallIntegerField(default=180, help_text="An answer expires after this many days.")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name_plural = "criteria"

    def __str__(self) -> str:
        return self.label


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def standing(self, now: datetime | None = None) -> "EvidenceQuerySet":
        """The newest unexpired answer per contact and criterion."""
        now = now or timezone.now()
        return (
            self.filter(Q(expires_at=None) | Q(expires_at__gt=now))
            .order_by("contact_id", "criterion_id", "-observed_at", "-pk")
            .distinct("contact_id", "criterion_id")
        )


class Evidence(models.Model):
    """One answer to a criterion for a contact. Append-only; the newest unexpired one stands."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="evidence", db_index=False)
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=5, choices=Verdict.choices)
    text = models.CharField(max_length=300, blank=True, help_text="The answer in a few words: a role, a need.")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    on_date = models.DateField(null=True, blank=True)
    quote = models.TextField(blank=True, help_text="Their own words.")
    event = models.ForeignKey(EngagementEvent, models.SET_NULL, null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    source = models.CharField(max_length=64, default="manual")
    confidence = models.PositiveSmallIntegerField(default=100, validators=[MaxValueValidator(100)])
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(
        null=True, blank=True, help_text="When we heard of it; empty: as soon as it was observed."
    )
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [models.Index(fields=["contact", "criterion", "-observed_at", "-id"], name="evidence_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(confidence__lte=100), name="evidence_confidence_percent"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="evidence_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=models.F("observed_at")), name="evidence_expires_later"
            ),
        ]

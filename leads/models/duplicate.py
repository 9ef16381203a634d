from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from leads.models.contact import Contact
from users.models import User


class DuplicateState(models.TextChoices):
    """What somebody said about a pair."""

    OPEN = "open", "To decide"
    LATER = "later", "Later"
    DIFFERENT = "different", "Not a duplicate"


class DuplicateQuerySet(models.QuerySet["Duplicate"]):
    def visible_to(self, user: User) -> "DuplicateQuerySet":
        """Pairs of which the user may see both."""
        seen = Contact.objects.visible_to(user)
        return self.filter(
            models.Exists(seen.filter(pk=models.OuterRef("first"))),
            models.Exists(seen.filter(pk=models.OuterRef("second"))),
        )

    def with_people(self) -> "DuplicateQuerySet":
        """With what a row of the queue shows of both."""
        both = ("first", "second")
        return self.select_related(*(f"{one}__{what}" for one in both for what in ("company", "standing__owner")))


class Duplicate(models.Model):
    """Two contacts who may be one person, why we think so, and what somebody said about it."""

    first = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    confidence = models.PositiveSmallIntegerField(help_text="Percent (leads/duplicates.py).")
    is_exact = models.BooleanField(default=False, help_text="Same name, and the same number or mailbox.")
    reasons: Any = ArrayField(models.CharField(max_length=120), default=list)
    state = models.CharField(max_length=9, choices=DuplicateState.choices, default=DuplicateState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True)

    objects = DuplicateQuerySet.as_manager()
    is_derived = True  # found again by itself; only what somebody said about it is kept through a merge

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_in_order"),
            models.CheckConstraint(condition=Q(confidence__lte=100), name="duplicate_confidence_percent"),
        ]
        indexes = [models.Index(fields=["state", "confidence", "id"], name="duplicate_queue")]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}, {self.confidence} %"


class DuplicateKeys(models.Model):
    """By what a contact is compared with others (leads/duplicates.py), as of `seen_at`."""

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="+")
    keys: Any = ArrayField(models.BigIntegerField(), default=list)
    seen_at = models.DateTimeField(help_text="The contact's updated_at when it was last compared.")

    is_derived = True

    class Meta:
        verbose_name_plural = "duplicate keys"
        # without a pending list: a search must not pay for what was written before it
        indexes = [GinIndex(fields=["keys"], name="duplicate_keys", fastupdate=False)]


class DuplicateScan(models.Model):
    """How far the comparison of changed contacts has come; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    upto = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="duplicate_scan_one")]

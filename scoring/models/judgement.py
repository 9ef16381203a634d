from typing import Any

from django.db import models
from django.db.models import Q

from leads.models import Contact
from scoring.models.definition import Definition


class Verdict(models.Model):
    """Qualified or not, at an instant, by a definition version, with the reasons; written when it changes."""

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="verdicts")
    is_qualified = models.BooleanField()
    at = models.DateTimeField()
    definition = models.ForeignKey(Definition, models.PROTECT, related_name="+")
    total = models.IntegerField()
    grade = models.CharField(max_length=2)
    reasons: Any = models.JSONField(default=list, help_text="What held, or what was missing, in words.")

    class Meta:
        indexes = [
            models.Index(fields=["contact", "-id"], name="verdict_newest"),
            models.Index(fields=["at"], condition=Q(is_qualified=True), name="verdict_qualified_at"),
        ]


class RefreshRange(models.Model):
    """A range of contacts to be scored anew for a day by a definition; any worker may take it, again after a crash."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="refresh_ranges")
    day = models.SmallIntegerField()
    first_contact = models.BigIntegerField()
    last_contact = models.BigIntegerField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["definition", "day", "first_contact"], name="refresh_range_once"),
        ]

from django.db import models
from django.db.models import Q

from leads.models import Contact
from scoring.models.definition import Definition
from users.models import User


class Shadow(models.Model):
    """A draft that judges everybody beside the active definition, for real and without any effect."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="shadows")
    revision = models.PositiveIntegerField(help_text="Of the draft; a change of the draft ends the shadow.")
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    walked_to = models.BigIntegerField(default=0, help_text="Contacts up to this id have been judged once.")
    last_contact = models.BigIntegerField(default=0, help_text="The last one when it began.")
    touched_at = models.DateTimeField()
    walked_at = models.DateTimeField(null=True, help_text="When everybody had been judged once.")
    is_running = models.BooleanField(default=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["is_running"], condition=Q(is_running=True), name="shadow_one_runs")
        ]


class ShadowVerdict(models.Model):
    """What a shadow and the active definition say of somebody whom at least one of them has qualified meanwhile."""

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    shadow = models.ForeignKey(Shadow, models.CASCADE, related_name="verdicts")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    is_qualified = models.BooleanField(help_text="By the shadow.")
    total = models.IntegerField()
    grade = models.CharField(max_length=2)
    was_at_start = models.BooleanField(help_text="Whether the shadow qualified them when it first looked.")
    qualified_at = models.DateTimeField(null=True, help_text="When the shadow first qualified them.")
    is_active = models.BooleanField(help_text="Whether the active definition qualifies them.")
    active_total = models.IntegerField()
    active_grade = models.CharField(max_length=2, blank=True)
    active_was_at_start = models.BooleanField()
    active_qualified_at = models.DateTimeField(null=True, help_text="When the active one first did, since the start.")
    differs_since = models.DateTimeField(null=True, help_text="Empty while both say the same.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shadow", "contact"], name="shadow_verdict_once")]
        indexes = [
            models.Index(
                fields=["shadow", "is_qualified", "differs_since", "contact"],
                condition=Q(differs_since__isnull=False),
                name="shadow_verdict_differs",
            )
        ]

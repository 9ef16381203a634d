from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from users.models import Team, User


class PromotionMode(models.TextChoices):
    """Who decides that a lead becomes a prospect."""

    AUTOMATIC = "automatic", "By itself, as soon as the definition is met"
    SUGGEST = "suggest", "Suggested; a person confirms"
    MANUAL = "manual", "By hand only"


class HandOffTerms(models.Model):
    """How a team takes prospects over; the row without a team is for everybody who has no own."""

    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    mode = models.CharField(max_length=9, choices=PromotionMode.choices, default=PromotionMode.AUTOMATIC)
    is_offered = models.BooleanField(
        default=False, help_text="A rep accepts or rejects what is handed over; else it counts as accepted at once."
    )
    answer_within = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text="Hours of the rep's working time until an offer runs out.",
    )
    joins_company = models.BooleanField(
        default=True, help_text="Somebody whose company has an open opportunity joins that one."
    )

    region = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="Whose public holidays the team has, such as DE or DE-BY.",
    )

    class Meta:
        verbose_name_plural = "hand-off terms"
        constraints = [
            models.UniqueConstraint(fields=["team"], nulls_distinct=False, name="hand_off_terms_once"),
            models.CheckConstraint(
                condition=Q(answer_within__gte=1, answer_within__lte=200), name="hand_off_terms_hours"
            ),
        ]

    def __str__(self) -> str:
        return str(self.team) if self.team else "Everybody else"


class RoutingRule(models.Model):
    """Whose turn it is for which leads: the first rule that fits, in this order, names who may get it."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    conditions: Any = models.JSONField(default=dict, blank=True, help_text="leads/conditions.py; empty: everybody.")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    members: "models.ManyToManyField[User, Any]" = models.ManyToManyField(User, blank=True, related_name="+")
    skills: Any = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        help_text="Who may get it has all of these.",
    )
    waits = models.BooleanField(
        default=False, help_text="When none of them is free, it waits for them instead of trying the next rule."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

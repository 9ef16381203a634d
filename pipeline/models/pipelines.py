from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from users.models import Team


class Pipeline(models.Model):
    """A way of selling: an ordered row of stages."""

    name = models.CharField(max_length=80, unique=True)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, help_text="Empty: for every team.")
    currency = models.CharField(max_length=3, default="EUR")
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(
        null=True, editable=False, help_text="Since then nothing is opened in it; what was closed in it stays."
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class StageKind(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class Category(models.TextChoices):
    """How sure we are of what is open; what is won is closed, and no category."""

    COMMIT = "commit", "Commit"
    BEST = "best", "Best case"
    PIPELINE = "pipeline", "Pipeline"
    OMITTED = "omitted", "Omitted"


class StageField(models.TextChoices):
    """What a stage may ask for before a card enters it."""

    AMOUNT = "amount", "Amount"
    EXPECTED_CLOSE = "expected_close", "Expected close"
    NEXT_STEP = "next_step", "Next step"


class StageQuerySet(models.QuerySet["Stage"]):
    def on_board(self) -> "StageQuerySet":
        """Without those that were archived."""
        return self.filter(archived_at=None)


class Stage(models.Model):
    """A column of the board."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=4, choices=StageKind.choices, default=StageKind.OPEN)
    probability = models.PositiveSmallIntegerField(help_text="Percent of such cards that are won in the end.")
    category = models.CharField(
        max_length=8,
        choices=Category.choices,
        default=Category.PIPELINE,
        help_text="Where the forecast counts such cards, unless one says otherwise.",
    )
    rots_after_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: never.")
    required_fields: Any = ArrayField(
        models.CharField(max_length=20, choices=StageField.choices), default=list, blank=True
    )
    gate: Any = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="What must be known of its people first (gates.py); empty: nothing.",
    )
    most_each = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Open opportunities a person should have in it at once; empty: no limit."
    )
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(
        null=True, editable=False, help_text="Since then it is on no board; history goes on naming it."
    )

    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["pipeline", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name_once"),
            models.UniqueConstraint(fields=["pipeline"], condition=Q(kind="won"), name="stage_one_won"),
            models.UniqueConstraint(fields=["pipeline"], condition=Q(kind="lost"), name="stage_one_lost"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_percent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def asks_for(self) -> list[str]:
        """The labels of the required fields."""
        return [StageField(name).label for name in self.required_fields]

from typing import Any

from django.db import models

from leads.models import Contact
from scoring.models.definition import Definition, DefinitionStatus
from scoring.models.trial import Trial


class LoadTrial(Trial):
    """How many leads each threshold would have promoted in past weeks, all else as the active definition says."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="load_trials")
    floor = models.IntegerField(help_text="The lowest threshold that is counted.")
    top = models.IntegerField(help_text="The highest one.")
    first_day = models.SmallIntegerField(help_text="Who is qualified on this day is no promotion.")
    weeks = models.PositiveSmallIntegerField()
    done = models.PositiveSmallIntegerField(default=0, help_text="Instants that were judged; the first one is no week.")
    figures: Any = models.JSONField(default=list, help_text="Per week: by threshold how many reached it first.")

    @property
    def is_stale(self) -> bool:
        """Whether another definition is active by now."""
        return self.definition.status != DefinitionStatus.ACTIVE


class HighestTotal(models.Model):
    """The highest total that somebody had in the weeks of a trial that were judged so far."""

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    trial = models.ForeignKey(LoadTrial, models.CASCADE, related_name="highest")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    total = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "contact"], name="highest_total_once")]

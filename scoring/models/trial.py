from typing import Any

from django.db import models

from leads.models import Contact
from scoring.models.definition import Definition
from users.models import User


class Trial(models.Model):
    """What a definition would do, worked out by one task after the other; `touched_at` tells a dead one."""

    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]


class Preview(Trial):
    """What a draft would make of everybody (or of a sample) today; contacts are worked off in order of their ids."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="previews")
    against = models.ForeignKey(Definition, models.SET_NULL, null=True, related_name="+")
    revision = models.PositiveIntegerField(help_text="Of the draft that was looked at.")
    day = models.SmallIntegerField()
    is_sample = models.BooleanField()
    people = models.PositiveIntegerField(help_text="How many there are altogether.")
    done = models.PositiveIntegerField(default=0, help_text="How many of them have been looked at.")
    next_contact = models.BigIntegerField(default=0, help_text="Where to go on.")
    last_contact = models.BigIntegerField(default=0)
    figures: Any = models.JSONField(default=dict)

    @property
    def is_stale(self) -> bool:
        """Whether the draft has changed since."""
        return self.revision != self.definition.revision


class PreviewChange(models.Model):
    """Somebody whose verdict would turn."""

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    preview = models.ForeignKey(Preview, models.CASCADE, related_name="changes")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    enters = models.BooleanField(help_text="Would qualify; else would no longer.")
    was_total = models.IntegerField()
    total = models.IntegerField()
    was_grade = models.CharField(max_length=2, blank=True)
    grade = models.CharField(max_length=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["preview", "contact"], name="preview_change_once")]
        indexes = [models.Index(fields=["preview", "enters", "total", "contact"], name="preview_change_list")]


class BackTest(Trial):
    """What a definition would have done in past weeks, beside the active one, with what was known then."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="back_tests")
    preview = models.OneToOneField(
        Preview, models.CASCADE, null=True, related_name="load", help_text="Whose weekly load it measures, if any."
    )
    against = models.ForeignKey(Definition, models.SET_NULL, null=True, related_name="+")
    revision = models.PositiveIntegerField(help_text="Of the draft that was looked at.")
    first_day = models.SmallIntegerField(help_text="Who is qualified on this day is no promotion.")
    weeks = models.PositiveSmallIntegerField()
    done = models.PositiveSmallIntegerField(default=0, help_text="Instants that were judged; the first one is no week.")
    figures: Any = models.JSONField(default=dict)

    @property
    def is_stale(self) -> bool:
        """Whether the draft has changed since."""
        return self.revision != self.definition.revision


class BackTestPromotion(models.Model):
    """On which day somebody would have qualified first; the first day of all is no promotion."""

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    back_test = models.ForeignKey(BackTest, models.CASCADE, related_name="promotions")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    is_active = models.BooleanField(help_text="By the active definition; else by the draft.")
    day = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["back_test", "contact", "is_active"], name="back_test_promotion_once")
        ]

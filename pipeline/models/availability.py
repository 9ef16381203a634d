from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from users.models import Team, User

USUAL_WEEK = ["09:00-17:00"] * 5 + ["", ""]


def usual_week() -> list[str]:
    return list(USUAL_WEEK)


class Availability(models.Model):
    """When somebody works, in their own time zone, and how many prospects a week they can take."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="availability")
    week: Any = ArrayField(
        models.CharField(max_length=60, blank=True), size=7, default=usual_week, help_text="Monday first."
    )
    capacity = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Prospects a week; empty: no limit."
    )
    is_paused = models.BooleanField(default=False, help_text="Gets nothing until it is taken back.")
    substitute = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    region = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="Whose public holidays they have; empty: the team's.",
    )
    skills: Any = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        help_text="What rules may ask for, such as German.",
    )

    class Meta:
        verbose_name_plural = "availabilities"
        constraints = [
            models.CheckConstraint(condition=Q(capacity=None) | Q(capacity__gte=0), name="availability_not_negative"),
            models.CheckConstraint(
                condition=Q(substitute=None) | ~Q(substitute=F("user")), name="availability_other_substitute"
            ),
        ]

    def __str__(self) -> str:
        return f"Hours of {self.user_id}"


class PublicHoliday(models.Model):
    """A public holiday of a region that somebody follows; kept for the coming years by a sweep."""

    region = models.CharField(max_length=10, help_text="A country such as DE, or a part of it such as DE-BY.")
    day = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["day", "region"]
        constraints = [models.UniqueConstraint(fields=["region", "day"], name="public_holiday_once")]

    def __str__(self) -> str:
        return self.name


class Absence(models.Model):
    """Whole days on which somebody is away, in their own time zone."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    why = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%-d %b} – {self.last_day:%-d %b %Y}"


class Holiday(models.Model):
    """A day on which a team, or nobody at all, works; or one on which they do, although others have it off.

    What a team says of a day goes before what is said for every team, and that before public holidays.
    """

    day = models.DateField()
    name = models.CharField(max_length=80)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    is_worked = models.BooleanField(default=False, db_default=False, help_text="A day off that is taken back.")

    class Meta:
        ordering = ["day", "pk"]
        constraints = [models.UniqueConstraint(fields=["day", "team"], nulls_distinct=False, name="holiday_once")]

    def __str__(self) -> str:
        return self.name

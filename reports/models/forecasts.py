"""What the forecast says now (replaced when deals move), and what it said on each day (never changed: a trigger
refuses it). What a line names is named by number and not held, so that nothing which comes later can touch it."""

from typing import Any

from django.db import models
from django.db.models import Q

from pipeline.models import Category, Opportunity
from users.models import Team, User


class Basis(models.TextChoices):
    """What a range was counted through from."""

    DEALS = "deals", "Opportunities"
    LEADS = "leads", "Leads"


class LineState(models.TextChoices):
    """How a deal stood."""

    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    GONE = "gone", "No longer there"


class Outlook(models.Model):
    """The simulation of one currency's deals as they are now, or of all deals in the reporting currency."""

    currency = models.CharField(max_length=3)
    is_together = models.BooleanField(default=False, help_text="Of all currencies, by the rates of their days.")
    day = models.DateField()
    mark = models.BigIntegerField(help_text="Of the deals it was made of; another one says that they have moved.")
    seed = models.PositiveIntegerField()
    runs = models.PositiveIntegerField()
    open_deals = models.PositiveIntegerField()
    closed_deals = models.PositiveIntegerField()
    leads_a_month = models.FloatField(null=True)
    lead_conversion_low = models.FloatField(null=True, help_text="Share of leads that become opportunities.")
    lead_conversion = models.FloatField(null=True)
    lead_conversion_high = models.FloatField(null=True)
    win_rate = models.FloatField(null=True)
    deal_size = models.FloatField(null=True)
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["currency", "is_together"], name="outlook_once")]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}"

    # in percent, for pages

    @property
    def conversion(self) -> float:
        return 100 * (self.lead_conversion or 0)

    @property
    def conversion_low(self) -> float:
        return 100 * (self.lead_conversion_low or 0)

    @property
    def conversion_high(self) -> float:
        return 100 * (self.lead_conversion_high or 0)

    @property
    def wins(self) -> float:
        return 100 * (self.win_rate or 0)


class OutlookRange(models.Model):
    """Four in five simulated futures of a period lie between p10 and p90: of all, of a team, or of a person."""

    outlook = models.ForeignKey(Outlook, models.CASCADE, related_name="ranges")
    basis = models.CharField(max_length=5, choices=Basis.choices, default=Basis.DEALS)
    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    unit = models.CharField(max_length=7, help_text="month, quarter or year")
    start = models.DateField()
    p10 = models.DecimalField(max_digits=16, decimal_places=2)
    p50 = models.DecimalField(max_digits=16, decimal_places=2)
    p90 = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["outlook", "basis", "owner", "team", "unit", "start"],
                nulls_distinct=False,
                name="outlook_range_once",
            ),
            models.CheckConstraint(
                condition=Q(p10__lte=models.F("p50"), p50__lte=models.F("p90")), name="outlook_range_ordered"
            ),
        ]


class ForecastSnapshot(models.Model):
    """What we believed on a day. Immutable, as all that hangs on it."""

    day = models.DateField(primary_key=True)
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day}"


class ForecastLine(models.Model):
    """A deal as it stood from this snapshot on, until its next line: written only when something has changed."""

    snapshot = models.ForeignKey(ForecastSnapshot, models.PROTECT, related_name="lines", db_index=False)
    opportunity = models.ForeignKey(
        Opportunity, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    state = models.CharField(max_length=4, choices=LineState.choices)
    owner = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False)
    currency = models.CharField(max_length=3)
    amount: Any = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    probability = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=8, choices=Category.choices)
    created_on = models.DateField()
    expected_close = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["opportunity", "snapshot"], name="forecast_line_once")]
        indexes = [models.Index(fields=["snapshot", "opportunity"], name="forecast_line_of_day")]


class ForecastTotal(models.Model):
    """What the deals of one person said on a day about one month (none: without a day to come)."""

    snapshot = models.ForeignKey(ForecastSnapshot, models.PROTECT, related_name="totals", db_index=False)
    currency = models.CharField(max_length=3)
    owner = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False)
    month = models.DateField(null=True)
    closed = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    commit = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    best = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    pipeline = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    weighted = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "currency", "owner", "month"], nulls_distinct=False, name="forecast_total_once"
            )
        ]


class SnapshotRange(models.Model):
    """The range that all deals had on a day."""

    snapshot = models.ForeignKey(ForecastSnapshot, models.PROTECT, related_name="ranges", db_index=False)
    currency = models.CharField(max_length=3)
    unit = models.CharField(max_length=7)
    start = models.DateField()
    p10 = models.DecimalField(max_digits=16, decimal_places=2)
    p50 = models.DecimalField(max_digits=16, decimal_places=2)
    p90 = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "currency", "unit", "start"], name="snapshot_range_once")
        ]

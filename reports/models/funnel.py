from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from leads.models import Source
from users.models import User


class Journey(models.Model):
    """How far a contact has got, and when. Worked out from the facts alone (reports/facts.py), which are the truth.

    A step counts as reached when it, or one behind it, was; `skipped` has the bits of those that no fact of their own
    tells (1 engaged, 2 two-way, 4 qualified, 8 accepted, 16 opportunity). The contact is named by number and not held,
    so that one who is merged or deleted leaves a row that says which month has to be counted again.
    """

    contact_id = models.BigIntegerField(primary_key=True)
    month = models.DateField(help_text="First day of the month in which they became known to us (UTC).")
    identified_at = models.DateTimeField()
    engaged_at = models.DateTimeField(null=True)
    two_way_at = models.DateTimeField(null=True)
    qualified_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    opportunity_at = models.DateTimeField(null=True)
    won_at = models.DateTimeField(null=True)
    skipped = models.SmallIntegerField(default=0)
    sent_back = models.SmallIntegerField(default=0, help_text="How often sales gave them back.")
    came_again = models.SmallIntegerField(default=0, help_text="How often they became a prospect anew.")
    revenue = models.DecimalField(max_digits=16, decimal_places=2, null=True, help_text="Won, in the main currency.")
    source = models.CharField(max_length=12, choices=Source.choices)
    form = models.CharField(max_length=50, blank=True, help_text="Slug of the first form they sent.")
    version = models.PositiveIntegerField(null=True, help_text="Of the definition that held when they came.")
    persona_id = models.IntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["month", "source"], name="journey_month")]


class Channel(models.Model):
    """What brings people to us: source and medium, and the campaign in lower case."""

    source = models.CharField(max_length=100)
    medium = models.CharField(max_length=100)
    campaign = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "medium", "campaign"], name="channel_once")]

    def __str__(self) -> str:
        return f"{self.source} / {self.medium}"


class Credit(models.Model):
    """A channel's part in bringing a contact, in thousandths, by each way of sharing (reports/attribution.py)."""

    contact_id = models.BigIntegerField()
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    first = models.SmallIntegerField()
    last = models.SmallIntegerField()
    linear = models.SmallIntegerField()
    position = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact_id", "channel"], name="credit_once")]


class FunnelCell(models.Model):
    """How far the people of a month have got, by one way of dividing them. A rollup of journeys.

    All in thousandths of a person, because a person may be shared among channels.
    """

    month = models.DateField(help_text="First day of the month in which the contacts became known to us (UTC).")
    by = models.CharField(max_length=20, help_text="source, owner, form …, channel.first, campaign.linear …")
    key = models.CharField(max_length=210, blank=True)
    leads = models.BigIntegerField(default=0)
    engaged = models.BigIntegerField(default=0)
    two_way = models.BigIntegerField(default=0)
    qualified = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    opportunities = models.BigIntegerField(default=0)
    won = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0, help_text="Who passed a step that no fact tells.")
    sent_back = models.BigIntegerField(default=0)
    came_again = models.BigIntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=5, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "month", "key"], name="funnel_cell_of")]


class FunnelPace(models.Model):
    """How many of a month and source reached a step in which month after it: ages[0] in the same month."""

    month = models.DateField()
    source = models.CharField(max_length=12, choices=Source.choices)
    step = models.CharField(max_length=12)
    ages: Any = ArrayField(models.IntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "month", "source"], name="funnel_pace_of")]


class FunnelSpan(models.Model):
    """How many people of a month took how many whole days to a step: people[i] took days[i]. Where both are known."""

    month = models.DateField()
    step = models.CharField(max_length=12, help_text="The step they came to; `whole`: from the first to the last.")
    days: Any = ArrayField(models.IntegerField())
    people: Any = ArrayField(models.IntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "step"], name="funnel_span_of")]


class CampaignCost(models.Model):
    """What a campaign cost in a month."""

    month = models.DateField(help_text="Its first day.")
    campaign = models.CharField(max_length=200, help_text="In lower case, as utm_campaign tells it.")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["-month", "campaign", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["month", "campaign", "currency"], name="campaign_cost_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="campaign_cost_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="campaign_cost_of_a_month"),
            models.CheckConstraint(condition=~Q(campaign=""), name="campaign_cost_named"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.month:%Y-%m}"


class Rollup(models.Model):
    """How far a rollup has read the facts."""

    name = models.CharField(max_length=40, primary_key=True)
    cursor = models.JSONField(default=dict)
    at = models.DateTimeField()

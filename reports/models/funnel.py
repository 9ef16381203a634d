from django.db import models

from leads.models import Source


class FunnelCell(models.Model):
    """How many contacts of one month and source have reached each stage so far. A rollup; facts are the truth."""

    month = models.DateField(help_text="First day of the month in which the contacts became leads (UTC).")
    source = models.CharField(max_length=12, choices=Source.choices)
    leads = models.PositiveIntegerField(default=0)
    engaged = models.PositiveIntegerField(default=0)
    qualified = models.PositiveIntegerField(default=0)
    prospects = models.PositiveIntegerField(default=0)
    won = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "source"], name="funnel_cell_once")]


class Rollup(models.Model):
    """How far a rollup has read the facts."""

    name = models.CharField(max_length=40, primary_key=True)
    cursor = models.JSONField(default=dict)
    at = models.DateTimeField()

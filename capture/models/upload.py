from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from users.models import User


class ImportStatus(models.TextChoices):
    MAPPING = "mapping", "Waiting for its columns"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ImportQuerySet(models.QuerySet["Import"]):
    def without_content(self) -> "ImportQuerySet":
        """Everything but the file itself, which may be 20 MB."""
        return self.defer("content")


class Import(models.Model):
    """A file of contacts, kept until it is finished; rows are worked off in order, `done_rows` says how far."""

    name = models.CharField(max_length=200)
    content = models.BinaryField(help_text="The file as it was sent; emptied when the import has ended.")
    encoding = models.CharField(max_length=40)
    delimiter = models.CharField(max_length=1)
    header_row = models.PositiveSmallIntegerField(default=0, help_text="The record that names the columns; from 0.")
    header: Any = ArrayField(models.TextField(), default=list)
    mapping: Any = models.JSONField(default=dict, help_text="Column number -> contact field.")
    day_first = models.BooleanField(default=False, help_text="03/04/2024 is the third of April.")
    tag = models.CharField(max_length=40, blank=True, help_text="Put on every contact of the file.")
    status = models.CharField(max_length=10, choices=ImportStatus.choices, default=ImportStatus.MAPPING)
    total_rows = models.PositiveIntegerField(default=0)
    done_rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    claimed_by = models.CharField(max_length=32, blank=True, help_text="The worker run that may write the next batch.")
    started_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    done_rows=models.F("created") + models.F("updated") + models.F("skipped") + models.F("rejected")
                ),
                name="import_counts_reconcile",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_under_way(self) -> bool:
        return self.status in {ImportStatus.QUEUED, ImportStatus.RUNNING}

    @property
    def percent(self) -> int:
        return 100 * self.done_rows // self.total_rows if self.total_rows else 0


class RejectedRow(models.Model):
    """A row of an import that was not taken, and why."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="rejected_rows")
    line = models.PositiveIntegerField(help_text="Line number in the file, the header being line 1.")
    reason = models.CharField(max_length=300)
    cells: Any = models.JSONField()

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["of", "line"], name="rejected_row_once")]

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from users.models import User

KEPT_FOR_UNDO = timedelta(days=90)


class ImportStatus(models.TextChoices):
    MAPPING = "mapping", "Waiting for its columns"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"


class About(models.TextChoices):
    """What the rows of a list tell of."""

    CONTACTS = "contacts", "People"
    ACTIVITIES = "activities", "Activities and answers of people"


class Format(models.TextChoices):
    """What was uploaded; workbooks and cards are kept as lines of JSON, so that they are read only once."""

    TEXT = "text", "Text table"
    WORKBOOK = "workbook", "Workbook"
    CARDS = "cards", "Address cards"


class ImportQuerySet(models.QuerySet["Import"]):
    def without_content(self) -> "ImportQuerySet":
        """Everything but the file itself, which may be 20 MB."""
        return self.defer("content")


class Import(models.Model):
    """A list of people or of what they did; rows are worked off in order, `done_rows` says how far."""

    name = models.CharField(max_length=200)
    about = models.CharField(max_length=10, choices=About.choices, default=About.CONTACTS)
    content = models.BinaryField(help_text="The list as it was sent; emptied when the import has ended.")
    format = models.CharField(max_length=8, choices=Format.choices, default=Format.TEXT)
    sheet = models.CharField(max_length=80, blank=True, help_text="The sheet of a workbook that was taken.")
    encoding = models.CharField(max_length=40)
    delimiter = models.CharField(max_length=1, blank=True, help_text="Empty: each row is a line of JSON.")
    header_row = models.PositiveSmallIntegerField(default=0, help_text="The record that names the columns; from 0.")
    header: Any = ArrayField(models.TextField(), default=list)
    unread: Any = models.JSONField(
        default=dict, db_default={}, help_text="Column number -> formulas without a result in the file."
    )
    mapping: Any = models.JSONField(default=dict, help_text="Column number -> contact field.")
    policies: Any = models.JSONField(default=dict, help_text="Contact field -> what becomes of known people's values.")
    day_first = models.BooleanField(default=False, help_text="03/04/2024 is the third of April.")
    decimal_comma = models.BooleanField(default=False, help_text="1.234 is more than a thousand.")
    every_row = models.CharField(max_length=80, blank=True, help_text="What happened, where no column says it.")
    tag = models.CharField(max_length=40, blank=True, help_text="Put on every contact of the file.")
    status = models.CharField(max_length=10, choices=ImportStatus.choices, default=ImportStatus.MAPPING)
    total_rows = models.PositiveIntegerField(default=0)
    done_rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    to_undo = models.PositiveIntegerField(default=0, help_text="People and facts that the undo began with.")
    undone = models.PositiveIntegerField(default=0, help_text="How many of them the undo has worked off.")
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
                condition=Q(done_rows=F("created") + F("updated") + F("skipped") + F("rejected")),
                name="import_counts_reconcile",
            ),
            models.CheckConstraint(condition=Q(undone__lte=F("to_undo")), name="import_undone_within"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_under_way(self) -> bool:
        return self.status in {ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING}

    @property
    def is_about_people(self) -> bool:
        return self.about == About.CONTACTS

    @property
    def undo_until(self) -> datetime | None:
        """Until when what an undo needs is kept; none while it runs and once it is undone."""
        has_ended = self.status in {ImportStatus.DONE, ImportStatus.CANCELLED, ImportStatus.FAILED}
        return self.ended_at + KEPT_FOR_UNDO if self.ended_at and has_ended else None

    @property
    def percent(self) -> int:
        return 100 * self.done_rows // self.total_rows if self.total_rows else 0


class UploadedBook(models.Model):
    """A workbook of several sheets as it was sent, until one of them is taken."""

    of = models.OneToOneField(Import, models.CASCADE, primary_key=True, related_name="book")
    content = models.BinaryField()
    sheets: Any = ArrayField(models.TextField(), help_text="Names of the sheets that are shown, in their order.")

    def __str__(self) -> str:
        return f"{self.of_id}: {len(self.sheets)} sheets"


class RejectedRow(models.Model):
    """A row of an import that was not taken, and why."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="rejected_rows")
    line = models.PositiveIntegerField(help_text="Line number in the file, the header being line 1.")
    reason = models.CharField(max_length=300)
    cells: Any = models.JSONField()

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["of", "line"], name="rejected_row_once")]


class ColumnMemory(models.Model):
    """What somebody chose for a set of column names, for the next list that has the same ones."""

    key = models.CharField(max_length=64, unique=True, help_text="Hash of the names, in whatever order.")
    about = models.CharField(max_length=10, choices=About.choices, default=About.CONTACTS)
    mapping: Any = models.JSONField(default=dict, help_text="Column name -> field.")
    policies: Any = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "column memories"

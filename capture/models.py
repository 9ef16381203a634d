import secrets
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leads.models import Source
from users.models import User


def new_key() -> str:
    return secrets.token_urlsafe(15)


class FormField(models.TextChoices):
    FIRST_NAME = "first_name", "First name"
    LAST_NAME = "last_name", "Last name"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    COMPANY = "company", "Company"
    JOB_TITLE = "job_title", "Job title"
    MESSAGE = "message", "Message"


class Form(models.Model):
    """A lead form at a public address."""

    slug = models.SlugField(max_length=50, unique=True)
    title = models.CharField(max_length=120)
    intro = models.TextField(blank=True)
    fields: Any = ArrayField(models.CharField(max_length=20, choices=FormField.choices))
    required: Any = ArrayField(models.CharField(max_length=20, choices=FormField.choices), default=list, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.FORM)
    event_kind = models.SlugField(max_length=60, default="form_submitted")
    consent_wording = models.TextField(blank=True, help_text="Empty: no consent box.")
    thank_you = models.TextField(default="Thank you. We will get back to you.")
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def event_source(self) -> str:
        """Under which source its events are recorded."""
        return f"form:{self.slug}"


class Site(models.Model):
    """A web site whose visits are recorded by the tracker."""

    name = models.CharField(max_length=80, unique=True)
    write_key = models.CharField(max_length=40, unique=True, default=new_key)
    allowed_origins: Any = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="Empty: any origin."
    )
    asks_consent = models.BooleanField(
        default=False, help_text="The tracker stores nothing in the browser before winnow('consent', true)."
    )
    last_event_at = models.DateTimeField(
        null=True, editable=False, help_text="When the tracker was last heard; some seconds coarse."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


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

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leads.models import Source
from users.models import User


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
    is_by_invitation = models.BooleanField(
        default=False, help_text="A survey: only personal links open it, and nobody is asked who they are."
    )
    published = models.ForeignKey("FormVersion", models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def event_source(self) -> str:
        """Under which source its events are recorded."""
        return f"form:{self.slug}"


class FormVersion(models.Model):
    """What a form asks and says. Once published it never changes; the one that is not published is the draft."""

    form = models.ForeignKey(Form, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    intro = models.TextField(blank=True)
    questions: Any = models.JSONField(default=list, help_text="See capture/questions.py.")
    consents: Any = models.JSONField(default=list, help_text="Check boxes: purpose and wording of each.")
    button = models.CharField(max_length=40, default="Send")
    thank_you = models.TextField(default="Thank you. We will get back to you.")
    redirect_to = models.CharField(max_length=500, blank=True, help_text="Where visitors go instead of the thank-you.")
    asks_confirmation = models.BooleanField(
        default=False, help_text="Double opt-in: nothing counts before the link in a mail was followed."
    )
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["form", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_once"),
            models.UniqueConstraint(
                fields=["form"], condition=models.Q(published_at=None), name="form_version_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form}, version {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

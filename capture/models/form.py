from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leads.models import Source


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

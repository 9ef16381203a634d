"""What an import changed, kept so that it can be undone exactly: one small row per person, company or fact."""

from typing import Any

from django.db import models
from django.db.models import Q

from activities.models import Activity
from capture.models.upload import Import
from leads.models import Company, Contact, EngagementEvent, Evidence


class ImportedContact(models.Model):
    """What a batch of an import made of one contact; undone together, newest first."""

    is_derived = True  # our own notes are nothing that happened to somebody
    of = models.ForeignKey(Import, models.CASCADE, related_name="contacts", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    is_new = models.BooleanField(help_text="The import made the contact.")
    changes: Any = models.JSONField(default=dict, help_text="Field -> [before, after].")
    claimed: Any = models.JSONField(default=list, help_text="Ids of identities that were nobody's before.")
    added: Any = models.JSONField(default=list, help_text="Identities made for a known contact: [kind, value].")
    stamp = models.DateTimeField(help_text="The contact's `updated_at` afterwards: whoever edits it moves it on.")

    class Meta:
        indexes = [models.Index(fields=["of", "contact"], name="imported_contact_of")]


class ImportedCompany(models.Model):
    """A company that an import made."""

    is_derived = True  # our own notes are nothing that happened to somebody
    of = models.ForeignKey(Import, models.CASCADE, related_name="companies")
    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200, help_text="As the import wrote it.")


class ImportedFact(models.Model):
    """An event, an answer or a note that an import recorded."""

    is_derived = True  # our own notes are nothing that happened to somebody
    of = models.ForeignKey(Import, models.CASCADE, related_name="facts")
    event = models.ForeignKey(EngagementEvent, models.CASCADE, null=True, related_name="+")
    evidence = models.ForeignKey(Evidence, models.CASCADE, null=True, related_name="+")
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event__isnull=False) | Q(evidence__isnull=False) | Q(activity__isnull=False),
                name="imported_fact_is_one",
            )
        ]


class UndoConflict(models.Model):
    """Something that an undo left as it is, and why."""

    is_derived = True  # our own notes are nothing that happened to somebody
    of = models.ForeignKey(Import, models.CASCADE, related_name="conflicts")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="+")
    text = models.CharField(max_length=300)

    class Meta:
        ordering = ["pk"]

from typing import Any

from django.db import models

from leads.models.contact import Contact
from users.models import User


class OwnerChange(models.Model):
    """A contact went from one colleague to another. Append-only."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="owner_changes", db_index=False)
    from_owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    to_owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["contact", "at", "id"], name="owner_change_of")]


class BulkChange(models.Model):
    """What was done to many contacts at once, kept for a while so that whoever did it can undo it."""

    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    what: Any = models.JSONField(help_text="owner: former owner -> contacts; tag, untag: the tag and the contacts.")

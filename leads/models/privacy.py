from django.db import models
from django.db.models import Q

from leads.models.contact import Contact
from users.models import User


class Erasure(models.Model):
    """A person was (or is being) forgotten: who did it and when, without a word about the person. Stays for ever."""

    contact = models.OneToOneField(Contact, models.CASCADE, related_name="erasure")
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True)
    place = models.JSONField(default=list, help_text="How far it is: the table, and the last key that was emptied.")
    emptied = models.PositiveIntegerField(default=0, help_text="Rows of other tables that were emptied or deleted.")
    touched_at = models.DateTimeField(auto_now=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["requested_at"], condition=Q(done_at=None), name="erasure_to_do")]

    def __str__(self) -> str:
        return f"Erasure of no. {self.contact_id}"


class PersonalCopy(models.Model):
    """All that we hold about a person, collected on request; the file is deleted after some days."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="copies")
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True)
    rows = models.PositiveIntegerField(default=0, help_text="Collected so far.")
    content = models.BinaryField(default=b"", help_text="JSON, gzipped.")
    touched_at = models.DateTimeField(auto_now=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "personal copies"
        indexes = [models.Index(fields=["requested_at"], name="personal_copy_asked")]

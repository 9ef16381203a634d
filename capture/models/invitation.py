from django.db import models
from django.db.models import Q

from capture.models.form import Form
from leads.models import Contact
from users.models import User


class Invitation(models.Model):
    """A form that was sent to one contact by mail, with a link of their own."""

    form = models.ForeignKey(Form, models.CASCADE, related_name="invitations")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="invitations")
    words = models.CharField(max_length=600, blank=True, help_text="What whoever sent it wrote above the link.")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    mail_claimed_at = models.DateTimeField(null=True, help_text="When a worker set about sending it.")
    mailed_at = models.DateTimeField(null=True, help_text="When the mail left.")
    dropped_at = models.DateTimeField(null=True, help_text="It was not sent: by then we may not, or cannot.")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(mailed_at=None, dropped_at=None), name="invitation_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.form} to {self.contact_id}"

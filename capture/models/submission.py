from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from capture.answering import told, words
from capture.models.form import Form, FormVersion
from capture.questions import Question
from capture.suspicion import REASONS
from leads.models import Contact, EngagementEvent
from users.models import User


class SubmissionStatus(models.TextChoices):
    ACCEPTED = "accepted", "Accepted"
    AWAITING = "awaiting", "Waiting for confirmation"
    QUARANTINED = "quarantined", "Quarantined"
    REJECTED = "rejected", "Spam"


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> "SubmissionQuerySet":
        """Whoever sees everybody sees all; others see what their own contacts sent."""
        if user.sees_everything:
            return self
        return self.filter(contact__in=Contact.objects.visible_to(user))


class Submission(models.Model):
    """A form as somebody sent it, and what came of it. The answers are kept as they were given."""

    form = models.ForeignKey(Form, models.PROTECT, db_index=False, related_name="submissions")
    version = models.ForeignKey(FormVersion, models.PROTECT, related_name="submissions")
    message_id = models.CharField(max_length=100)
    status = models.CharField(max_length=12, choices=SubmissionStatus.choices)
    reasons: Any = ArrayField(
        models.CharField(max_length=20), default=list, help_text="Why it is suspicious (capture/suspicion.py)."
    )
    answers: Any = models.JSONField(default=dict, help_text="By the key of the question.")
    consents: Any = ArrayField(models.CharField(max_length=12), default=list, help_text="Purposes that were ticked.")
    origin: Any = models.JSONField(default=dict, help_text="UTM, referrer and page that led here.")
    visitor = models.CharField(max_length=64, blank=True, help_text="The device's anonymous id.")
    received_at = models.DateTimeField()
    invited = models.ForeignKey(
        Contact, models.SET_NULL, null=True, related_name="+", help_text="Whose personal link it came by."
    )
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="submissions")
    event = models.ForeignKey(EngagementEvent, models.SET_NULL, null=True, related_name="+")
    did: Any = models.JSONField(default=dict, help_text="created; fields that were set; ids of evidence and consents.")
    mail_claimed_at = models.DateTimeField(null=True, help_text="When a worker set about sending that mail.")
    mailed_at = models.DateTimeField(null=True, help_text="When the mail that asks for confirmation left.")
    confirmed_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, models.SET_NULL, null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "message_id"], name="submission_once")]
        indexes = [
            models.Index(fields=["form", "status", "id"], name="submission_of_form"),
            models.Index(fields=["status", "id"], name="submission_by_status"),
            models.Index(fields=["id"], condition=Q(status="awaiting", mailed_at=None), name="submission_to_mail"),
            models.Index(
                fields=["id"],
                condition=Q(status="accepted", mailed_at=None, did__has_key="asked"),
                name="submission_boxes_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} at {self.received_at:%Y-%m-%d %H:%M}"

    @property
    def is_held(self) -> bool:
        """Whether somebody has to look, or it waits for a mail."""
        return self.status in (SubmissionStatus.QUARANTINED, SubmissionStatus.AWAITING)

    @property
    def why(self) -> list[str]:
        """Why it is suspicious, in words."""
        return [REASONS.get(reason, reason) for reason in self.reasons]

    @property
    def said(self) -> list[tuple[Question, str]]:
        """The questions that were answered, each with its answer as a person reads it."""
        return [(q, words(self.answers[q.key])) for q in self.version.asked if q.key in self.answers]

    @property
    def gist(self) -> str:
        """Their message, else what they answered beside who they are."""
        said = [(q, answer) for q, answer in self.said if not q.maps_to.startswith(("contact.", "company."))]
        message = next((answer for q, answer in said if q.type == "long_text"), "")
        return message or "; ".join(told(q, answer) for q, answer in said)

    @property
    def sender(self) -> str:
        """Who it says it is from: name, else address, else number."""
        given = {question.maps_to: answer for question, answer in self.said}
        name = f"{given.get('contact.first_name', '')} {given.get('contact.last_name', '')}".strip()
        return name or given.get("contact.email") or given.get("contact.phone") or ""


class SpamRules(models.Model):
    """What makes a submission suspicious; one row for the installation."""

    blocked_domains: Any = ArrayField(
        models.CharField(max_length=253),
        default=list,
        help_text="Your own domains, and others you expect nothing from.",
    )
    blocks_disposable = models.BooleanField(default=True)
    most_links = models.PositiveSmallIntegerField(default=2, help_text="More links than this are suspicious.")

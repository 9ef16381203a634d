from django.db import models
from django.db.models import Q

from activities.notices import DIGEST_AT, Mail, Topic
from leads.models import Contact, EngagementEvent
from users.models import User


class ActivityKind(models.TextChoices):
    """What a person did with a contact, or what changed about it."""

    NOTE = "note", "Note"
    CALL = "call", "Call"
    MEETING = "meeting", "Meeting"
    REPLY = "reply", "Reply"
    MAIL = "mail", "Mail"
    STAGE = "stage", "Stage change"
    SCORE = "score", "Score"
    LIFECYCLE = "lifecycle", "Lifecycle"
    OWNER = "owner", "Owner"


class Activity(models.Model):
    """One entry of the timeline that is not an engagement event or evidence."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="activities", db_index=False)
    kind = models.CharField(max_length=10, choices=ActivityKind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.SET_NULL, null=True)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    event = models.OneToOneField(
        EngagementEvent, models.SET_NULL, null=True, help_text="The engagement it counts as, when they talked to us."
    )
    nonce = models.CharField(
        max_length=40, blank=True, help_text="Of the form that logged it: a double click logs once."
    )

    class Meta:
        verbose_name_plural = "activities"
        constraints = [models.UniqueConstraint(fields=["nonce"], condition=~Q(nonce=""), name="activity_once")]
        indexes = [models.Index(fields=["contact", "at", "id"], name="activity_of_contact")]


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def open(self) -> "FollowUpQuerySet":
        return self.filter(done_at=None)

    def visible_to(self, user: User) -> "FollowUpQuerySet":
        """Follows the contact's visibility, plus whatever is assigned to the user."""
        if user.sees_everything:
            return self
        return self.filter(
            Q(assignee=user) | Q(contact__standing__owner=None) | Q(contact__standing__owner__in=user.visible_owner_ids)
        )


class FollowUp(models.Model):
    """Something a person has to do about a contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="follow_ups")
    assignee = models.ForeignKey(User, models.CASCADE, related_name="follow_ups")
    title = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["assignee", "due_at"], condition=Q(done_at=None), name="follow_up_open"),
            models.Index(fields=["contact", "due_at"], condition=Q(done_at=None), name="follow_up_of_contact"),
            models.Index(fields=["due_at"], condition=Q(done_at=None, notified_at=None), name="follow_up_to_notify"),
        ]

    def __str__(self) -> str:
        return self.title


class Notification(models.Model):
    """A line in a person's bell; `key` makes it come once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=100)
    topic = models.CharField(max_length=10, choices=Topic.choices, default=Topic.OTHER, db_default=Topic.OTHER)
    text = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="", db_default="", help_text="More, for the mail.")
    url = models.CharField(max_length=300)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True, help_text="When it is mailed unless it was seen; empty: it is not.")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["mail_at"], condition=Q(mail_at__isnull=False), name="notification_to_mail"),
            models.Index(fields=["user", "-at", "-id"], name="notification_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["url"], name="notification_url"),
        ]


class NoticeChoice(models.Model):
    """How a person wants to be told of a topic besides the bell."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notice_choices")
    topic = models.CharField(max_length=10, choices=Topic.choices)
    mail = models.CharField(max_length=5, choices=Mail.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="notice_choice_once")]


class NoticeHours(models.Model):
    """When a person wants to be left alone, when the day's mail comes, and whether the browser shows what is new."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notice_hours")
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    digest_at = models.TimeField(default=DIGEST_AT)
    in_browser = models.BooleanField(default=False)


class Heard(models.Model):
    """How far a sweep over events has come."""

    name = models.CharField(max_length=20, primary_key=True)
    up_to = models.BigIntegerField(help_text="Events up to this id are dealt with.")

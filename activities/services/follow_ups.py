"""What people have to do."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from activities.models import FollowUp
from activities.notices import Topic
from activities.services.notices import notify
from core.errors import Refused
from leads import normalise
from leads.models import Contact
from users.models import User
from users.roles import Role

FURTHEST = timedelta(days=5 * 366)
BATCH = 500


def _check_due(due_at: datetime, now: datetime) -> None:
    if due_at < now - timedelta(days=1):
        raise Refused(due_at="This is in the past. Choose a day from today on.")
    if due_at > now + FURTHEST:
        raise Refused(due_at="This is more than five years away. Choose a nearer day.")


@transaction.atomic
def add_follow_up(*, contact: Contact, assignee: User, title: str, due_at: datetime, now: datetime) -> FollowUp:
    """Something to do about a contact by a time."""
    title = normalise.line(title)
    if not title:
        raise Refused(title="Say what is to be done.")
    if len(title) > 200:
        raise Refused(title=f"At most 200 characters; this has {len(title):,}. Put the rest into a note.")
    if not assignee.is_active or assignee.role == Role.VIEWER:
        raise Refused(assignee=f"{assignee} cannot be given work. Choose an active colleague.")
    _check_due(due_at, now)
    return FollowUp.objects.create(contact=contact, assignee=assignee, title=title, due_at=due_at)


def complete_follow_up(follow_up: FollowUp, *, now: datetime) -> bool:
    """It is done; false when it was done already."""
    return bool(FollowUp.objects.open().filter(pk=follow_up.pk).update(done_at=now))


def reopen_follow_up(follow_up: FollowUp) -> bool:
    """Undo: it is to be done after all; false when it is open anyway."""
    return bool(FollowUp.objects.filter(pk=follow_up.pk, done_at__isnull=False).update(done_at=None))


def snooze_follow_up(follow_up: FollowUp, *, until: datetime, now: datetime) -> bool:
    """Later; the reminder comes again then. False when it is done already."""
    _check_due(until, now)
    return bool(FollowUp.objects.open().filter(pk=follow_up.pk).update(due_at=until, notified_at=None))


@transaction.atomic
def notify_of_due(*, now: datetime) -> int:
    """Tell people of follow-ups that have come due, at most BATCH at a time; returns how many they were.

    Rows that another worker holds are left to it.
    """
    due = FollowUp.objects.open().filter(notified_at=None, due_at__lte=now).order_by("due_at", "pk")
    rows = list(due.select_related("contact").select_for_update(of=("self",), skip_locked=True)[:BATCH])
    for row in rows:
        notify(
            user_ids=[row.assignee_id],
            topic=Topic.FOLLOW_UP,
            key=f"follow-up:{row.pk}:{row.due_at.timestamp():.0f}",
            text=f"Due: {row.title} ({row.contact.name})"[:300],
            url=reverse("contact", args=[row.contact_id]),
            now=now,
        )
    FollowUp.objects.filter(pk__in=[row.pk for row in rows]).update(notified_at=now)
    return len(rows)

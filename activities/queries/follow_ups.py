"""What people have to do."""

from datetime import datetime

from activities.models import FollowUp, FollowUpQuerySet
from core import keyset
from leads.models import Contact
from users.models import User


def follow_ups_of(contact: Contact, *, most: int = 20) -> list[FollowUp]:
    """What is still to be done about a contact, the earliest first."""
    return list(
        FollowUp.objects.open().filter(contact=contact).select_related("assignee").order_by("due_at", "pk")[:most]
    )


def due_follow_ups(user: User, *, until: datetime, most: int = 50) -> list[FollowUp]:
    """What this person has to do until an instant, overdue included, the earliest first."""
    rows = FollowUp.objects.open().filter(assignee=user, due_at__lt=until)
    return list(rows.select_related("contact__company", "contact__standing").order_by("due_at", "pk")[:most])


def open_follow_ups(user: User, *, assignee: int | None = None, late_at: datetime | None = None) -> FollowUpQuerySet:
    """What is still to be done about contacts that the user may see; of one person; due before an instant."""
    rows = FollowUp.objects.visible_to(user).open()
    if assignee is not None:
        rows = rows.filter(assignee=assignee)
    return rows if late_at is None else rows.filter(due_at__lt=late_at)


def follow_up_page(rows: FollowUpQuerySet, *, after: str = "", before: str = "") -> "keyset.Page[FollowUp]":
    """One page of them, the earliest first. One query."""
    return keyset.page(
        rows.select_related("contact__company", "assignee"),
        by=[("due_at", datetime), ("pk", int)],
        descending=False,
        after=after,
        before=before,
    )

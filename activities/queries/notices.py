"""The bell."""

from datetime import datetime

from activities.models import Notification
from core import keyset
from users.models import User


def unread_count(user: User) -> int:
    """How many lines the person has not seen. One query."""
    return Notification.objects.filter(user=user, read_at=None).count()


def notices_of(user: User, *, after: str = "", before: str = "", size: int = 50) -> "keyset.Page[Notification]":
    """The person's notifications, newest first."""
    return keyset.page(
        Notification.objects.filter(user=user),
        by=[("at", datetime), ("pk", int)],
        after=after,
        before=before,
        size=size,
    )

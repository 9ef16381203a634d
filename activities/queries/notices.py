"""The bell."""

from datetime import datetime

from activities.models import Notification
from core import keyset
from core.prepared import Prepared
from users.models import User

# on every page
_UNREAD = Prepared(
    "unread_notifications",
    ["bigint"],
    "SELECT count(*) FROM activities_notification WHERE user_id = %s AND read_at IS NULL",
)


def unread_count(user: User) -> int:
    """How many lines the person has not seen. One query."""
    return int(_UNREAD.rows([user.pk])[0][0])


def notices_of(user: User, *, after: str = "", before: str = "", size: int = 50) -> "keyset.Page[Notification]":
    """The person's notifications, newest first."""
    return keyset.page(
        Notification.objects.filter(user=user),
        by=[("at", datetime), ("pk", int)],
        after=after,
        before=before,
        size=size,
    )

"""Lines in a person's bell."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from activities.models import Notification
from leads import normalise
from users.models import User


def notify(*, user_ids: Iterable[int], key: str, text: str, url: str, now: datetime) -> int:
    """Tell each of them once: the same `key` for the same person is passed over. Returns how many were told."""
    ids = sorted(set(user_ids))
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO activities_notification (user_id, key, text, url, at) "
            "SELECT id, %s, %s, %s, %s FROM users_user WHERE id = ANY (%s) AND is_active "
            "ON CONFLICT (user_id, key) DO NOTHING",
            [key[:100], normalise.line(text)[:300], url[:300], now, ids],
        )
        return int(cursor.rowcount)


def mark_read(*, user: User, notification_id: int, now: datetime) -> bool:
    """The person has seen it; false when it was read already, or is not theirs."""
    return bool(Notification.objects.filter(pk=notification_id, user=user, read_at=None).update(read_at=now))


def mark_all_read(*, user: User, now: datetime) -> int:
    """The person has seen all of them; returns how many were new."""
    return Notification.objects.filter(user=user, read_at=None).update(read_at=now)

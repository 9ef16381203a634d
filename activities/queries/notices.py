"""The bell."""

from datetime import datetime

from activities.models import NoticeChoice, NoticeHours, Notification
from activities.notices import Mail, Topic, chosen
from core import keyset
from core.prepared import Prepared
from users.models import User

# on every page
_UNREAD = Prepared(
    "unread_notifications",
    ["bigint"],
    "SELECT count(*), coalesce(max(id), 0) FROM activities_notification WHERE user_id = %s AND read_at IS NULL",
)


def unread(user: User) -> tuple[int, int]:
    """How many lines the person has not seen, and the newest of them (0: none). One query."""
    count, newest = _UNREAD.rows([user.pk])[0]
    return int(count), int(newest)


def unread_count(user: User) -> int:
    """How many lines the person has not seen. One query."""
    return unread(user)[0]


def choices_of(user: User) -> dict[str, Mail]:
    """Topic -> how this person is mailed about it. One query."""
    known = dict(NoticeChoice.objects.filter(user=user).values_list("topic", "mail"))
    return {topic.value: chosen(topic.value, known.get(topic.value)) for topic in Topic}


def hours_of(user: User) -> NoticeHours:
    """The person's quiet hours, or what holds for whoever has set none."""
    return NoticeHours.objects.filter(user=user).first() or NoticeHours(user=user)


def to_mail(*, now: datetime, most: int) -> list[int]:
    """People to whom a mail is due."""
    due = Notification.objects.filter(mail_at__lte=now).order_by("user").values_list("user", flat=True)
    return list(due.distinct()[:most])


def notices_of(user: User, *, after: str = "", before: str = "", size: int = 50) -> "keyset.Page[Notification]":
    """The person's notifications, newest first."""
    return keyset.page(
        Notification.objects.filter(user=user),
        by=[("at", datetime), ("pk", int)],
        after=after,
        before=before,
        size=size,
    )

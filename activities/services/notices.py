"""Lines in a person's bell, and the mails about them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.urls import reverse

from activities.models import Heard, NoticeChoice, NoticeHours, Notification
from activities.notices import Hours, Mail, Topic, chosen, mail_at
from core.errors import Refused
from core.locks import locked
from leads import normalise
from leads.models import Direction, EngagementEvent
from users.models import User

LEASE = timedelta(minutes=10)  # a mail that could not leave is tried again after this
IN_A_MAIL = 50
EVENTS_AT_ONCE = 20_000
OVERLAP = 2_000  # ids may be committed out of their order: so many are looked at again


def notify(
    *, user_ids: Iterable[int], key: str, text: str, url: str, now: datetime, topic: Topic = Topic.OTHER, body: str = ""
) -> int:
    """Tell each of them once: the same `key` for the same person is passed over. Returns how many were told."""
    ids = sorted(set(user_ids))
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO activities_notification (user_id, key, topic, text, body, url, at) "
            "SELECT id, %s, %s, %s, %s, %s, %s FROM users_user WHERE id = ANY (%s) AND is_active "
            "ON CONFLICT (user_id, key) DO NOTHING RETURNING id, user_id",
            [key[:100], topic, normalise.line(text)[:300], body, url[:300], now, ids],
        )
        told = cursor.fetchall()
        if not told:
            return 0
        cursor.execute(
            "SELECT u.id, c.mail, u.timezone, h.quiet_from, h.quiet_until, h.digest_at FROM users_user u "
            "LEFT JOIN activities_noticechoice c ON c.user_id = u.id AND c.topic = %s "
            "LEFT JOIN activities_noticehours h ON h.user_id = u.id WHERE u.id = ANY (%s)",
            [topic, [user_id for _, user_id in told]],
        )
        due = {
            user_id: mail_at(chosen(topic, mail), Hours(zone, start, end, *([digest] if digest else [])), now=now)
            for user_id, mail, zone, start, end, digest in cursor.fetchall()
        }
    for pk, user_id in told:
        if due.get(user_id):
            Notification.objects.filter(pk=pk).update(mail_at=due[user_id])
    return len(told)


def mark_read(*, user: User, notification_id: int, now: datetime) -> bool:
    """The person has seen it; false when it was read already, or is not theirs."""
    return bool(Notification.objects.filter(pk=notification_id, user=user, read_at=None).update(read_at=now))


def mark_all_read(*, user: User, now: datetime) -> int:
    """The person has seen all of them; returns how many were new."""
    return Notification.objects.filter(user=user, read_at=None).update(read_at=now)


@transaction.atomic
def choose(
    user: User,
    *,
    mails: "dict[str, str]",
    quiet_from: time | None,
    quiet_until: time | None,
    digest_at: time,
    in_browser: bool,
) -> None:
    """How this person wants to be told from now on."""
    if (quiet_from is None) != (quiet_until is None):
        raise Refused(quiet_until="Quiet hours need a beginning and an end, or neither.")
    for topic, mail in mails.items():
        NoticeChoice.objects.update_or_create(user=user, topic=Topic(topic).value, defaults={"mail": Mail(mail).value})
    NoticeHours.objects.update_or_create(
        user=user,
        defaults={
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "digest_at": digest_at,
            "in_browser": in_browser,
        },
    )


def claim_mail(user_id: int, *, now: datetime) -> tuple[User, Sequence[Notification]] | None:
    """What is to be mailed to this person now; comes again after LEASE unless `mailed` is said. None: nothing."""
    with transaction.atomic():
        due = locked(Notification.objects.filter(user=user_id, mail_at__lte=now))
        ids = [row.pk for row in due]
        unseen = [row for row in due if row.read_at is None and row.user.is_active][:IN_A_MAIL]
        Notification.objects.filter(pk__in=ids).update(mail_at=None)
        Notification.objects.filter(pk__in=[row.pk for row in unseen]).update(mail_at=now + LEASE)
    return (unseen[0].user, unseen) if unseen else None


def mailed(rows: Iterable[Notification]) -> None:
    """The mail has left."""
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail_at=None)


@transaction.atomic
def notify_of_replies(*, now: datetime) -> bool:
    """Tell owners that a contact of theirs talked to us; true when there is more to look at.

    What the owner or a colleague has written down by hand is known already. Looked at again is what may have been
    committed late; the key of the event keeps it from being told twice.
    """
    newest = EngagementEvent.objects.aggregate(Max("pk"))["pk__max"] or 0
    heard, is_new = Heard.objects.select_for_update().get_or_create(name="replies", defaults={"up_to": newest})
    if is_new:
        return False
    until = min(newest, heard.up_to + EVENTS_AT_ONCE)
    rows = EngagementEvent.objects.filter(
        pk__gt=heard.up_to - OVERLAP,
        pk__lte=until,
        kind__direction=Direction.TWO_WAY,
        is_quarantined=False,
        contact__standing__owner__isnull=False,
        occurred_at__gte=now - timedelta(days=1),  # no news: the past that an import tells of
    ).exclude(source="activity")
    for event in rows.select_related("kind", "contact__standing").order_by("pk"):
        if event.contact is None or event.contact.standing.owner_id is None:  # as the query asks
            continue
        notify(
            user_ids=[event.contact.standing.owner_id],
            key=f"reply:{event.pk}",
            topic=Topic.REPLY,
            text=f"{event.contact.name}: {event.kind.label}",
            url=reverse("contact", args=[event.contact_id]),
            now=now,
        )
    Heard.objects.filter(name="replies").update(up_to=until)
    return until < newest

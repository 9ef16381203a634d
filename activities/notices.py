"""What people are told about, how, and when a mail may leave: topics, choices, quiet hours. No ORM, no clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices


class Topic(TextChoices):
    """What a notification is about."""

    HAND_OFF = "hand_off", "A prospect is handed to me"
    REPLY = "reply", "One of my contacts answers"
    FOLLOW_UP = "follow_up", "A follow-up is due"
    DEFINITION = "definition", "A definition waits for me, or changes"
    WEEK = "week", "The week in figures, on Mondays"
    OTHER = "other", "Everything else"


class Mail(TextChoices):
    """When a notification is also mailed, unless it was seen by then."""

    NEVER = "never", "No mail"
    SOON = "soon", "At once"
    DAILY = "daily", "In the day's mail"


USUAL = {Topic.HAND_OFF: Mail.SOON, Topic.WEEK: Mail.SOON}  # for whoever has chosen nothing; the rest is not mailed
GRACE = timedelta(minutes=2)  # whoever sees it in the bell by then gets no mail
DIGEST_AT = time(8, 0)


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's clock: zone, when they want to be left alone, when the day's mail leaves."""

    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time = DIGEST_AT


def chosen(topic: str, mail: str | None) -> Mail:
    """What somebody chose for the topic, or what is usual."""
    return Mail(mail) if mail else USUAL.get(Topic(topic), Mail.NEVER)


def mail_at(mail: Mail, hours: Hours, *, now: datetime) -> datetime | None:
    """When the mail about something that happens `now` leaves; none: never."""
    if mail == Mail.NEVER:
        return None
    return _next(hours.digest_at, hours, now) if mail == Mail.DAILY else after_quiet(now + GRACE, hours)


def after_quiet(when: datetime, hours: Hours) -> datetime:
    """`when`, or the end of the quiet hours it falls into."""
    return _next(hours.quiet_until, hours, when) if hours.quiet_until and is_quiet(when, hours) else when


def is_quiet(when: datetime, hours: Hours) -> bool:
    """Whether it falls into the quiet hours; they may pass midnight."""
    start, end = hours.quiet_from, hours.quiet_until
    if start is None or end is None or start == end:
        return False
    clock = when.astimezone(ZoneInfo(hours.zone)).time()
    return start <= clock < end if start < end else clock >= start or clock < end


def _next(clock: time, hours: Hours, after: datetime) -> datetime:
    """The next instant at which the person's clock shows this; where it jumps over that, an hour later."""
    here = after.astimezone(ZoneInfo(hours.zone))
    when = here.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0, fold=0)
    if when <= here:
        when = (when + timedelta(days=1)).replace(fold=0)
    return when.astimezone(ZoneInfo("UTC"))

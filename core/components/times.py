"""Times as distances from now."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = [
    *("", "January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_DAYS = [name[:3] for name in DAYS]
_MONTHS = [name[:3] for name in MONTHS]
_NEVER = mark_safe('<span class="muted">–</span>')


def ago(when: datetime | date | None, late: bool = False, spoken: bool = False) -> SafeString:
    """A short distance from now ("3 d", "in 2 d", "just now"), the exact instant on hover. `late` marks a past one.

    `spoken`: an instant within a sentence ("3 d ago", "just now", "on 4 May").
    """
    if not when:
        return _NEVER
    # a list draws a hundred of these, and Django's date format costs ten times as much
    if not isinstance(when, datetime):
        return day_ago(when, timezone.localdate(), late)
    return since(when, timezone.localtime(), late, spoken)


def since(when: datetime, now: datetime, late: bool = False, spoken: bool = False) -> SafeString:
    """The same, for whoever draws dozens: `now` is in the reader's zone (timezone.localtime())."""
    here = when.astimezone(now.tzinfo)
    exact = f"{_exact(here)}, {here.hour:02}:{here.minute:02}"
    distance, day = _distance(now - when), _day_in(here, now.year)
    if spoken:
        distance, day = f"{distance} ago" if distance[:1].isdigit() else distance, f"on {day}"
    text = distance or day
    return _time(when, text, exact, late and when < now)


@lru_cache(maxsize=4096)
def day_ago(day: date | None, today: date, late: bool = False) -> SafeString:
    """The same of a day, none of which is never."""
    if day is None:
        return _NEVER
    text = _day_distance((today - day).days) or _day_in(day, today.year)
    return _time(day, text, _exact(day), late and day < today)


def at_time(when: datetime) -> SafeString:
    """The time of day, below a heading that says the day; the exact instant on hover."""
    here = timezone.localtime(when) if timezone.is_aware(when) else when
    clock = f"{here.hour:02}:{here.minute:02}"
    return _time(here.replace(microsecond=0), clock, f"{_exact(here)}, {clock}", False)


def long_day(day: date) -> str:
    """Monday, 2 November 2026."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month]} {day.year:04}"


def _exact(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month]} {day.year:04}"


def _day_in(day: date, this_year: int) -> str:
    return f"{day.day} {_MONTHS[day.month]}" if day.year == this_year else f"{day.day} {_MONTHS[day.month]} {day.year}"


def _time(when: date, text: str, exact: str, is_late: bool) -> SafeString:
    """Figures and names of months: nothing in here needs escaping."""
    late = ' class="late"' if is_late else ""
    return mark_safe(f'<time datetime="{when.isoformat()}" title="{exact}"{late}>{text}</time>')


def _distance(since: timedelta) -> str:
    """Empty beyond thirty days, where a date says more."""
    seconds = since.total_seconds()
    length = abs(seconds)
    if length < 60:
        return "just now"
    for limit, unit, name in ((3600, 60, "min"), (86_400, 3600, "h"), (30 * 86_400, 86_400, "d")):
        if length < limit:
            return f"{'in ' if seconds < 0 else ''}{int(length // unit)}\u00a0{name}"
    return ""


def _day_distance(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "tomorrow", 0: "today", 1: "yesterday"}[days]
    return "" if abs(days) > 30 else f"{'in ' if days < 0 else ''}{abs(days)}\u00a0d"

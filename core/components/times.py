"""Times as distances from now."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe


def ago(when: datetime | date | None, late: bool = False) -> SafeString:
    """A short distance from now ("3 d", "in 2 d", "just now"), the exact instant on hover. `late` marks a past one."""
    if not when:
        return mark_safe('<span class="muted">–</span>')
    # a list draws a hundred of these, and Django's date format costs ten times as much
    if isinstance(when, datetime):
        day: date = timezone.localtime(when) if timezone.is_aware(when) else when
        now = timezone.now()
        text, exact = _distance(now - when), f"{day:%a} {day.day} {day:%b %Y, %H:%M}"
        past = when < now
    else:
        day, today = when, timezone.localdate()
        text, exact = _day_distance((today - when).days), f"{day:%a} {day.day} {day:%b %Y}"
        past = when < today
    if not text:
        this_year = timezone.localdate().year
        text = f"{day.day} {day:%b}" if day.year == this_year else f"{day.day} {day:%b %Y}"
    marked = ' class="late"' if late and past else ""
    # figures and names of months: nothing in here needs escaping
    return mark_safe(f'<time datetime="{when.isoformat()}" title="{exact}"{marked}>{text}</time>')


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

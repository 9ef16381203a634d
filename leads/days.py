"""Time in whole UTC days since 2020-01-01, as EngagementEvent.day counts it."""

from datetime import UTC, date, datetime, timedelta

FIRST = date(2020, 1, 1)


def day_of(instant: datetime) -> int:
    """The day number of an instant."""
    return (instant.astimezone(UTC).date() - FIRST).days


def date_of(day: int) -> date:
    """The calendar date of a day number."""
    return FIRST + timedelta(days=day)


def day_of_date(on: date) -> int:
    """The day number of a calendar date."""
    return (on - FIRST).days


def past_day(text: str, today: date) -> tuple[date, bool]:
    """The date that somebody typed, or today for nothing; and whether it was none between FIRST and today."""
    if not text:
        return today, False
    try:
        on = date.fromisoformat(text[:40])
    except ValueError:
        return today, True
    return (on, False) if FIRST <= on <= today else (today, True)

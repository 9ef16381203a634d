"""Time in whole UTC days since 2020-01-01, as EngagementEvent.day counts it."""

from datetime import UTC, date, datetime, timedelta

FIRST = date(2020, 1, 1)


def day_of(instant: datetime) -> int:
    """The day number of an instant."""
    return (instant.astimezone(UTC).date() - FIRST).days


def date_of(day: int) -> date:
    """The calendar date of a day number."""
    return FIRST + timedelta(days=day)

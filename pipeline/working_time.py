"""When somebody works, and how to count in that time. Pure: the clock, the zone and the days off are given.

A week is seven texts, Monday first, such as "09:00-12:30 13:30-17:00"; an empty one is a free day. Hours are those of
the clock on the wall: on a day on which the clock is put forward an interval across the gap is an hour shorter, and an
hour longer when it is put back, because what counts is the time that really passes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = 24 * 60
FARTHEST = 400  # days within which there must be some working time, or there is none
MOST_INTERVALS = 4

Interval = tuple[int, int]  # minutes since midnight on the wall, from and until


class Unreadable(ValueError):
    """These are no hours; the text says why."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Somebody's working time. `absences` are whole days, first and last."""

    zone: str
    week: tuple[tuple[Interval, ...], ...]
    holidays: frozenset[date] = frozenset()
    absences: tuple[tuple[date, date], ...] = field(default=())

    @property
    def without_absences(self) -> "Hours":
        return Hours(self.zone, self.week, self.holidays)

    def is_off(self, day: date) -> bool:
        """A holiday, or away."""
        return day in self.holidays or any(first <= day <= last for first, last in self.absences)


def parse(text: str) -> tuple[Interval, ...]:
    """The intervals of one day; raises Unreadable. "9-17" will do; a comma or a space stands between two."""
    intervals: list[Interval] = []
    for part in text.replace("–", "-").replace("—", "-").replace(",", " ").split():
        begin, dash, end = part.partition("-")
        if not dash:
            raise Unreadable(f"“{part[:20]}” is not like 09:00-17:00.")
        interval = (_minutes(begin), _minutes(end))
        if interval[0] >= interval[1]:
            raise Unreadable(f"{part[:20]} ends before it begins. Write a night as two days.")
        if intervals and intervals[-1][1] > interval[0]:
            raise Unreadable(f"{part[:20]} begins before the one before it ends.")
        intervals.append(interval)
    if len(intervals) > MOST_INTERVALS:
        raise Unreadable(f"At most {MOST_INTERVALS} stretches a day.")
    return tuple(intervals)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    minutes = minutes or "0"
    if not (hours.isascii() and minutes.isascii() and hours.isdigit() and minutes.isdigit()) or len(text) > 5:
        raise Unreadable(f"“{text[:20]}” is not a time like 09:00.")
    total = 60 * int(hours) + int(minutes)
    if int(minutes) > 59 or total > MIDNIGHT:
        raise Unreadable(f"“{text[:20]}” is not a time of a day.")
    return total


def as_text(intervals: Sequence[Interval]) -> str:
    """What `parse` reads, in one way of writing."""
    return " ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in intervals)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def week_of(texts: Sequence[str]) -> tuple[tuple[Interval, ...], ...]:
    """Seven texts as a week."""
    return tuple(parse(text) for text in texts)


def stretches(hours: Hours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of working time from an instant on, in UTC, the running one cut; they end after `FARTHEST` days."""
    zone = ZoneInfo(hours.zone)
    first = since.astimezone(zone).date()
    for number in range(FARTHEST):
        day = first + timedelta(days=number)
        if hours.is_off(day):
            continue
        for begin, end in hours.week[day.weekday()]:
            starts, ends = _instant(day, begin, zone, is_end=False), _instant(day, end, zone, is_end=True)
            if ends > since and ends > starts:
                yield max(starts, since.astimezone(UTC)), ends


def _instant(day: date, minutes: int, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """When the clock on the wall shows this. Shown twice: the first time begins, the second ends. Never shown: the
    instant at which the clock is put forward."""
    if minutes == MIDNIGHT:
        day, minutes = day + timedelta(days=1), 0
    wall = datetime.combine(day, time(minutes // 60, minutes % 60))
    at = wall.replace(tzinfo=zone, fold=1 if is_end else 0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    early, late = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == before else (early, middle)
    return late.replace(microsecond=0)


def next_working(hours: Hours, now: datetime) -> datetime | None:
    """Now when they are working, else when they begin; none when they never do."""
    return next((starts for starts, _ in stretches(hours, now)), None)


def later(hours: Hours, now: datetime, by: timedelta) -> datetime | None:
    """The instant at which so much working time will have passed; none when there is not that much."""
    left = by
    for starts, ends in stretches(hours, now):
        if ends - starts >= left:
            return starts + left
        left -= ends - starts
    return None


def between(hours: Hours, begin: datetime, end: datetime) -> timedelta:
    """How much working time lies between two instants (at most `FARTHEST` days apart)."""
    total = timedelta(0)
    for starts, ends in stretches(hours, begin):
        if starts >= end:
            break
        total += min(ends, end.astimezone(UTC)) - starts
    return total


def away_until(hours: Hours, now: datetime) -> datetime | None:
    """When they are back, if an absence keeps them from the work that they would do next; else none.

    A free evening, a week-end or a holiday is no absence: what comes then waits for them.
    """
    return _kept_until(hours.without_absences, hours, now)


def holiday_until(hours: Hours, now: datetime) -> datetime | None:
    """The same for a holiday."""
    return _kept_until(Hours(hours.zone, hours.week), hours.without_absences, now)


def _kept_until(usually: Hours, really: Hours, now: datetime) -> datetime | None:
    begins, begins_really = next_working(usually, now), next_working(really, now)
    if begins is None or begins_really == begins:
        return None
    return begins_really or now + timedelta(days=FARTHEST)

"""How many prospects people can take in the coming weeks, by their capacity and their days off. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pipeline import sharing, working_time
from pipeline.working_time import Hours

WEEKS = 4
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Member:
    """What one person can take."""

    rep_id: int
    name: str
    capacity: Decimal | None  # a week; none: no limit
    weeks: tuple[Decimal, ...]
    why: str = ""

    @property
    def usual(self) -> Decimal:
        """In a week without days off; whoever has no limit counts as routing counts them."""
        return sharing.USUAL if self.capacity is None else self.capacity

    @property
    def a_week(self) -> Decimal:
        return sum(self.weeks, Decimal(0)) / len(self.weeks)


def weeks_of(hours: Hours, capacity: Decimal | None, *, is_paused: bool, now: datetime) -> tuple[Decimal, ...]:
    """Of each of the coming weeks: the capacity, less the share of the working time that is off."""
    whole = sharing.USUAL if capacity is None else capacity
    usually = Hours(hours.zone, hours.week)
    found = []
    for number in range(WEEKS):
        begin, end = now + number * WEEK, now + (number + 1) * WEEK
        usual, really = (_seconds(working_time.between(one, begin, end)) for one in (usually, hours))
        found.append(whole * really / usual if usual and not is_paused else Decimal(0))
    return tuple(found)


def _seconds(time: timedelta) -> Decimal:
    return Decimal(int(time.total_seconds()))


def together(members: Sequence[Member]) -> Decimal:
    """What all of them can take in one of the coming weeks, on the average, to a tenth."""
    return round(sum((one.a_week for one in members), Decimal(0)), 1)

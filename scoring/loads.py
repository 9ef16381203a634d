"""How many leads a week each threshold would have promoted, and which one fits the people who take them. Pure.

Whoever meets all the rest of a definition counts, for each threshold, in the first week in which the total reaches it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from scoring.proportions import FEW

STEP = 5


def crossings(rows: Iterable[tuple[int, int, int]], floor: int, top: int) -> list[int]:
    """By threshold from `floor` to `top`: how many reached it anew. Rows: highest total before, total now, people."""
    deltas = [0] * (top - floor + 2)
    for before, total, people in rows:
        first, last = max(before + 1, floor), min(total, top)
        if first <= last:
            deltas[first - floor] += people
            deltas[last - floor + 1] -= people
    counts, running = [], 0
    for delta in deltas[:-1]:
        running += delta
        counts.append(running)
    return counts


@dataclass(frozen=True, slots=True)
class WeeklyLoad:
    """What one threshold would have promoted, week by week."""

    threshold: int
    weeks: tuple[int, ...]

    @property
    def people(self) -> int:
        return sum(self.weeks)

    @property
    def a_week(self) -> float:
        return self.people / len(self.weeks)

    @property
    def busiest(self) -> int:
        return max(self.weeks)

    @property
    def is_few(self) -> bool:
        return self.people < FEW

    def over(self, capacity: Decimal) -> int:
        """In how many of the weeks there were more than the team can take."""
        return sum(week > capacity for week in self.weeks)

    def is_flood(self, capacity: Decimal) -> bool:
        """More than the team can take, by the mean of the weeks."""
        return self.people > capacity * len(self.weeks)


def loads(floor: int, by_week: list[list[int]]) -> list[WeeklyLoad]:
    """One for each threshold, the lowest first."""
    return [WeeklyLoad(floor + index, tuple(column)) for index, column in enumerate(zip(*by_week, strict=True))]


def fitting(them: list[WeeklyLoad], capacity: Decimal) -> WeeklyLoad | None:
    """The lowest threshold that does not flood the team; none when even the highest does, or nobody can take any."""
    return next((load for load in them if not load.is_flood(capacity)), None) if capacity > 0 else None


@dataclass(frozen=True, slots=True)
class Row:
    """Thresholds that differ in nothing, from the first to the last."""

    first: int
    last: int
    load: WeeklyLoad


def rows(them: list[WeeklyLoad], *named: int | None) -> list[Row]:
    """Each fifth threshold and the ones that are named; what would have promoted the same is one row."""
    found: list[Row] = []
    for load in them:
        if load.threshold % STEP and load.threshold not in named:
            continue
        if found and found[-1].load.weeks == load.weeks:
            found[-1] = replace(found[-1], last=load.threshold)
        else:
            found.append(Row(load.threshold, load.threshold, load))
    return found

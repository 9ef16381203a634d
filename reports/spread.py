"""Median and quartiles of whole days that are kept as how many people took how many. Values in, values out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FEW = 30


@dataclass(frozen=True, slots=True)
class Spread:
    """Half of the people lie between the quartiles."""

    people: int
    low: int
    median: int
    high: int

    @property
    def is_few(self) -> bool:
        return self.people < FEW


def spread(days: Iterable[tuple[Sequence[int], Sequence[int]]]) -> Spread | None:
    """Of several tables of days and people together; none of nobody.

    A quantile is the least number of days by which at least that share of the people was done (Hyndman & Fan 1996,
    type 1), so it is always a number of days that somebody took.
    """
    counts: Counter[int] = Counter()
    for taken, people in days:
        for day, count in zip(taken, people, strict=True):
            counts[day] += count
    whole = sum(counts.values())
    if not whole:
        return None
    found: list[int] = []
    done = 0
    for day, count in sorted(counts.items()):
        done += count
        while len(found) < 3 and 4 * done >= (len(found) + 1) * whole:
            found.append(day)
    return Spread(whole, found[0], found[1], found[2])

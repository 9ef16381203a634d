"""How an event's points fade, in whole days and exact thousandths of a point."""

from bisect import bisect_left
from functools import lru_cache

HALF_LIVES_REMEMBERED = 8


def horizon(window_days: int, half_life_days: int | None) -> int:
    """Days after which a rule has forgotten an event: its window, or eight half-lives (0.4 % left)."""
    if half_life_days is None:
        return window_days
    return min(window_days, HALF_LIVES_REMEMBERED * half_life_days)


@lru_cache(maxsize=1024)
def weights(points: int, half_life_days: int | None, window_days: int) -> tuple[int, ...]:
    """Thousandths of a point that one event is worth at age 0, 1, 2 … days; nothing after the last.

    round(1000 × points × 2^(−age ÷ half-life)): exponential decay, the age in whole days.
    """
    days = range(horizon(window_days, half_life_days))
    if half_life_days is None:
        return tuple(1000 * points for _ in days)
    return tuple(round(1000 * points * 2.0 ** (-age / half_life_days)) for age in days)


def capped(thousandths: int, cap: int | None) -> int:
    """A rule's line: the sum of its events, at most `cap` points up or down."""
    if cap is None:
        return thousandths
    return max(-1000 * cap, min(1000 * cap, thousandths))


def rounded(thousandths: int) -> int:
    """Whole points, halves to the even neighbour (IEEE 754, as PostgreSQL rounds a float8)."""
    return round(thousandths / 1000)


def fades_after(points: int, half_life_days: int | None, window_days: int, age: int) -> int:
    """Days from now until an event of this age counts less than half a point (or nothing)."""
    worth = weights(points, half_life_days, window_days)
    return max(0, bisect_left(worth, True, key=lambda thousandths: abs(thousandths) < 500) - age)

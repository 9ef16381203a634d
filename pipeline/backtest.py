"""How right a forecast would have been: stand on the first day of each past period, and compare with what came.

Three ways side by side: `winnow` (pipeline/forecast.py), and two that need no model: `repeat_last` (as much as in the
period before) and `stage_weighted` (each open deal that is due by its age counts with the win rate so far). The simple
ways' ranges come from their own misses before; unknown (None) until there are three.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean, median, stdev

from pipeline.forecast import Deal, as_known_on, forecast

REPEAT, STAGES, WINNOW = "repeat_last", "stage_weighted", "winnow"
METHODS = (WINNOW, REPEAT, STAGES)
_WALKS, _LEAST_RUNS = 2_000_000, 300  # deals walked through a period at most, and futures all the same
_EIGHTY = 1.2816  # standard normal quantile of 90 %


@dataclass(slots=True)
class Judged:
    """One period by one method, in the currency of the deals; `covered` when the actual lies within p10–p90."""

    period: str
    method: str
    forecast: float
    p10: float | None
    p50: float
    p90: float | None
    actual: float

    @property
    def absolute_percentage_error(self) -> float | None:
        return 100 * abs(self.forecast - self.actual) / self.actual if self.actual else None

    @property
    def covered(self) -> bool | None:
        return None if self.p10 is None or self.p90 is None else self.p10 <= self.actual <= self.p90


@dataclass
class Record:
    """All periods of one method."""

    method: str
    periods: list[Judged] = field(default_factory=list)

    @property
    def mape(self) -> float | None:
        """Mean absolute percentage error over the periods in which something came in."""
        errors = [error for judged in self.periods if (error := judged.absolute_percentage_error) is not None]
        return fmean(errors) if errors else None

    @property
    def coverage(self) -> float | None:
        """Share of the periods whose actual lay in the 80 % range, of those that had one."""
        known = [judged.covered for judged in self.periods if judged.covered is not None]
        return sum(known) / len(known) if known else None


def months(first: int, last: int, length: int) -> Iterator[tuple[str, int, int]]:
    """(name, first day, day after) of the calendar periods of `length` months (1 or 3) that lie within these days."""
    start = date.fromordinal(first)
    year, month = start.year, (start.month - 1) // length * length + 1
    while True:
        begin = date(year, month, 1)
        month += length
        year, month = (year + 1, month - 12) if month > 12 else (year, month)
        end = date(year, month, 1)
        if end.toordinal() > last:
            return
        if begin.toordinal() >= first:
            name = f"{begin:%Y-%m}" if length == 1 else f"{begin.year}-Q{(begin.month + 2) // 3}"
            yield name, begin.toordinal(), end.toordinal()


def backtest(
    deals: Sequence[Deal], *, as_of: int, length: int = 1, history: int = 1, seed: int = 7, runs: int = 2000
) -> list[Record]:
    """Judge every whole period up to `as_of` (the first day nothing is known of) with `history` periods behind it."""
    closings = [deal.closed for deal in deals if deal.closed is not None]
    if not closings:
        return []
    amounts_known = knows_amounts(deals)
    periods = list(months(min(deal.created for deal in deals), as_of, length))
    whole = [period for period in periods if period[1] >= min(closings)]
    records = {method: Record(method) for method in METHODS}
    for place, (name, day, until) in enumerate(whole):
        if place < history:
            continue
        known = as_known_on(deals, day)
        actual = won_between(deals, day, until)
        enough = futures_enough(known, day, until, runs)
        found = forecast(known, day=day, until=until, seed=seed, runs=enough, amounts_known=amounts_known)
        records[WINNOW].periods.append(Judged(name, WINNOW, found.p50, found.p10, found.p50, found.p90, actual))
        before = won_between(deals, *whole[place - 1][1:])
        due = by_stage(known, day, until, amounts_known=amounts_known)
        for method, value in ((REPEAT, before), (STAGES, due)):
            low, high = _usual_miss(value, records[method].periods)
            records[method].periods.append(Judged(name, method, value, low, value, high, actual))
    return list(records.values())


def futures_enough(known: Sequence[Deal], day: int, until: int, most: int) -> int:
    """How many futures to simulate: fewer where deals are so many that their sum varies little anyway."""
    lately = day - (until - day)
    deals = sum(deal.closed is None for deal in known) + sum(deal.created >= lately for deal in known)
    return max(min(_LEAST_RUNS, most), min(most, _WALKS // max(deals, 1)))


def knows_amounts(deals: Sequence[Deal]) -> bool:
    """Whether amounts are written down before the end: then most lost deals have one, too."""
    lost = [deal for deal in deals if deal.closed is not None and not deal.is_won]
    return bool(lost) and sum(bool(deal.amount) for deal in lost) >= 0.5 * len(lost)


def won_between(deals: Sequence[Deal], day: int, until: int) -> float:
    """What was won from a day to the day before another."""
    return sum(deal.amount or 0.0 for deal in deals if deal.is_won and deal.closed and day <= deal.closed < until)


def by_stage(known: Sequence[Deal], day: int, until: int, *, amounts_known: bool) -> float:
    """Open deals whose usual life ends in the period, or has ended, times the win rate and the usual amount."""
    ended = [deal for deal in known if deal.closed is not None]
    won = [deal.amount for deal in ended if deal.is_won and deal.amount is not None]
    if not won:
        return 0.0
    life = median(deal.closed - deal.created for deal in ended if deal.closed is not None)
    rate = sum(deal.is_won for deal in ended) / len(ended)
    due = [deal for deal in known if deal.closed is None and deal.created + life < until]
    return rate * sum(deal.amount if amounts_known and deal.amount is not None else fmean(won) for deal in due)


def _usual_miss(value: float, past: Sequence[Judged]) -> tuple[float | None, float | None]:
    misses = [judged.actual - judged.forecast for judged in past]
    if len(misses) < 3:
        return None, None
    width = _EIGHTY * stdev(misses)
    return max(0.0, value + fmean(misses) - width), max(0.0, value + fmean(misses) + width)

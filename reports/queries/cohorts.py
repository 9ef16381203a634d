"""Cohorts: how many of each month's people had got to a step by which age, and what share will, counting "not yet"."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from reports.models import FunnelPace
from reports.queries.labels import activations
from reports.queries.proof import Kept, kept
from reports.queries.steps import BY_KEY, Step
from reports.queries.wanted import Wanted
from reports.survival import Age, Cohort, by_age
from scoring.proportions import FEW

MOST_AGES = 13  # columns of the map: the month itself and a year


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Who had got there by the end of this month of age; `is_open`: that month is still running."""

    count: int
    of: int
    query: str
    is_open: bool
    shade: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A month's people."""

    month: date
    size: int
    query: str
    cells: list[HeatCell]  # as many as the cohort has months of age
    not_yet: int
    not_yet_query: str
    marks: list[str]

    @property
    def is_small(self) -> bool:
        return 0 < self.size < FEW


@dataclass(frozen=True, slots=True)
class Cohorts:
    """The whole page."""

    kept: Kept
    step: Step
    ages: list[int]
    rows: list[HeatRow]
    table: list[Age]  # all months together, open ones censored
    size: int
    count: int
    query: str

    @property
    def newest(self) -> Age | None:
        """The oldest age that the table reaches."""
        return self.table[-1] if self.table else None


def months_between(month: date, today: date) -> int:
    """Whole months since the cohort's month began: so many of its ages are over."""
    return (today.year - month.year) * 12 + today.month - month.month


def paces(steps: Sequence[str], months: Sequence[date]) -> dict[tuple[str, date, str], list[int]]:
    """By step, month and source: how many got there at each age. One query."""
    rows = FunnelPace.objects.filter(step__in=steps, month__gte=months[-1], month__lte=months[0])
    return {
        (step, month, source): ages for step, month, source, ages in rows.values_list("step", "month", "source", "ages")
    }


def cohorts(wanted: Wanted, *, now: datetime) -> Cohorts:
    """Of the months that are wanted, and of the source if one is. Three queries."""
    today = now.astimezone(UTC).date()
    months = wanted.cohorts(today)
    source = wanted.key if wanted.by == "source" else None
    target = wanted.reached if wanted.reached != "lead" else "won"
    sizes: dict[date, int] = defaultdict(int)
    got: dict[date, list[int]] = defaultdict(list)
    for (step, month, of), ages in paces(("lead", target), months).items():
        if source is not None and of != source:
            continue
        if step == "lead":
            sizes[month] += ages[0]
        else:
            longest = max(len(ages), len(got[month]))
            got[month] = [sum(one[age] for one in (ages, got[month]) if age < len(one)) for age in range(longest)]
    marks = activations(months)
    bare = replace(wanted, by="source", key=source, reached=target, mark="", missing="", restated=None)
    bare = replace(bare, within=None, level=False)
    rows = [_row(month, sizes[month], got[month], today, bare, marks.get(month, [])) for month in months]
    rows = _shaded([row for row in rows if row.size])
    lives = [Cohort(row.size, tuple(got[row.month]), months_between(row.month, today)) for row in rows]
    return Cohorts(
        kept=kept(),
        step=BY_KEY[target],
        ages=list(range(max((len(row.cells) for row in rows), default=0))),
        rows=rows,
        table=by_age(lives, ages=MOST_AGES),
        size=sum(row.size for row in rows),
        count=sum(sum(got[row.month]) for row in rows),
        query=bare.query(),
    )


def _row(month: date, size: int, got: list[int], today: date, bare: Wanted, marks: list[str]) -> HeatRow:
    mine = replace(bare, month=month, end=None)
    complete = months_between(month, today)
    cells = [
        HeatCell(sum(got[: age + 1]), size, replace(mine, within=age).query(), is_open=age == complete)
        for age in range(min(complete + 1, MOST_AGES))
    ]
    everybody = replace(mine, reached="lead")
    reached = sum(got)
    return HeatRow(
        month,
        size,
        everybody.query(),
        cells,
        size - reached,
        replace(mine, reached="lead", missing=mine.reached).query(),
        marks,
    )


def _shaded(rows: list[HeatRow]) -> list[HeatRow]:
    """The best share is coloured as strongly as text stays readable, the others in proportion."""
    best = max((cell.percent for row in rows for cell in row.cells if row.size >= FEW), default=0.0)
    best = best or max((cell.percent for row in rows for cell in row.cells), default=0.0)
    return [
        replace(
            row, cells=[replace(one, shade=min(40, round(40 * one.percent / best)) if best else 0) for one in row.cells]
        )
        for row in rows
    ]

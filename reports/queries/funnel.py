"""The funnel's page: who of some months' new leads got how far, from the rollup."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from reports.attribution import WHOLE, rounded
from reports.models import FunnelCell, FunnelSpan
from reports.queries.labels import labels
from reports.queries.proof import Kept, kept
from reports.queries.steps import STEPS, Step
from reports.queries.wanted import Wanted
from reports.spread import Spread, spread
from scoring.proportions import FEW, Share

_COLUMNS = (*(step.column for step in STEPS), "skipped", "sent_back", "came_again")


@dataclass(slots=True)
class Reached:
    """How many reached a step, out of whom; in thousandths of a person, because channels share people."""

    step: Step
    parts: int
    before_parts: int | None  # who reached the step before
    all_parts: int
    query: str
    lost_query: str = ""  # who reached the step before and not this one
    former: int | None = None  # how many of the months before
    spread: Spread | None = None
    shade: int = 0  # how strongly its cell is coloured, in percent

    @property
    def count(self) -> int:
        return (self.parts + WHOLE // 2) // WHOLE

    @property
    def text(self) -> str:
        """Whole, or with one decimal where people are shared."""
        return shown(self.parts)

    @property
    def before(self) -> int | None:
        return None if self.before_parts is None else (self.before_parts + WHOLE // 2) // WHOLE

    @property
    def all(self) -> int:
        return (self.all_parts + WHOLE // 2) // WHOLE

    @property
    def share(self) -> float:
        """Of all, in percent, for bars and shades."""
        return 100 * self.parts / self.all_parts if self.all_parts else 0.0

    @property
    def of_before(self) -> float:
        return 100 * self.parts / self.before_parts if self.before_parts else 0.0

    @property
    def rate(self) -> Share:
        """Of the step before, with its interval."""
        return Share(min(self.count, self.before or 0), self.before or 0)

    @property
    def lost(self) -> int:
        return (self.before or 0) - self.count


@dataclass(frozen=True, slots=True)
class Row:
    """The steps of one month, one part of a division, or of all."""

    label: str
    steps: list[Reached]
    key: str = ""
    month: date | None = None
    revenue: Decimal = Decimal(0)
    marks: tuple[str, ...] = ()  # what happened in the month

    @property
    def is_small(self) -> bool:
        return 0 < self.steps[0].count < FEW


@dataclass(frozen=True, slots=True)
class Marked:
    """People of whom something is to be said, with their list."""

    key: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """The whole page."""

    kept: Kept
    total: Row
    parts: list[Row]
    months: list[Row]
    marks: dict[str, Marked]
    whole: Spread | None  # from the first step to the last

    @property
    def at(self) -> datetime | None:
        return self.kept.at

    @property
    def is_counted(self) -> bool:
        return self.at is not None


def shown(parts: int) -> str:
    """Thousandths of people as text: whole, or with one decimal."""
    return f"{parts // WHOLE:,}" if parts % WHOLE == 0 else f"{parts / WHOLE:,.1f}"


@dataclass(slots=True)
class Tally:
    """Sums over cells."""

    parts: list[int]
    revenue: Decimal = Decimal(0)

    def add(self, parts: Sequence[int], revenue: Decimal) -> None:
        self.parts = [one + other for one, other in zip(self.parts, parts, strict=True)]
        self.revenue += revenue


def nothing() -> Tally:
    return Tally([0] * len(_COLUMNS))


def tallied(by: str, months: Sequence[date]) -> dict[tuple[date, str], Tally]:
    """By month and part of the division. One query."""
    cells = FunnelCell.objects.filter(by=by, month__gte=months[-1], month__lte=months[0])
    return {
        (month, key): Tally(list(parts), revenue)
        for month, key, revenue, *parts in cells.values_list("month", "key", "revenue", *_COLUMNS)
    }


def funnel(wanted: Wanted, *, now: datetime, activations: Mapping[date, list[str]] | None = None) -> Funnel:
    """From the rollup. Four queries at most."""
    today = now.astimezone(UTC).date()
    cohorts = wanted.cohorts(today)
    former = wanted.before(today).cohorts(today)
    bare = replace(wanted, key=None, mark="", within=None, level=False, missing="", restated=None, reached="lead")
    whole, before = nothing(), nothing()
    by_key: dict[str, Tally] = defaultdict(nothing)
    by_month: dict[date, Tally] = defaultdict(nothing)
    for (month, key), tally in tallied(wanted.cell, [*cohorts, *former]).items():
        if month < cohorts[-1]:
            before.add(tally.parts, tally.revenue)
            continue
        for into in (whole, by_key[key], by_month[month]):
            into.add(tally.parts, tally.revenue)
    spans = _spans(cohorts)
    total = _row("All", whole, bare)
    months = [
        replace(
            _row(f"{month:%b %Y}", by_month[month], replace(bare, month=month, end=None)),
            month=month,
            marks=tuple((activations or {}).get(month, ())),
        )
        for month in cohorts
    ]
    return Funnel(
        kept=kept(),
        total=replace(
            total,
            steps=[
                replace(one, former=before.parts[place] // WHOLE, spread=spans.get(one.step.key))
                for place, one in enumerate(total.steps)
            ],
        ),
        parts=_parts(by_key, bare),
        months=_shaded(months),
        marks={
            name: Marked(name, whole.parts[len(STEPS) + place] // WHOLE, replace(bare, mark=name).query())
            for place, name in enumerate(_COLUMNS[len(STEPS) :])
        },
        whole=spans.get("whole"),
    )


def _spans(months: Sequence[date]) -> dict[str, Spread | None]:
    """By step: how long people took to it. One query."""
    found: dict[str, list[tuple[Sequence[int], Sequence[int]]]] = defaultdict(list)
    rows = FunnelSpan.objects.filter(month__gte=months[-1], month__lte=months[0])
    for step, days, people in rows.values_list("step", "days", "people"):
        found[step].append((days, people))
    return {step: spread(tables) for step, tables in found.items()}


def _parts(tallies: Mapping[str, Tally], bare: Wanted) -> list[Row]:
    """One row for each part, the largest first; what people share is rounded so that it adds up."""
    keys = sorted(
        (key for key, tally in tallies.items() if tally.parts[0]), key=lambda key: (-tallies[key].parts[0], key)
    )
    columns = [rounded([tallies[key].parts[place] for key in keys]) for place in range(len(STEPS))]
    names = labels(bare.by, keys)
    return _shaded(
        [
            _row(names[key], Tally([column[place] for column in columns], tallies[key].revenue), bare, key)
            for place, key in enumerate(keys)
        ]
    )


def _shaded(rows: list[Row]) -> list[Row]:
    """The best conversion of each column is coloured as strongly as text stays readable, the others in proportion."""
    for column in zip(*(row.steps for row in rows), strict=True):
        best = max((one.of_before for one in column), default=0.0)
        for one in column:
            one.shade = round(28 * one.of_before / best) if best else 0
    return rows


def _row(label: str, tally: Tally, wanted: Wanted, key: str | None = None) -> Row:
    stem = replace(wanted, key=key).stem()
    return Row(
        label,
        [
            Reached(
                step=step,
                parts=tally.parts[index],
                before_parts=tally.parts[index - 1] if index else None,
                all_parts=tally.parts[0],
                query=f"{stem}&reached={step.key}",
                lost_query=f"{stem}&missing={step.key}&reached={STEPS[index - 1].key}" if index else "",
            )
            for index, step in enumerate(STEPS)
        ],
        key=key or "",
        revenue=tally.revenue,
    )


@dataclass(frozen=True, slots=True)
class HeadlineStep:
    """A step of the last months against the same number of months before."""

    key: str
    label: str
    count: int
    before: int
    query: str


@dataclass(frozen=True, slots=True)
class FunnelHeadline:
    """The funnel in a line."""

    at: datetime | None
    months: int
    steps: tuple[HeadlineStep, ...]


def funnel_headline(*, now: datetime, months: int = 3) -> FunnelHeadline:
    """For the Today page: the cohorts of the last months (this one included) and of those before. Two queries."""
    wanted = Wanted(months)
    today = now.astimezone(UTC).date()
    cohorts, former = wanted.cohorts(today), wanted.before(today).cohorts(today)
    newer, older = nothing(), nothing()
    for (month, _), tally in tallied("source", [*cohorts, *former]).items():
        (newer if month >= cohorts[-1] else older).add(tally.parts, tally.revenue)
    return FunnelHeadline(
        at=kept().at,
        months=months,
        steps=tuple(
            HeadlineStep(
                step.key,
                step.label,
                newer.parts[place] // WHOLE,
                older.parts[place] // WHOLE,
                replace(wanted, reached=step.key).query(),
            )
            for place, step in enumerate(STEPS)
        ),
    )

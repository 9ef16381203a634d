"""The funnel's page: who of a month's new leads got how far, from the rollup; and the people behind each number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from leads.models import Source, Standing, StandingQuerySet
from pipeline.periods import later, month_of
from pipeline.queries.filters import midnight
from reports.models import FunnelCell, Rollup
from reports.queries.steps import KEYS, STEPS, Step, reached
from users.models import User

ROLLUP = "funnel"
PERIODS = (3, 6, 12, 24)
SMALL = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts a number of the funnel stands for: read from an address, and written back into one."""

    months: int = 12
    month: date | None = None
    source: str = ""
    reached: str = "lead"

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "Wanted":
        period = given.get("months", "")
        source, step = given.get("source", ""), given.get("reached", "")
        return cls(
            months=int(period) if period in map(str, PERIODS) else 12,
            month=month_of(given.get("month", "")),
            source=source if source in Source.values else "",
            reached=step if step in KEYS else "lead",
        )

    def query(self) -> str:
        said = {"month": f"{self.month:%Y-%m}"} if self.month else {"months": str(self.months)}
        if self.source:
            said["source"] = self.source
        return urlencode(said | {"reached": self.reached})

    def cohorts(self, today: date) -> list[date]:
        """First days of the months that are meant, the newest first."""
        if self.month:
            return [self.month]
        return [later(today.replace(day=1), -step) for step in range(self.months)]

    def people(self, user: User, *, now: datetime) -> StandingQuerySet:
        """Those contacts, from the facts, as far as the user may see."""
        return self._among(Standing.objects.visible_to(user), now)

    def erased(self, *, now: datetime) -> StandingQuerySet:
        """Those of whom only the number is left: they still count, and are in no list."""
        return self._among(Standing.objects.filter(is_erased=True), now)

    def _among(self, rows: StandingQuerySet, now: datetime) -> StandingQuerySet:
        cohorts = self.cohorts(now.astimezone(UTC).date())
        rows = rows.filter(
            contact__created_at__gte=midnight(cohorts[-1]), contact__created_at__lt=midnight(later(cohorts[0], 1))
        )
        if self.source:
            rows = rows.filter(source=self.source)
        return rows.filter(reached(self.reached))


@dataclass(frozen=True, slots=True)
class Reached:
    """How many reached a step, out of whom."""

    step: Step
    count: int
    before: int | None  # who reached the step before
    all: int
    query: str
    shade: int = 0  # how strongly its cell is coloured, in percent

    @property
    def share(self) -> float:
        """Of all, in percent, for bars and shades."""
        return 100 * self.count / self.all if self.all else 0.0

    @property
    def of_before(self) -> float:
        return 100 * self.count / self.before if self.before else 0.0

    @property
    def lost(self) -> int:
        return (self.before or 0) - self.count


@dataclass(frozen=True, slots=True)
class Row:
    """The steps of one month, one source, or of all."""

    label: str
    steps: list[Reached]

    @property
    def is_small(self) -> bool:
        return 0 < self.steps[0].count < SMALL


@dataclass(frozen=True, slots=True)
class Funnel:
    """The whole page."""

    at: datetime | None
    total: Row
    sources: list[Row]
    months: list[Row]

    @property
    def is_counted(self) -> bool:
        return self.at is not None


def funnel(wanted: Wanted, *, now: datetime) -> Funnel:
    """From the rollup. Two queries."""
    today = now.astimezone(UTC).date()
    cohorts = wanted.cohorts(today)
    rollup = Rollup.objects.filter(name=ROLLUP).first()
    cells = list(FunnelCell.objects.filter(month__gte=cohorts[-1], month__lte=cohorts[0]))
    sources = [
        _row(str(label), [cell for cell in cells if cell.source == key], Wanted(wanted.months, None, key))
        for key, label in Source.choices
    ]
    months = [
        _row(f"{month:%b %Y}", [cell for cell in cells if cell.month == month], Wanted(wanted.months, month))
        for month in cohorts
    ]
    return Funnel(
        at=rollup.at if rollup else None,
        total=_row("All", cells, Wanted(wanted.months)),
        sources=_shaded(sorted((row for row in sources if row.steps[0].count), key=lambda row: -row.steps[0].count)),
        months=_shaded(months),
    )


def _shaded(rows: list[Row]) -> list[Row]:
    """The best conversion of each column is coloured as strongly as text stays readable, the others in proportion."""
    best = [max((row.steps[index].of_before for row in rows), default=0.0) for index in range(len(STEPS))]
    return [
        Row(
            row.label,
            [
                replace(one, shade=round(28 * one.of_before / top) if top else 0)
                for one, top in zip(row.steps, best, strict=True)
            ],
        )
        for row in rows
    ]


def _row(label: str, cells: Sequence[FunnelCell], wanted: Wanted) -> Row:
    counts = [sum(getattr(cell, step.column) for cell in cells) for step in STEPS]
    return Row(
        label,
        [
            Reached(
                step=step,
                count=counts[index],
                before=counts[index - 1] if index else None,
                all=counts[0],
                query=Wanted(wanted.months, wanted.month, wanted.source, step.key).query(),
            )
            for index, step in enumerate(STEPS)
        ],
    )


@dataclass(frozen=True, slots=True)
class HeadlineStep:
    """A step of the last months against the same number of months before."""

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
    first = later(now.astimezone(UTC).date().replace(day=1), 1 - months)
    rollup = Rollup.objects.filter(name=ROLLUP).first()
    cells = list(FunnelCell.objects.filter(month__gte=later(first, -months)))
    newer, older = [cell for cell in cells if cell.month >= first], [cell for cell in cells if cell.month < first]
    return FunnelHeadline(
        at=rollup.at if rollup else None,
        months=months,
        steps=tuple(
            HeadlineStep(
                step.label,
                sum(getattr(cell, step.column) for cell in newer),
                sum(getattr(cell, step.column) for cell in older),
                Wanted(months, reached=step.key).query(),
            )
            for step in STEPS
        ),
    )

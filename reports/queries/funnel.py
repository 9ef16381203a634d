"""The funnel: who of a month's new leads got how far.

Steps nest: a contact counts for a step only if it has reached all steps before. Each step is one predicate over the
facts; the rollup and the lists behind its numbers are both made of these.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from operator import and_, or_
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth

from leads.models import EngagementEvent, Lifecycle, LifecycleChange, Source, Standing, StandingQuerySet
from pipeline.models import Opportunity, StageKind
from pipeline.queries.filters import later, midnight, month_of
from reports.models import FunnelCell, Rollup
from scoring.models import Verdict
from users.models import User

ROLLUP = "funnel"
PERIODS = (3, 6, 12, 24)
SMALL = 30


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel; `column` is the rollup's, `facts` what must be there besides all steps before."""

    key: str
    label: str
    means: str
    column: str
    tone: str
    facts: tuple[Exists, ...] = ()  # any of them

    @property
    def holds(self) -> Q:
        return reduce(or_, (Q(fact) for fact in self.facts), Q())


# the rows of a step are those of Standing (or Contact): both have the contact's key as theirs
_ME = OuterRef("pk")
_PROMOTED = Exists(LifecycleChange.objects.filter(contact=_ME, to_stage=Lifecycle.PROSPECT))
STEPS = (
    Step("lead", "Leads", "became known to us in that month", "leads", "lead"),
    Step(
        "engaged",
        "Engaged",
        "did something we noticed, ever",
        "engaged",
        "engagement",
        (Exists(EngagementEvent.objects.filter(contact=_ME)),),
    ),
    Step(
        "qualified",
        "Qualified",
        "was judged a prospect by a definition, or promoted by hand",
        "qualified",
        "prospect",
        (Exists(Verdict.objects.filter(contact=_ME, is_qualified=True)), _PROMOTED),
    ),
    Step("prospect", "Prospects", "was handed to sales", "prospects", "prospect", (_PROMOTED,)),
    Step(
        "won",
        "Won",
        "has an opportunity that was won",
        "won",
        "customer",
        (Exists(Opportunity.objects.filter(contact=_ME, stage__kind=StageKind.WON, closed_at__isnull=False)),),
    ),
)
KEYS = [step.key for step in STEPS]


def reached(key: str) -> Q:
    """Has reached this step, and with it all before."""
    path = STEPS[1 : KEYS.index(key) + 1]
    # whoever was promoted is qualified by that alone: to look for verdicts as well would only cost
    needed = [one for one in path if not any(one is not other and set(other.facts) <= set(one.facts) for other in path)]
    return reduce(and_, (step.holds for step in needed), Q())


def in_months(months: Iterable[date]) -> Q:
    """Became known to us in one of these UTC months."""
    ranges = (
        Q(contact__created_at__gte=midnight(month), contact__created_at__lt=midnight(later(month, 1)))
        for month in months
    )
    return reduce(or_, ranges, Q(pk__in=[]))


def counted(rows: QuerySet[Standing]) -> list[FunnelCell]:
    """The cells of these contacts, from the facts. One query."""
    # the first step that is missing ends the walk, so later steps are looked up only for who got there
    depth = Case(
        *(When(~step.holds, then=Value(index)) for index, step in enumerate(STEPS[1:])),
        default=Value(len(STEPS) - 1),
        output_field=IntegerField(),
    )
    groups = (
        rows.order_by()
        .annotate(month=TruncMonth("contact__created_at", tzinfo=UTC), depth=depth)
        .values("month", "source", "depth")
        .annotate(people=Count("pk"))
    )
    cells: dict[tuple[date, str], FunnelCell] = {}
    for group in groups:
        key = (group["month"].date(), group["source"])
        cell = cells.setdefault(key, FunnelCell(month=key[0], source=key[1]))
        for step in STEPS[: group["depth"] + 1]:
            setattr(cell, step.column, getattr(cell, step.column) + group["people"])
    return list(cells.values())


# --- the page ---


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
        cohorts = self.cohorts(now.astimezone(UTC).date())
        rows = Standing.objects.visible_to(user).filter(
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

    @property
    def share(self) -> float:
        """Of all, in percent, for bars and shades."""
        return 100 * self.count / self.all if self.all else 0.0

    @property
    def of_before(self) -> float:
        return 100 * self.count / self.before if self.before else 0.0

    @property
    def shade(self) -> int:
        """How strongly a cell is coloured, in percent; text stays readable on the strongest."""
        return round(self.of_before * 0.3)

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
        sources=sorted((row for row in sources if row.steps[0].count), key=lambda row: -row.steps[0].count),
        months=months,
    )


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

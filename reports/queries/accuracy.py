"""How right the forecast was: what snapshots said of past months, held against what came."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from pipeline.accuracy import Coverage, Said, Score, coverage, score
from pipeline.models import ForecastCall, Opportunity, StageKind
from pipeline.periods import later
from pipeline.queries import Filters
from pipeline.queries.filters import midnight
from pipeline.queries.quotas import sees_calls
from reports.models import ForecastSnapshot, ForecastTotal, SnapshotRange
from reports.queries.record import Whose, whose
from users.models import User

ZERO = Decimal(0)
MONTHS = 12
HORIZONS = ((0, "on its first day"), (1, "a month before"), (2, "two months before"), (3, "three months before"))
NEAR = timedelta(days=7)  # a snapshot so much older still stands for the day
METHODS = (
    ("commit", "Commit"),
    ("best", "Best case"),
    ("weighted", "Weighted"),
    ("middle", "Middle of the range"),
)


@dataclass(slots=True)
class Past:
    """One month, as it was seen so many months before it began."""

    month: date
    came: Decimal
    said: dict[str, Decimal] = field(default_factory=dict)  # by method; those that said anything
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def is_covered(self) -> bool | None:
        return None if self.low is None or self.high is None else self.low <= self.came <= self.high


@dataclass(frozen=True, slots=True)
class Horizon:
    """All months, seen from so many months before."""

    ahead: int
    label: str
    months: list[Past]

    def score(self, method: str, newest: int = MONTHS) -> Score:
        rows = [row for row in self.months if method in row.said][-newest:]
        return score(Said(row.said[method], row.came) for row in rows)

    @property
    def scores(self) -> list[tuple[str, Score]]:
        return [(label, self.score(method)) for method, label in METHODS]

    @property
    def covered(self) -> Coverage:
        rows = [(row.low, row.high, row.came) for row in self.months if row.low is not None and row.high is not None]
        return coverage(rows)


@dataclass(frozen=True, slots=True)
class Person:
    """What one owner's commit was worth, on the first day of each month."""

    owner: int | None
    score: Score


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Everything in one currency."""

    currency: str
    first_snapshot: date | None
    horizons: list[Horizon]
    people: list[Person]
    called: Score  # managers' own figures
    replaced: Score  # what the deals said where a manager put a figure beside it

    @property
    def months(self) -> list[Past]:
        return self.horizons[0].months


def accuracy(user: User, filters: Filters, *, now: datetime, currency: str) -> Accuracy:
    """The last twelve whole months that the record reaches. Six queries."""
    today = now.astimezone(UTC).date()
    months = [later(today.replace(day=1), -back) for back in range(MONTHS, 0, -1)]
    ours = whose(user, filters)
    came = _came(months, currency)
    days = list(ForecastSnapshot.objects.filter(day__gte=months[0] - timedelta(days=100)).values_list("day", flat=True))
    stands = {(month, ahead): _near(days, later(month, -ahead)) for month in months for ahead, _ in HORIZONS}
    wanted = {day for day in stands.values() if day is not None}
    totals: dict[tuple[date, date], list[ForecastTotal]] = defaultdict(list)
    for row in ForecastTotal.objects.filter(snapshot__in=wanted, month__in=months, currency=currency):
        if row.month is not None and ours.holds(row.owner_id):
            totals[row.snapshot_id, row.month].append(row)
    whole = user.sees_everything and not filters.owner and filters.team is None
    ranges = {
        (row.snapshot_id, row.start): row
        for row in SnapshotRange.objects.filter(snapshot__in=wanted, unit="month", currency=currency)
        if whole
    }
    horizons = []
    for ahead, label in HORIZONS:
        pasts = []
        for month in months:
            day = stands[month, ahead]
            if day is not None:
                own = sum((amount for (owner, of), amount in came.items() if of == month and ours.holds(owner)), ZERO)
                pasts.append(_past(month, own, totals[day, month], ranges.get((day, month))))
        horizons.append(Horizon(ahead, label, pasts))
    starts = {month: stands[month, 0] for month in months}
    called, replaced = _calls(user, ours, months, came, currency)
    return Accuracy(
        currency,
        min(days, default=None),
        horizons,
        _people(ours, starts, totals, came),
        called,
        replaced,
    )


def _near(days: list[date], day: date) -> date | None:
    """The newest snapshot until the day, if it is not much older."""
    return max((one for one in days if day - NEAR <= one <= day), default=None)


def _came(months: list[date], currency: str) -> dict[tuple[int | None, date], Decimal]:
    """What was won, per owner and month, as it is known now."""
    rows = Opportunity.objects.filter(
        stage__kind=StageKind.WON,
        currency=currency,
        closed_at__gte=midnight(months[0]),
        closed_at__lt=midnight(later(months[-1], 1)),
    )
    groups = rows.order_by().annotate(month=TruncMonth("closed_at", tzinfo=UTC)).values_list("owner", "month")
    return {(owner, month.date()): amount or ZERO for owner, month, amount in groups.annotate(sum=Sum("amount"))}


def _past(month: date, came: Decimal, rows: list[ForecastTotal], likely: SnapshotRange | None) -> Past:
    closed = sum((row.closed for row in rows), ZERO)
    commit = closed + sum((row.commit for row in rows), ZERO)
    said = {
        "commit": commit,
        "best": commit + sum((row.best for row in rows), ZERO),
        "weighted": closed + sum((row.weighted for row in rows), ZERO),
    }
    if likely is None:
        return Past(month, came, said)
    return Past(month, came, said | {"middle": likely.p50}, likely.p10, likely.p90)


def _people(
    ours: Whose,
    starts: dict[date, date | None],
    totals: dict[tuple[date, date], list[ForecastTotal]],
    came: dict[tuple[int | None, date], Decimal],
) -> list[Person]:
    said: dict[int | None, dict[date, Decimal]] = defaultdict(dict)
    known = [(month, day) for month, day in starts.items() if day is not None]
    for month, day in known:
        for row in totals[day, month]:
            said[row.owner_id][month] = row.closed + row.commit
    for owner, month in came:
        if ours.holds(owner) and starts.get(month) is not None:
            said[owner].setdefault(month, ZERO)
    people = [
        Person(owner, score(Said(amount, came.get((owner, month), ZERO)) for month, amount in sorted(rows.items())))
        for owner, rows in said.items()
    ]
    return sorted(people, key=lambda one: -one.score.came)


def _calls(
    user: User,
    ours: Whose,
    months: list[date],
    came: dict[tuple[int | None, date], Decimal],
    currency: str,
) -> tuple[Score, Score]:
    """Managers' last figures before a month's end, and what they were put beside."""
    if not sees_calls(user):
        return score([]), score([])
    last: dict[tuple[int, date], ForecastCall] = {}
    rows = ForecastCall.objects.filter(month__in=months, currency=currency, owner__isnull=False).order_by("at", "pk")
    for call in rows:
        if call.owner_id is not None and ours.holds(call.owner_id) and call.at < midnight(later(call.month, 1)):
            last[call.owner_id, call.month] = call
    standing = [(call, came.get(key, ZERO)) for key, call in last.items() if call.amount is not None]
    return (
        score(Said(call.amount or ZERO, amount) for call, amount in standing),
        score(Said(call.original, amount) for call, amount in standing),
    )

"""How right the forecast was: what snapshots said of past months, held against what came."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import TruncDay, TruncMonth

from pipeline.accuracy import Coverage, Said, Score, coverage, score
from pipeline.exchange import Rates, in_cents
from pipeline.models import ForecastCall, Opportunity, StageKind
from pipeline.periods import later
from pipeline.queries import Filters
from pipeline.queries.currencies import rates_in
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
    is_together: bool = False  # all currencies in that one; ranges, which are of one each, are then not among it
    unrated: tuple[str, ...] = ()  # of which something is left out, for want of a rate when it was said

    @property
    def months(self) -> list[Past]:
        return self.horizons[0].months


@dataclass(slots=True)
class _InOne:
    """Amounts in one currency, each by the rate of its day. What had no rate when it was said does not count at all."""

    rates: Rates
    won: dict[date, list[tuple[int | None, str, Decimal | None]]]  # month -> owner, currency, amount
    unrated: set[str] = field(default_factory=set)

    def said(self, amount: Decimal, code: str, day: date) -> Decimal | None:
        worth = self.rates.convert(amount, code, day)
        if worth is None and amount:
            self.unrated.add(code)
        return worth

    def came(self, month: date, since: date, holds: Callable[[int | None], bool]) -> Decimal:
        """What these owners won in the month, of the currencies that had a rate on the day since which it is said."""
        total = ZERO
        for owner, code, amount in self.won.get(month, []):
            if holds(owner):
                if amount is None or self.rates.on(code, since) is None:
                    self.unrated.add(code)
                else:
                    total += amount
        return in_cents(total)


@dataclass(frozen=True, slots=True)
class _Total:
    """A `ForecastTotal` in the one currency."""

    owner: int | None
    closed: Decimal
    commit: Decimal
    best: Decimal
    weighted: Decimal


def accuracy(user: User, filters: Filters, *, now: datetime, currency: str, together: bool = False) -> Accuracy:
    """The last twelve whole months that the record reaches. Six queries, and one for rates where any are needed.

    `together`: all currencies in that one, what was said by the rates of its day, what came by that of the day it was
    won.
    """
    today = now.astimezone(UTC).date()
    months = [later(today.replace(day=1), -back) for back in range(MONTHS, 0, -1)]
    ours, only = whose(user, filters), {} if together else {"currency": currency}
    won = _won(months, only, is_daily=together)
    days = list(ForecastSnapshot.objects.filter(day__gte=months[0] - timedelta(days=100)).values_list("day", flat=True))
    stands = {(month, ahead): _near(days, later(month, -ahead)) for month in months for ahead, _ in HORIZONS}
    wanted = {day for day in stands.values() if day is not None}
    rows = [
        row
        for row in ForecastTotal.objects.filter(snapshot__in=wanted, month__in=months, **only).order_by("pk")
        if ours.holds(row.owner_id)
    ]
    calls = _calls(user, ours, months, only)
    in_one = _in_one(currency, won, rows, calls, wanted)
    totals = _totals(rows, in_one)
    whole = user.sees_everything and not filters.owner and filters.team is None and not together
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
                own = in_one.came(month, day, ours.holds)
                pasts.append(_past(month, own, totals[day, month], ranges.get((day, month))))
        horizons.append(Horizon(ahead, label, pasts))
    called, replaced = _called(calls, in_one)
    people = _people(ours, {month: stands[month, 0] for month in months}, totals, in_one)
    first, unrated = min(days, default=None), tuple(sorted(in_one.unrated))
    return Accuracy(currency, first, horizons, people, called, replaced, together, unrated)


def _near(days: list[date], day: date) -> date | None:
    """The newest snapshot until the day, if it is not much older."""
    return max((one for one in days if day - NEAR <= one <= day), default=None)


Won = tuple[int | None, str, date, Decimal]  # owner, currency, day (or first of the month), amount


def _won(months: list[date], only: dict[str, str], *, is_daily: bool) -> list[Won]:
    """What was won, as it is known now."""
    rows = Opportunity.objects.filter(
        stage__kind=StageKind.WON,
        closed_at__gte=midnight(months[0]),
        closed_at__lt=midnight(later(months[-1], 1)),
        **only,
    )
    day = (TruncDay if is_daily else TruncMonth)("closed_at", tzinfo=UTC)
    groups = rows.order_by().annotate(on=day).values_list("owner", "currency", "on").annotate(sum=Sum("amount"))
    return [(owner, code, on.date(), amount or ZERO) for owner, code, on, amount in groups]


def _in_one(
    currency: str,
    won: list[Won],
    rows: Iterable[ForecastTotal],
    calls: Iterable[ForecastCall],
    snapshots: Iterable[date],
) -> _InOne:
    needed = {(code, day) for _, code, day, _ in won} | {(row.currency, row.snapshot_id) for row in rows}
    needed |= {(code, day) for code in {code for _, code, _, _ in won} for day in snapshots}
    rates = rates_in(currency, needed | {(call.currency, _day(call)) for call in calls})
    by_month: dict[date, list[tuple[int | None, str, Decimal | None]]] = defaultdict(list)
    for owner, code, day, amount in won:
        by_month[day.replace(day=1)].append((owner, code, rates.convert(amount, code, day)))
    return _InOne(rates, by_month)


def _totals(rows: Iterable[ForecastTotal], in_one: _InOne) -> dict[tuple[date, date], list[_Total]]:
    """By day and month."""
    found: dict[tuple[date, date], list[_Total]] = defaultdict(list)
    for row in rows:
        said = [
            in_one.said(amount, row.currency, row.snapshot_id)
            for amount in (row.closed, row.commit, row.best, row.weighted)
        ]
        if row.month is not None and (known := [amount for amount in said if amount is not None]):
            found[row.snapshot_id, row.month].append(_Total(row.owner_id, *known))
    return found


def _past(month: date, came: Decimal, rows: list[_Total], likely: SnapshotRange | None) -> Past:
    closed = sum((row.closed for row in rows), ZERO)
    commit = closed + sum((row.commit for row in rows), ZERO)
    said = {
        "commit": in_cents(commit),
        "best": in_cents(commit + sum((row.best for row in rows), ZERO)),
        "weighted": in_cents(closed + sum((row.weighted for row in rows), ZERO)),
    }
    if likely is None:
        return Past(month, came, said)
    return Past(month, came, said | {"middle": likely.p50}, likely.p10, likely.p90)


def _people(
    ours: Whose,
    starts: dict[date, date | None],
    totals: dict[tuple[date, date], list[_Total]],
    in_one: _InOne,
) -> list[Person]:
    said: dict[int | None, dict[date, Decimal]] = defaultdict(dict)
    known = {month: day for month, day in starts.items() if day is not None}
    for month, day in known.items():
        for row in totals[day, month]:
            said[row.owner][month] = said[row.owner].get(month, ZERO) + row.closed + row.commit
        for owner, _, _ in in_one.won.get(month, []):
            if ours.holds(owner):
                said[owner].setdefault(month, ZERO)
    people = [
        Person(
            owner,
            score(
                Said(in_cents(amount), in_one.came(month, known[month], {owner}.__contains__))
                for month, amount in sorted(rows.items())
            ),
        )
        for owner, rows in said.items()
    ]
    return sorted(people, key=lambda one: -one.score.came)


def _calls(user: User, ours: Whose, months: list[date], only: dict[str, str]) -> list[ForecastCall]:
    """Managers' last figures before a month's end, where they are the reader's to see."""
    if not sees_calls(user):
        return []
    last: dict[tuple[int, date, str], ForecastCall] = {}
    for call in ForecastCall.objects.filter(month__in=months, owner__isnull=False, **only).order_by("at", "pk"):
        if call.owner_id is not None and ours.holds(call.owner_id) and call.at < midnight(later(call.month, 1)):
            last[call.owner_id, call.month, call.currency] = call
    return [call for call in last.values() if call.amount is not None]


def _day(call: ForecastCall) -> date:
    """By whose rate it counts: not later than what came was won."""
    return min(call.at.astimezone(UTC).date(), call.month)


def _called(calls: list[ForecastCall], in_one: _InOne) -> tuple[Score, Score]:
    """Their figures, and what they were put beside; each is of one currency, and held against what came in that."""
    own, replaced = [], []
    for call in calls:
        figure = in_one.said(call.amount or ZERO, call.currency, _day(call))
        beside = in_one.said(call.original, call.currency, _day(call))
        if figure is None or beside is None:
            continue
        came = sum(
            (
                amount
                for owner, code, amount in in_one.won.get(call.month, [])
                if owner == call.owner_id and code == call.currency and amount is not None
            ),
            ZERO,
        )
        own.append(Said(in_cents(figure), in_cents(came)))
        replaced.append(Said(in_cents(beside), in_cents(came)))
    return score(own), score(replaced)

"""The forecast: what was closed per month, and what is open weighted by the probability of its stage.

Months are UTC. What is open is counted once: in the month of its expected close if that day is still to come, else as
overdue, as later than the months shown, or as having no date. Currencies are never added up.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, Count, Sum, Value, When
from django.db.models.functions import TruncMonth

from pipeline.models import Opportunity, OpportunityQuerySet, StageKind
from pipeline.queries import Filters
from pipeline.queries.filters import later, midnight
from pipeline.queries.totals import WEIGHTED
from users.models import User

PAST, NEXT = 6, 5
OVERDUE, BEYOND, UNDATED = "overdue", "later", "none"
ZERO = Decimal(0)


@dataclass(slots=True)
class Figure:
    """Opportunities that are counted together, and the query of the list that shows exactly them."""

    query: str = ""
    count: int = 0
    unknown: int = 0  # of them without an amount; not in the sums
    amount: Decimal = ZERO
    weighted: Decimal = ZERO

    def add(self, count: int, known: int, amount: Decimal | None, weighted: Decimal | None) -> None:
        self.count += count
        self.unknown += count - known
        self.amount += amount or ZERO
        self.weighted += weighted or ZERO


@dataclass(slots=True)
class Month:
    """One month: what was won in it, and what is open and expected in it."""

    month: date
    closed: Figure
    open: Figure
    query: str  # of both together
    is_current: bool = False

    @property
    def total(self) -> Decimal:
        return self.closed.amount + self.open.weighted


@dataclass(slots=True)
class Seller:
    """What one owner has in the forecast."""

    owner: User | None
    is_known: bool  # false: somebody who no longer sells
    closed: Figure  # in the current month
    due: Figure  # open, expected in the months shown
    overdue: Figure
    undated: Figure
    all: Figure  # everything open


@dataclass(slots=True)
class Forecast:
    """Everything in one currency."""

    currency: str
    currencies: list[tuple[str, int]]  # those that occur, and in how many opportunities; this one's first
    months: list[Month]
    overdue: Figure
    beyond: Figure
    undated: Figure
    all: Figure
    sellers: list[Seller] = field(default_factory=list)

    @property
    def current(self) -> Month:
        return next(month for month in self.months if month.is_current)

    @property
    def rests(self) -> list[tuple[str, str, Figure]]:
        """What is open and in none of the months, with the reason."""
        return [
            ("Overdue", "expected before today and still open", self.overdue),
            ("Later", "expected after the months shown", self.beyond),
            ("No date", "nobody has said when", self.undated),
        ]


def forecast(user: User, filters: Filters, *, now: datetime, people: Iterable[User] = ()) -> Forecast:
    """The forecast as far as the user may see. Two queries. `people` are the owners to be named."""
    today = now.astimezone(UTC).date()
    first = later(today.replace(day=1), -PAST)
    rows = Opportunity.objects.visible_to(user)
    rows = Filters(state="all", owner=filters.owner, team=filters.team, pipeline=filters.pipeline).apply(
        rows, today=today
    )
    closed, still_open = list(_closed(rows, first, today)), list(_open(rows, today))
    counts: dict[str, int] = defaultdict(int)
    for group in (*closed, *still_open):
        counts[group["currency"]] += group["rows"]
    known = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    main = filters.currency if filters.currency in counts else known[0][0] if known else "EUR"
    asked = replace(
        Filters(owner=filters.owner, team=filters.team, pipeline=filters.pipeline),
        currency=main if len(known) > 1 else "",
    )
    return _built(
        [group for group in closed if group["currency"] == main],
        [group for group in still_open if group["currency"] == main],
        asked,
        today=today,
        currency=main,
        currencies=sorted(known, key=lambda item: item[0] != main),
        people={person.pk: person for person in people},
    )


def _closed(rows: OpportunityQuerySet, first: date, today: date) -> Iterable[Any]:
    won = rows.filter(
        stage__kind=StageKind.WON,
        closed_at__gte=midnight(first),
        closed_at__lt=midnight(later(today.replace(day=1), 1)),
    )
    months = won.order_by().annotate(month=TruncMonth("closed_at", tzinfo=UTC)).values("month", "owner", "currency")
    return months.annotate(rows=Count("pk"), known=Count("amount"), sum=Sum("amount"))


def _open(rows: OpportunityQuerySet, today: date) -> Iterable[Any]:
    is_late = Case(When(expected_close__lt=today, then=Value(True)), default=Value(False), output_field=BooleanField())
    groups = (
        rows.open()
        .order_by()
        .annotate(month=TruncMonth("expected_close"), is_late=is_late)
        .values("month", "is_late", "owner", "currency")
    )
    return groups.annotate(rows=Count("pk"), known=Count("amount"), sum=Sum("amount"), weighted=Sum(WEIGHTED))


def _built(
    closed: list[dict[str, Any]],
    still_open: list[dict[str, Any]],
    asked: Filters,
    *,
    today: date,
    currency: str,
    currencies: list[tuple[str, int]],
    people: dict[int, User],
) -> Forecast:
    this_month = today.replace(day=1)
    beyond_from = later(this_month, NEXT + 1)
    months = {month: _month(asked, month, this_month) for month in _shown(this_month)}
    rests = {
        OVERDUE: Figure(asked.query(overdue="yes")),
        BEYOND: Figure(asked.query(expected=f"{beyond_from:%Y-%m}+")),
        UNDATED: Figure(asked.query(expected="none")),
    }
    whole = Figure(asked.query())
    sellers: dict[int | None, Seller] = {}

    def seller(owner_id: int | None) -> Seller:
        if owner_id not in sellers:
            sellers[owner_id] = _seller(asked, owner_id, people, this_month, beyond_from)
        return sellers[owner_id]

    for group in closed:
        figures = (group["rows"], group["known"], group["sum"], group["sum"])
        month = group["month"].date()
        months[month].closed.add(*figures)
        if month == this_month:
            seller(group["owner"]).closed.add(*figures)
    for group in still_open:
        figures = (group["rows"], group["known"], group["sum"], group["weighted"])
        of = seller(group["owner"])
        of.all.add(*figures)
        whole.add(*figures)
        if group["month"] is None:
            rests[UNDATED].add(*figures)
            of.undated.add(*figures)
        elif group["is_late"]:
            rests[OVERDUE].add(*figures)
            of.overdue.add(*figures)
        elif group["month"] >= beyond_from:
            rests[BEYOND].add(*figures)
        else:
            months[group["month"]].open.add(*figures)
            of.due.add(*figures)
    return Forecast(
        currency=currency,
        currencies=currencies,
        months=list(months.values()),
        overdue=rests[OVERDUE],
        beyond=rests[BEYOND],
        undated=rests[UNDATED],
        all=whole,
        sellers=sorted(
            sellers.values(), key=lambda one: (-(one.closed.amount + one.all.weighted), str(one.owner or "~"))
        ),
    )


def _shown(this_month: date) -> list[date]:
    return [later(this_month, step) for step in range(-PAST, NEXT + 1)]


def _month(asked: Filters, month: date, this_month: date) -> Month:
    key = f"{month:%Y-%m}"
    return Month(
        month,
        closed=Figure(asked.query(state="won", closed=key)),
        open=Figure(asked.query(expected=key, overdue="no")),
        query=asked.query(state="all", month=key),
        is_current=month == this_month,
    )


def _seller(
    asked: Filters, owner_id: int | None, people: dict[int, User], this_month: date, beyond_from: date
) -> Seller:
    """`due` has no list of its own: it is overdue=no up to the last month shown."""
    own = replace(asked, owner="nobody" if owner_id is None else str(owner_id))
    return Seller(
        owner=people.get(owner_id) if owner_id is not None else None,
        is_known=owner_id is None or owner_id in people,
        closed=Figure(own.query(state="won", closed=f"{this_month:%Y-%m}")),
        due=Figure(own.query(overdue="no", expected=f"-{later(beyond_from, -1):%Y-%m}")),
        overdue=Figure(own.query(overdue="yes")),
        undated=Figure(own.query(expected="none")),
        all=Figure(own.query()),
    )


@dataclass(frozen=True, slots=True)
class ForecastHeadline:
    """The current month in a line, in the main currency."""

    currency: str
    closed: Figure
    due: Figure  # open, expected in this month, not overdue
    overdue: Figure
    open: Figure
    other_currencies: int  # how many opportunities are in others and not in these sums

    @property
    def expected(self) -> Decimal:
        return self.closed.amount + self.due.weighted


def forecast_headline(user: User, *, now: datetime) -> ForecastHeadline:
    """For the Today page. Two queries."""
    whole = forecast(user, Filters(), now=now)
    return ForecastHeadline(
        currency=whole.currency,
        closed=whole.current.closed,
        due=whole.current.open,
        overdue=whole.overdue,
        open=whole.all,
        other_currencies=sum(count for currency, count in whole.currencies if currency != whole.currency),
    )

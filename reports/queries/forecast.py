"""The forecast: what was closed per period, and what is open, by how sure we are of it.

Months are UTC. What is open is counted once: in the period of its expected close if that day is still to come, else as
overdue, as later than the periods shown, as having no date; or, whenever it may be, as omitted. Currencies are added up
only where that is asked for and rates are known, since no rate is true on the day of the report and of the deal.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Case, Count, F, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf, TruncDay, TruncMonth
from django.db.models.functions.datetime import TruncBase

from pipeline.exchange import Rates
from pipeline.models import Category, Opportunity, OpportunityQuerySet, StageKind
from pipeline.periods import Period, Unit, around, period_of
from pipeline.queries import Filters
from pipeline.queries.currencies import rates_in, reporting_currency
from pipeline.queries.filters import COUNTED, midnight
from pipeline.queries.totals import WEIGHTED
from reports.queries.figures import Figure, Forecast, Likely, Month, Seller
from reports.queries.record import counted_for
from reports.queries.standing import add_ranges, stand_beside
from users.models import User

# periods shown before and after the current one
SHOWN = {Unit.MONTH: (6, 5), Unit.QUARTER: (4, 3), Unit.YEAR: (1, 1)}
OVERDUE, BEYOND, UNDATED = "overdue", "later", "none"
SURE = (Category.COMMIT, Category.BEST, Category.PIPELINE)
CATEGORY = Coalesce(NullIf(F("category"), Value("")), F("stage__category"))

__all__ = ["Figure", "Forecast", "ForecastHeadline", "Month", "Seller", "forecast", "forecast_headline"]


def shown(today: date, unit: Unit) -> list[Period]:
    """The periods of a page."""
    before, after = SHOWN[unit]
    return list(around(today, unit, before=before, after=after, opens=settings.FISCAL_YEAR_START))


def forecast(
    user: User,
    filters: Filters,
    *,
    now: datetime,
    people: Iterable[User] = (),
    unit: Unit = Unit.MONTH,
    together: bool = False,
    by_owner: bool = True,
) -> Forecast:
    """The forecast of whom `record.counted_for` says. Two queries; with `people`, the owners to be named, four more.

    `by_owner` false: only the sums, without sellers.

    `together`: all currencies in the reporting one, by the rates of two more queries, where there is such and several
    occur; then without quotas and managers' figures, which are of one currency.
    """
    today, filters = now.astimezone(UTC).date(), counted_for(user, filters)
    periods = shown(today, unit)
    rows = Opportunity.objects.visible_to(user)
    rows = Filters(state="all", owner=filters.owner, team=filters.team, pipeline=filters.pipeline).apply(
        rows, today=today
    )
    apart = ("owner", "currency") if by_owner else ("currency",)
    closed = _closed(rows, periods[0].start, today, apart, by=TruncDay if together else TruncMonth)
    still_open = _open(rows, today, apart)
    counts: dict[str, int] = defaultdict(int)
    for group in (*closed, *still_open):
        counts[group["currency"]] += group["rows"]
    known = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    main = filters.currency or (known[0][0] if known else "EUR")
    ours = reporting_currency() if together and len(known) > 1 else ""
    unrated: set[str] = set()
    if ours:
        main, days = ours, [(group["currency"], group["month"].date()) for group in closed]
        rates = rates_in(ours, days + [(code, today) for code in counts])
        closed, still_open = in_one(rates, closed, today, unrated), in_one(rates, still_open, today, unrated)
    asked = replace(
        Filters(owner=filters.owner, team=filters.team, pipeline=filters.pipeline),
        currency=main if len({main, *counts}) > 1 and not ours else "",
    )
    named = {person.pk: person for person in people}
    building = _Building(asked, today, periods, named)
    building.add(
        [group for group in closed if group["currency"] == main],
        [group for group in still_open if group["currency"] == main],
    )
    made = building.forecast(main, sorted(known, key=lambda item: item[0] != main))
    if not by_owner:
        made.sellers = []
    if ours:
        made.unrated, made.is_together = sorted(unrated), True
        add_ranges(made, filters)
    elif named:
        stand_beside(made, user, filters, people=named)
    return made


def in_one(rates: Rates, groups: list[Any], today: date, unrated: set[str]) -> list[Any]:
    """The groups in the reporting currency, what was won by the rate of its day; of what has none, the currencies."""
    made = []
    for group in groups:
        day = today if "sure" in group else group["month"].date()
        if rates.on(group["currency"], day) is None:
            unrated.add(group["currency"])
            continue
        sums = {
            name: rates.convert(group[name], group["currency"], day) if group[name] is not None else None
            for name in ("sum", "weighted")
            if name in group
        }
        made.append(group | sums | {"currency": rates.currency})
    return made


def _closed(
    rows: OpportunityQuerySet, first: date, today: date, apart: Collection[str], *, by: type[TruncBase]
) -> list[Any]:
    tomorrow = period_of(today, Unit.MONTH).end
    won = rows.filter(stage__kind=StageKind.WON, closed_at__gte=midnight(first), closed_at__lt=midnight(tomorrow))
    months = won.order_by().annotate(month=by("closed_at", tzinfo=UTC)).values("month", *apart)
    return list(months.annotate(rows=Count("pk"), known=Count("amount"), sum=Sum("amount")))


def _open(rows: OpportunityQuerySet, today: date, apart: Collection[str]) -> list[Any]:
    is_late = Case(When(expected_close__lt=today, then=Value(True)), default=Value(False), output_field=BooleanField())
    groups = (
        rows.open()
        .order_by()
        .annotate(month=TruncMonth("expected_close"), is_late=is_late, sure=CATEGORY)
        .values("month", "is_late", "sure", *apart)
    )
    return list(groups.annotate(rows=Count("pk"), known=Count("amount"), sum=Sum("amount"), weighted=Sum(WEIGHTED)))


class _Building:
    """Groups of rows are added up into periods, rests and sellers."""

    def __init__(self, asked: Filters, today: date, periods: list[Period], people: dict[int, User]) -> None:
        self.asked, self.people = asked, people
        self.current = next(period for period in periods if period.holds(today))
        self.months = {period: month_of(asked, period, {}, is_current=period == self.current) for period in periods}
        self.periods = {month: period for period in periods for month in period.months}
        self.last = periods[-1]
        self.rests = {
            OVERDUE: Figure(asked, {"category": COUNTED, "overdue": "yes"}),
            BEYOND: Figure(asked, {"category": COUNTED, "expected": f"{self.last.moved(1).key}+"}),
            UNDATED: Figure(asked, {"category": COUNTED, "expected": "none"}),
        }
        self.omitted = Figure(asked, {"category": Category.OMITTED.value})
        self.whole = Figure(asked, {})
        self.sellers: dict[int | None, Seller] = {}

    def add(self, closed: list[dict[str, Any]], still_open: list[dict[str, Any]]) -> None:
        for group in closed:
            figures = (group["rows"], group["known"], group["sum"], group["sum"])
            if (period := self.periods.get(group["month"].date().replace(day=1))) is None:
                continue
            self.months[period].closed.add(*figures)
            if period == self.current:
                seller = self._seller(group.get("owner"))
                seller.closed.add(*figures)
                seller.now.closed.add(*figures)
        for group in still_open:
            self._add_open(group, (group["rows"], group["known"], group["sum"], group["weighted"]))

    def _add_open(self, group: dict[str, Any], figures: tuple[Any, ...]) -> None:
        seller, month = self._seller(group.get("owner")), group["month"]
        self.whole.add(*figures)
        seller.all.add(*figures)
        if group["sure"] == Category.OMITTED:
            self.omitted.add(*figures)
        elif month is None:
            self.rests[UNDATED].add(*figures)
            seller.undated.add(*figures)
        elif group["is_late"]:
            self.rests[OVERDUE].add(*figures)
            seller.overdue.add(*figures)
        elif (period := self.periods.get(month)) is None:
            self.rests[BEYOND].add(*figures)
        else:
            seller.due.add(*figures)
            for shown in (self.months[period], seller.now) if period == self.current else (self.months[period],):
                shown.open.add(*figures)
                shown.parts[group["sure"]].add(*figures)

    def _seller(self, owner_id: int | None) -> Seller:
        """`due` has no list of its own: it is overdue=no up to the last period shown."""
        if owner_id not in self.sellers:
            own = {"owner": "nobody" if owner_id is None else str(owner_id)}
            counted = own | {"category": COUNTED}
            self.sellers[owner_id] = Seller(
                owner=self.people.get(owner_id) if owner_id is not None else None,
                is_known=owner_id is None or owner_id in self.people,
                closed=Figure(self.asked, own | {"state": "won", "closed": self.current.key}),
                due=Figure(self.asked, counted | {"overdue": "no", "expected": f"-{self.last.key}"}),
                overdue=Figure(self.asked, counted | {"overdue": "yes"}),
                undated=Figure(self.asked, counted | {"expected": "none"}),
                all=Figure(self.asked, own),
                now=month_of(self.asked, self.current, own, is_current=True),
            )
        return self.sellers[owner_id]

    def forecast(self, currency: str, currencies: list[tuple[str, int]]) -> Forecast:
        return Forecast(
            currency=currency,
            currencies=currencies,
            months=list(self.months.values()),
            overdue=self.rests[OVERDUE],
            beyond=self.rests[BEYOND],
            undated=self.rests[UNDATED],
            omitted=self.omitted,
            all=self.whole,
            sellers=sorted(
                self.sellers.values(), key=lambda one: (-(one.closed.amount + one.all.weighted), str(one.owner or "~"))
            ),
        )


def month_of(asked: Filters, period: Period, more: Mapping[str, str], *, is_current: bool) -> Month:
    """An empty period whose figures know their lists."""
    key = period.key
    due = {**more, "expected": key, "overdue": "no"}
    return Month(
        period,
        closed=Figure(asked, {**more, "state": "won", "closed": key}),
        open=Figure(asked, due | {"category": COUNTED}),
        both=Figure(asked, {**more, "state": "all", "month": key}),
        is_current=is_current,
        parts={sure: Figure(asked, due | {"category": sure.value}) for sure in SURE},
    )


@dataclass(frozen=True, slots=True)
class ForecastHeadline:
    """The current month in a line, in the main currency or, of all currencies, in the reporting one."""

    currency: str
    closed: Figure
    due: Figure  # open, expected in this month, not overdue
    overdue: Figure
    open: Figure
    other_currencies: int  # how many opportunities are in others and not in these sums
    is_together: bool  # all currencies in the reporting one, and those that have no rate for it
    unrated: list[str]
    likely: Likely | None

    @property
    def expected(self) -> Decimal:
        """The middle of the range, so that it lies in it; before there is one, what is closed and due, weighted."""
        return self.likely.middle if self.likely else self.closed.amount + self.due.weighted


def forecast_headline(user: User, *, now: datetime) -> ForecastHeadline:
    """For the Today page, in the reporting currency where that can be. Three queries, five where currencies mix."""
    whole = forecast(user, Filters(), now=now, together=True, by_owner=False)
    if not whole.is_together:  # else they are there
        add_ranges(whole, counted_for(user, Filters()))
    return ForecastHeadline(
        currency=whole.currency,
        closed=whole.current.closed,
        due=whole.current.open,
        overdue=whole.overdue,
        open=whole.all,
        other_currencies=0
        if whole.is_together
        else sum(count for currency, count in whole.currencies if currency != whole.currency),
        is_together=whole.is_together,
        unrated=whole.unrated,
        likely=whole.current.likely,
    )

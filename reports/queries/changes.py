"""What changed in the forecast between two days of the record, deal by deal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection

from pipeline.exchange import CENT
from pipeline.models import Opportunity
from pipeline.periods import Period
from pipeline.queries import Filters
from pipeline.queries.currencies import rates_in
from pipeline.waterfall import LABELS, Change, Kind, Span, Stood, steps
from reports.models import ForecastSnapshot, ForecastTotal
from reports.queries.record import AS_OF, OURS, snapshot_until, whose
from users.models import User

ZERO = Decimal(0)

_SUM = f"""
SELECT coalesce(sum(round(amount * worth.rate, 2)), 0), count(*) FROM ({AS_OF}) stood
JOIN unnest(%(codes)s::text[], %(rates)s::numeric[]) AS worth(code, rate) ON worth.code = stood.currency
WHERE state = 'open' AND category <> 'omitted' AND {OURS}
  AND (%(start)s::date IS NULL OR (expected_close >= %(start)s AND expected_close < %(end)s))
"""  # noqa: S608
# only deals that were written down anew in between can have changed
_CHANGED = """
SELECT o.opportunity_id, a.state, a.amount, coalesce(a.closed_on, a.expected_close), a.owner_id, a.category = 'omitted',
       b.state, b.amount, coalesce(b.closed_on, b.expected_close), b.owner_id, b.category = 'omitted',
       a.currency, b.currency
FROM (
    SELECT DISTINCT opportunity_id FROM reports_forecastline
    WHERE snapshot_id > %(first)s AND snapshot_id <= %(last)s
) o
LEFT JOIN LATERAL (
    SELECT * FROM reports_forecastline l
    WHERE l.opportunity_id = o.opportunity_id AND l.snapshot_id <= %(first)s ORDER BY l.snapshot_id DESC LIMIT 1
) a ON true
JOIN LATERAL (
    SELECT * FROM reports_forecastline l
    WHERE l.opportunity_id = o.opportunity_id AND l.snapshot_id <= %(last)s ORDER BY l.snapshot_id DESC LIMIT 1
) b ON true
ORDER BY o.opportunity_id
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A deal that changed the sum."""

    change: Change
    before: Stood | None
    after: Stood | None
    opportunity: Opportunity | None = None  # none: gone, or no longer this reader's to see

    @property
    def kind(self) -> str:
        return LABELS[self.change.kind]


@dataclass(frozen=True, slots=True)
class Changes:
    """From one day's sum to another's."""

    currency: str
    period: Period | None  # none: whenever it is expected
    first_day: date
    last_day: date
    first: Decimal
    last: Decimal
    first_count: int
    last_count: int
    moved: tuple[Moved, ...]
    unrated: tuple[str, ...] = ()  # of several currencies in one: those without a rate, which are not in it

    @property
    def kinds(self) -> list[tuple[Kind, str, int, Decimal]]:
        """Kind, its name, how many deals, what they added; only what happened."""
        found = []
        for kind in Kind:
            rows = [row.change for row in self.moved if row.change.kind == kind]
            if rows:
                found.append((kind, LABELS[kind], len(rows), sum((row.amount for row in rows), ZERO)))
        return found

    def of(self, kind: str) -> list[Moved]:
        rows = [row for row in self.moved if not kind or row.change.kind == kind]
        return sorted(rows, key=lambda row: (-abs(row.change.amount), row.change.deal))


def changes(
    user: User,
    filters: Filters,
    *,
    first: date,
    last: date,
    period: Period | None,
    currency: str,
    together: bool = False,
) -> Changes | None:
    """Between the snapshots of two days (or the newest before each); none where the record does not reach.

    `together`: all currencies in that one, by the rates of the last day on both, each deal to the cent, so that only
    deals change the sum and it adds up.
    """
    first_day, last_day = snapshot_until(first), snapshot_until(last)
    if first_day is None or last_day is None or first_day > last_day:
        return None
    ours = whose(user, filters)
    span = Span(period.start, period.end) if period else Span()
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"first": first_day, "last": last_day})
        rows = cursor.fetchall()
        occurring = {currency}
        if together:
            occurring |= (
                {code for row in rows for code in row[-2:] if code} | currencies_on(first_day) | currencies_on(last_day)
            )
        rates = rates_in(currency, ((code, last_day) for code in occurring))
        worth = {code: found[1] for code in occurring if (found := rates.on(code, last_day))}
        common: dict[str, Any] = {
            "codes": list(worth),
            "rates": list(worth.values()),
            "start": span.start,
            "end": span.end,
        } | ours.sql
        sums = []
        for day in (first_day, last_day):
            cursor.execute(_SUM, common | {"day": day})
            sums.append(cursor.fetchone())

    def stood(row: Sequence[Any], code: str) -> Stood | None:
        state, amount, day, owner, omitted = row
        if not state or code not in worth:
            return None
        value = None if amount is None else (amount * worth[code]).quantize(CENT, ROUND_HALF_UP)
        return Stood(state, value, day, ours.holds(owner), omitted)

    moved: list[Moved] = []
    for deal, *values, was_in, is_in in rows:
        before, after = stood(values[:5], was_in), stood(values[5:], is_in)
        for kind, value in steps(before, after, span).items():
            moved.append(Moved(Change(deal, kind, value), before, after))
    return Changes(
        currency,
        period,
        first_day,
        last_day,
        sums[0][0],
        sums[1][0],
        sums[0][1],
        sums[1][1],
        tuple(moved),
        tuple(sorted(occurring - worth.keys())),
    )


def currencies_on(day: date) -> set[str]:
    """Those that the newest record until that day has. One query."""
    newest = ForecastSnapshot.objects.filter(day__lte=day).order_by("-day").values("pk")[:1]
    return set(ForecastTotal.objects.filter(snapshot__in=newest).values_list("currency", flat=True).distinct())


def with_names(rows: Iterable[Moved], user: User) -> list[Moved]:
    """The rows with the opportunities as they are now, as far as this reader may see them. One query."""
    rows = list(rows)
    seen = Opportunity.objects.visible_to(user).for_card().filter(pk__in={row.change.deal for row in rows})
    known = {one.pk: one for one in seen}
    return [Moved(row.change, row.before, row.after, known.get(row.change.deal)) for row in rows]

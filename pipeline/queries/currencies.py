"""Sums of several currencies in the one in which the company reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import TruncDate

from pipeline.exchange import Group, Rates, Together, add_up
from pipeline.models import OpportunityQuerySet, ReportingCurrency
from pipeline.queries.totals import Totals

# What one unit of {code} is worth in {ours} on {day}: the newest rate until then, read from an index. One that is
# written the other way round will do; on the same day what was said directly counts.
RATE_ON = """
SELECT day, rate FROM (
    (SELECT day, 0 AS turned, rate FROM pipeline_exchangerate
     WHERE base = {ours} AND currency = {code} AND day <= {day} ORDER BY day DESC LIMIT 1)
    UNION ALL
    (SELECT day, 1, round(1 / rate, 10) FROM pipeline_exchangerate
     WHERE base = {code} AND currency = {ours} AND day <= {day} ORDER BY day DESC LIMIT 1)
) known ORDER BY day DESC, turned LIMIT 1
"""
_READ = f"""
SELECT DISTINCT needed.code, found.day, found.rate
FROM unnest(%(codes)s::text[], %(days)s::date[]) AS needed(code, day)
CROSS JOIN LATERAL ({RATE_ON.format(ours="%(ours)s", code="needed.code", day="needed.day")}) found
ORDER BY needed.code, found.day
"""  # noqa: S608


def reporting_currency() -> str:
    """Its code, or nothing. One query."""
    return ReportingCurrency.objects.values_list("currency", flat=True).first() or ""


def rates_in(ours: str, needed: Iterable[tuple[str, date]]) -> Rates:
    """The rates of these currencies on these days, and no others. One query, where any is needed."""
    wanted = sorted({(code, day) for code, day in needed if code != ours})
    known: dict[str, list[tuple[date, Any]]] = {}
    if wanted:
        codes, days = zip(*wanted, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_READ, {"ours": ours, "codes": list(codes), "days": list(days)})
            for code, day, rate in cursor.fetchall():
                known.setdefault(code, []).append((day, rate))
    return Rates(ours, known)


def together(rows: OpportunityQuerySet, found: Mapping[Any, Totals], *, by: str, today: date) -> dict[Any, Together]:
    """Per value of `by`, the sums in the reporting currency: what is open by today's rate, what is closed by its day's.

    Nothing, and no query, where there is one currency only; else three. What is all in the reporting one is left out.
    """
    rates, groups = _groups(rows, found, by=by, today=today)
    return {
        key: add_up(rates, parts) for key, parts in groups.items() if any(code != rates.currency for code, *_ in parts)
    }


def together_as_one(rows: OpportunityQuerySet, whole: Totals, *, today: date) -> Together | None:
    """The same of all the rows."""
    rates, groups = _groups(rows, {"": whole}, by="pipeline", today=today)
    return add_up(rates, chain.from_iterable(groups.values())) if groups else None


def _groups(
    rows: OpportunityQuerySet, found: Mapping[Any, Totals], *, by: str, today: date
) -> tuple[Rates, dict[Any, list[Group]]]:
    """What is to be added up per value of `by`, with the rates for it; nothing where there is one currency only."""
    codes = {money.currency for totals in found.values() for money in totals.sums}
    ours = reporting_currency() if len(codes) > 1 else ""
    groups: dict[Any, list[Group]] = {}
    if ours:
        days = rows.filter(amount__isnull=False).order_by().annotate(day=TruncDate("closed_at", tzinfo=UTC))
        read = days.values_list(by, "currency", "stage__probability", "day").annotate(sum=Sum("amount"))
        for key, code, probability, day, amount in read:
            groups.setdefault(key, []).append((code, day or today, amount, amount * probability / 100))
    return rates_in(ours, ((code, day) for parts in groups.values() for code, day, *_ in parts)), groups

"""Sums of several currencies in the one in which the company reports."""

from collections.abc import Collection, Mapping
from datetime import UTC, date
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import TruncDate

from pipeline.exchange import Rates, Together, add_up, inverse
from pipeline.models import ExchangeRate, OpportunityQuerySet, ReportingCurrency
from pipeline.queries.totals import Totals


def reporting_currency() -> str:
    """Its code, or nothing. One query."""
    return ReportingCurrency.objects.values_list("currency", flat=True).first() or ""


def rates_for(codes: Collection[str], until: date) -> Rates | None:
    """The rates of these currencies in the reporting one; none when there is no such. Two queries."""
    ours = reporting_currency()
    if not ours:
        return None
    others = [code for code in codes if code != ours]
    known: dict[str, dict[date, Any]] = {}
    asked = Q(base=ours, currency__in=others) | Q(currency=ours, base__in=others)
    rows = ExchangeRate.objects.filter(asked, day__lte=until).order_by("day", "pk")
    for code, base, day, rate in rows.values_list("currency", "base", "day", "rate"):
        if base == ours:
            known.setdefault(code, {})[day] = rate
        else:  # the other way round; what was said directly counts
            known.setdefault(base, {}).setdefault(day, inverse(rate))
    return Rates(ours, {code: sorted(days.items()) for code, days in known.items()})


def together(rows: OpportunityQuerySet, found: Mapping[Any, Totals], *, by: str, today: date) -> dict[Any, Together]:
    """Per value of `by`, the sums in the reporting currency: what is open by today's rate, what is closed by its day's.

    Nothing, and no query, where there is one currency only; else three. What is all in the reporting one is left out.
    """
    made = _by(rows, found, by=by, today=today)
    return {
        key: one
        for key, one in made.items()
        if any(money.currency != one.currency for money in found.get(key, Totals()).sums)
    }


def _by(rows: OpportunityQuerySet, found: Mapping[Any, Totals], *, by: str, today: date) -> dict[Any, Together]:
    """The same, also of what is all in the reporting currency."""
    codes = {money.currency for totals in found.values() for money in totals.sums}
    rates = rates_for(codes, today) if len(codes) > 1 else None
    if rates is None:
        return {}
    groups: dict[Any, list[Any]] = {}
    days = rows.filter(amount__isnull=False).order_by().annotate(day=TruncDate("closed_at", tzinfo=UTC))
    for key, code, probability, day, amount in days.values_list(by, "currency", "stage__probability", "day").annotate(
        sum=Sum("amount")
    ):
        groups.setdefault(key, []).append((code, day or today, amount, amount * probability / 100))
    return {key: add_up(rates, parts) for key, parts in groups.items()}


def together_as_one(rows: OpportunityQuerySet, whole: Totals, *, today: date) -> Together | None:
    """The same of all the rows."""
    parts = _by(rows, {"": whole}, by="pipeline", today=today)
    if not parts:
        return None
    made = Together(next(iter(parts.values())).currency)
    for part in parts.values():
        made.amount, made.weighted = made.amount + part.amount, made.weighted + part.weighted
        for code, rate in part.used.items():
            made.used[code] = max(made.used.get(code, rate), rate)
        for code, amount in part.apart.items():
            made.apart[code] = made.apart.get(code, amount * 0) + amount
    return made

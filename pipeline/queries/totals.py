"""Sums of opportunities that add up: per currency, never across, and with what is unknown said apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from django.db.models import Aggregate, BigIntegerField, Count, DecimalField, ExpressionWrapper, F, Sum

from pipeline.models import OpportunityQuerySet

WEIGHTED = ExpressionWrapper(
    F("amount") * F("stage__probability") / Decimal(100), output_field=DecimalField(max_digits=20, decimal_places=4)
)


class Fingerprint(Aggregate):
    """A number that changes when a row comes, goes or gets another version; the order of rows does not matter."""

    template = "bit_xor(hashint8extended(%(expressions)s))"
    arity = 2
    output_field = BigIntegerField()


@dataclass(frozen=True, slots=True)
class Money:
    """Money of one currency; `weighted` is by the probability of each stage."""

    currency: str
    amount: Decimal
    weighted: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """How many, how much per currency, and of how many the amount is unknown."""

    count: int = 0
    unknown: int = 0
    sums: tuple[Money, ...] = ()
    mark: int = 0  # changes when any of the rows does

    @property
    def known(self) -> int:
        return self.count - self.unknown


def totals(rows: OpportunityQuerySet, *, by: str | tuple[str, ...]) -> dict[Any, Totals]:
    """The totals of the rows per value of the column `by`, or per tuple of several columns' values. One query."""
    found: dict[Any, Totals] = {}
    columns = (by,) if isinstance(by, str) else by
    # weighting a sum per probability costs less than weighting each row
    groups = rows.order_by().values_list(*columns, "currency", "stage__probability")
    for *keys, currency, probability, count, known, amount, mark in groups.annotate(
        rows=Count("*"), known=Count("amount"), sum=Sum("amount"), mark=Fingerprint(F("pk"), F("version"))
    ):
        key = keys[0] if isinstance(by, str) else tuple(keys)
        before = found.get(key, Totals())
        more = (Money(currency, amount, amount * probability / 100),) if known else ()
        found[key] = _together(before, Totals(count, count - known, more, mark))
    return found


def total(rows: OpportunityQuerySet) -> Totals:
    """The totals of all the rows. One query."""
    return together(totals(rows, by="pipeline").values())


def together(parts: Iterable[Totals]) -> Totals:
    """The totals of several groups."""
    return reduce(_together, parts, Totals())


def _together(one: Totals, other: Totals) -> Totals:
    sums: dict[str, Money] = {}
    for money in (*one.sums, *other.sums):
        before = sums.get(money.currency, Money(money.currency, Decimal(0), Decimal(0)))
        sums[money.currency] = Money(money.currency, before.amount + money.amount, before.weighted + money.weighted)
    in_order = tuple(money for _, money in sorted(sums.items()))
    return Totals(one.count + other.count, one.unknown + other.unknown, in_order, one.mark ^ other.mark)

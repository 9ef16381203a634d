"""Sums of opportunities that add up: per currency, never across, and with what is unknown said apart."""

from dataclasses import dataclass
from decimal import Decimal
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


def totals(rows: OpportunityQuerySet, *, by: str) -> dict[Any, Totals]:
    """The totals of the rows per value of the column `by`. One query."""
    groups = (
        rows.order_by()
        .values(by, "currency")
        .annotate(
            rows=Count("pk"),
            known=Count("amount"),
            sum=Sum("amount"),
            weighted=Sum(WEIGHTED),
            mark=Fingerprint(F("pk"), F("version")),
        )
        .order_by(by, "currency")
    )
    found: dict[Any, Totals] = {}
    for group in groups:
        before = found.get(group[by], Totals())
        sums = before.sums
        if group["known"]:
            sums = (*sums, Money(group["currency"], group["sum"], group["weighted"]))
        found[group[by]] = Totals(
            count=before.count + group["rows"],
            unknown=before.unknown + group["rows"] - group["known"],
            sums=sums,
            mark=before.mark ^ group["mark"],
        )
    return found


def total(rows: OpportunityQuerySet) -> Totals:
    """The totals of all the rows. One query."""
    return next(iter(totals(rows.annotate(all_of_them=ALL), by="all_of_them").values()), Totals())


ALL = ExpressionWrapper(F("version") * 0, output_field=BigIntegerField())

"""What the pages about a person's data ask."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from core.keyset import capped_count
from leads.models import Contact, Erasure, PersonalCopy, SuppressedAddress, SuppressionReason
from leads.privacy import held, names_of, relations_of, shown

ROWS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of what one table holds about somebody, and how many there are."""

    label: str
    columns: list[str]
    rows: list[list[Any]]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def tables_of(contact: Contact) -> list[Table]:
    """What every app holds about somebody, the newest rows of each; tables with nothing are left out."""
    found = []
    for one in held():
        rows = one.rows(contact.pk).select_related(*relations_of(one))
        told = [shown(row, names_of(one)) for row in rows.order_by("-pk")[: ROWS_SHOWN + 1]]
        if told:
            count = len(told) if len(told) <= ROWS_SHOWN else capped_count(rows)
            found.append(Table(one.label, list(told[0]), [list(row.values()) for row in told[:ROWS_SHOWN]], count))
    return found


def newest_copy_of(contact: Contact) -> PersonalCopy | None:
    """The copy that was asked for last, without its content."""
    rows = PersonalCopy.objects.filter(contact=contact).defer("content").select_related("requested_by")
    return rows.order_by("-pk").first()


def suppression_counts() -> list[tuple[str, int]]:
    """How many addresses are on the list, by reason."""
    counts = dict(SuppressedAddress.objects.values_list("reason").annotate(Count("pk")).order_by())
    return [(reason.label, counts.get(reason.value, 0)) for reason in SuppressionReason]


def suppressed() -> "QuerySet[SuppressedAddress]":
    """The suppression list, newest first."""
    return SuppressedAddress.objects.select_related("added_by").order_by("-pk")


def erasures() -> list[Erasure]:
    """Who was forgotten lately, by number."""
    return list(Erasure.objects.select_related("requested_by").order_by("-pk")[:20])

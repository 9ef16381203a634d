"""What the pages about a person's data ask."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from core.keyset import capped_count
from leads.models import Contact, Erasure, PersonalCopy, SuppressedAddress, SuppressionReason
from leads.privacy import held, names_of, relations_of, shown

ROWS_SHOWN = 20
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", re.ASCII)
EMPTY: tuple[Any, ...] = (None, "", {}, [])


class Cell(NamedTuple):
    """A value under its column's name."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of what one table holds about somebody, and how many there are."""

    label: str
    columns: list[str]
    rows: list[list["Cell"]]
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
            told = told[:ROWS_SHOWN]
            columns = [name for name in told[0] if any(row[name] not in EMPTY for row in told)]
            cells = [[Cell(name, in_words(row[name])) for name in columns] for row in told]
            found.append(Table(one.label, columns, cells, count))
    return found


def cells_of(row: Mapping[str, Any]) -> list[Cell]:
    """What is known of a row, in words; what is empty is left out."""
    return [Cell(name, in_words(value)) for name, value in row.items() if value not in EMPTY]


def in_words(value: Any) -> str:
    """A value as people read it, in the reader's time zone; instants may come as the copy writes them."""
    if isinstance(value, str) and INSTANT.fullmatch(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y, H:i")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " · ".join(f"{key}: {in_words(one)}" for key, one in value.items() if one not in EMPTY)
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    return "—" if value in EMPTY else str(value)


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

"""Keyset paging: a page starts beside the last row of another one, so that depth costs nothing and nothing shifts."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import F, Func, Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)

BIGGEST = 2**63 - 1
LONGEST = 1000


class Beside(Func):
    """(a, b) < (x, y) as one row comparison, which an index answers; `sign` is < or >."""

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[str], values: Sequence[Any], sign: str) -> None:
        self.sign = sign
        super().__init__(*(F(column) for column in columns), *(Value(value) for value in values))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        parts = [compiler.compile(source) for source in self.source_expressions]
        half = len(parts) // 2
        left, right = (", ".join(sql for sql, _ in side) for side in (parts[:half], parts[half:]))
        return f"({left}) {self.sign} ({right})", [param for _, params in parts for param in params]


def encode(values: Sequence[Any]) -> str:
    """A place in a list as text for an address."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, *types: type) -> tuple[Any, ...] | None:
    """The place again; none when the text is not one (somebody typed it, or the sorting changed)."""
    if not text or len(text) > LONGEST:
        return None
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(given, list) or len(given) != len(types):
        return None
    values: list[Any] = []
    for value, wanted in zip(given, types, strict=True):
        if wanted is datetime and isinstance(value, str):
            value = _instant(value)
        if isinstance(value, str) and not _is_storable(value):
            return None
        if type(value) is not wanted or (isinstance(value, int) and abs(value) > BIGGEST):
            return None
        values.append(value)
    return tuple(values)


def _is_storable(text: str) -> bool:
    """PostgreSQL takes neither NUL nor half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _instant(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo is not None and 1 < value.year < 9999 else None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, and the places to go on from; an empty place means there is nothing there."""

    rows: list[Row]
    before: str = ""
    after: str = ""


def page(
    rows: "QuerySet[Row]",
    *,
    by: Sequence[tuple[str, type]],
    descending: bool = True,
    after: str = "",
    before: str = "",
    size: int = 50,
) -> "Page[Row]":
    """The rows beside a place, in the order of `by` (columns or annotations with their types; together unique)."""
    columns, types = [name for name, _ in by], [kind for _, kind in by]
    place, backwards = decode(after, *types), False
    if place is None:
        place = decode(before, *types)
        backwards = place is not None
    down = descending != backwards
    if place is not None:
        rows = rows.filter(Beside(columns, place, "<" if down else ">"))
    found = list(rows.order_by(*(F(name).desc() if down else F(name).asc() for name in columns))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    first = encode([_value(found[0], name) for name in columns]) if found else ""
    last = encode([_value(found[-1], name) for name in columns]) if found else ""
    return Page(
        found,
        before=first if (more if backwards else place is not None) else "",
        after=last if (True if backwards else more) else "",
    )


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def capped_count(rows: "QuerySet[Any]", cap: int = 10_000) -> int:
    """How many, but never more than cap + 1: counting a million rows would hold up the page."""
    return rows.order_by()[: cap + 1].count()

"""Statements that each connection plans once: for a few rows, planning costs more than running.

PREPARE survives a rollback, so what we remember of a connection stays true. Behind a proxy that pools connections by
transaction, let it pool by session.
"""

import weakref
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)

_prepared: "weakref.WeakKeyDictionary[Any, set[str]]" = weakref.WeakKeyDictionary()


class Prepared:
    """A statement with %s for its parameters, whose types are given in order; `name` is unique in the product."""

    def __init__(self, name: str, types: Sequence[str], sql: str) -> None:
        parts = sql.split("%s")
        if len(parts) != len(types) + 1:
            raise ValueError(f"{name} has {len(parts) - 1} parameters and {len(types)} types")
        self.name = name
        numbered = "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]
        taken, given = ", ".join(types), ", ".join(f"%s::{kind}" for kind in types)
        self._prepare = f"PREPARE {name} ({taken}) AS {numbered}" if types else f"PREPARE {name} AS {numbered}"
        self._execute = f"EXECUTE {name} ({given})" if types else f"EXECUTE {name}"

    def rows(self, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run it; the rows that it returns."""
        with connection.cursor() as cursor:  # opened first: it may find that the connection died, and make another
            names = _prepared.setdefault(connection.connection, set())
            if self.name not in names:
                cursor.execute(self._prepare)
                names.add(self.name)
            cursor.execute(self._execute, params)
            return list(cursor.fetchall())


def columns(model: type[Model], table: str) -> str:
    """All columns of the model for a SELECT, in the order in which `record` takes them."""
    return ", ".join(f"{table}.{field.column}" for field in model._meta.concrete_fields)


def record(model: type[Row], row: Sequence[Any], start: int = 0) -> Row:
    """The record whose columns stand in the row from `start` on."""
    fields = model._meta.concrete_fields
    values = [
        converter(value, None, connection) if (converter := getattr(field, "from_db_value", None)) else value
        for field, value in zip(fields, row[start : start + len(fields)], strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], values)

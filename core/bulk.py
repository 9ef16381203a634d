"""Many rows in one statement, several times quicker than bulk_create: INSERT … SELECT FROM unnest of whole columns."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import AutoField, Field, JSONField, Model


def new_ids(model: type[Model], count: int) -> list[int]:
    """So many numbers from the table's own sequence, for rows that are inserted with `insert`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [row[0] for row in cursor.fetchall()]


def insert(model: type[Model], columns: Mapping[str, Sequence[Any]], **same: Any) -> None:
    """Insert rows given as columns, by attribute name (`contact_id`); `same` has one value for all rows.

    What is named nowhere gets the field's default. `save()`, signals and `auto_now` are passed by.
    """
    if not columns or not len(next(iter(columns.values()))):
        return
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.generated}
    plain = {
        name: same[name] if name in same else field.get_default()
        for name, field in fields.items()
        if name not in columns and not (isinstance(field, AutoField) and name not in same)
    }
    quote = connection.ops.quote_name
    names = [quote(str(fields[name].column)) for name in (*columns, *plain)]
    arrays = ", ".join(f"%s::{_carrier(fields[name])}[]" for name in columns)
    values = [f"t.c{number}::{_type(fields[name])}" for number, name in enumerate(columns)]
    values += [f"%s::{_type(fields[name])}" for name in plain]
    sql = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)}) SELECT {', '.join(values)} "  # noqa: S608
        f"FROM unnest({arrays}) AS t({', '.join(f'c{number}' for number in range(len(columns)))})"
    )
    params: list[Any] = [_sent(fields[name], [value])[0] for name, value in plain.items()]
    params += [_sent(fields[name], values) for name, values in columns.items()]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _type(field: "Field[Any, Any]") -> str:
    """The column's type in PostgreSQL, that of its target for a foreign key."""
    return str(field.rel_db_type(connection) if isinstance(field, AutoField) else field.db_type(connection))


def _carrier(field: "Field[Any, Any]") -> str:
    """The type in which a value travels: unnest would take arrays of arrays apart, and JSON is text on its way."""
    return "text" if isinstance(field, ArrayField | JSONField) else _type(field)


def _sent(field: "Field[Any, Any]", values: Sequence[Any]) -> list[Any]:
    """A column's values as they travel."""
    if isinstance(field, JSONField):
        return [json.dumps(value) for value in values]
    if isinstance(field, ArrayField):
        return ["{" + ",".join(json.dumps(item) for item in value) + "}" for value in values]
    return list(values)

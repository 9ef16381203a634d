"""A row as it was, kept as JSON to the last microsecond, and put back with its old key."""

from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model

from leads.models import Company, Contact
from leads.queries.merges import current_id

Image = dict[str, Any]  # {"model": label, "row": {column: text}}


def image_of(row: Model) -> Image:
    """The row's columns, as text where JSON has no such type."""
    columns = {}
    for field in row._meta.concrete_fields:
        if not getattr(field, "generated", False):
            empty = field.value_from_object(row) is None
            columns[field.attname] = None if empty else field.value_to_string(row)
    return {"model": row._meta.label_lower, "row": columns}


def restored(image: Image) -> Model | None:
    """The row, not yet stored; none when something it cannot be without is gone."""
    model = apps.get_model(image["model"])
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.attname not in image["row"]:
            continue  # the column is younger than the image
        value = image["row"][field.attname]
        value = None if value is None else field.to_python(value)
        if value is not None and isinstance(field, ForeignKey) and not field.primary_key:
            value = _still_there(field, value)
            if value is None and not field.null:
                return None
        values[field.attname] = value
    row: Model = model(**values)
    return row


def put_back(image: Image) -> Model | None:
    """Store the row again, unless what it is about is gone."""
    row = restored(image)
    if row is not None:
        row.save_base(raw=True, force_insert=True)  # raw: no column is set to the time of saving
    return row


def _still_there(field: "ForeignKey[Any, Any]", value: Any) -> Any:
    """The key, or of whom it stands for now; none when it is gone."""
    if field.related_model._base_manager.filter(pk=value).exists():
        return value
    return current_id(field.related_model, value) if field.related_model in (Contact, Company) else None

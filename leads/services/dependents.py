"""What else points at contacts and companies, whichever app it belongs to: found through the foreign keys."""

from collections.abc import Collection, Iterator

from django.db.models import ForeignKey, ManyToOneRel, Model, QuerySet


def relations(model: type[Model], *, derived: bool = False) -> "Iterator[ForeignKey[object, object]]":
    """Foreign keys to the model, hidden ones too, from rows that are not worked out again by themselves (or from all).

    A model whose rows are derived says so with `is_derived = True`.
    """
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and (derived or not getattr(relation.related_model, "is_derived", False)):
            yield relation.field


def what_points_at(
    model: type[Model], ids: Collection[int], *, apart_from: "dict[type[Model], QuerySet[Model] | None]"
) -> dict[int, list[str]]:
    """By id: the kinds of rows, in words, that point at it.

    `apart_from` names models that don't count (None) or whose rows outside the given ones don't. What the system wrote
    by itself (an `actor` column that is empty) doesn't count either.
    """
    found: dict[int, list[str]] = {}
    for key in relations(model):
        owner = key.model
        if owner in apart_from and apart_from[owner] is None:
            continue
        rows = apart_from.get(owner)
        rows = owner._default_manager.all() if rows is None else rows
        if any(field.name == "actor" for field in owner._meta.concrete_fields):
            rows = rows.exclude(actor=None)
        words = str(owner._meta.verbose_name_plural)
        for pk in (
            rows.filter(**{f"{key.name}__in": list(ids)}).order_by().values_list(key.attname, flat=True).distinct()
        ):
            if words not in found.setdefault(pk, []):
                found[pk].append(words)
    return found

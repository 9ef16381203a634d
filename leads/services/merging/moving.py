"""Rows that hang on one record are given to another one, and back; whichever app they belong to."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models
from django.db.models import Exists, ForeignKey, Model, OuterRef, Q, QuerySet

from core.errors import Refused
from leads.models import Contact, Duplicate, DuplicateKeys, DuplicateState, EngagementEvent, Identity, Merge
from leads.services.dependents import relations
from leads.services.merging.images import Image, image_of, put_back

Key = ForeignKey[Any, Any]
Moved = dict[str, list[Any]]

_FOLLOWS = EngagementEvent  # goes where its identity goes; never noted one by one, there may be thousands


def _name(key: Key) -> str:
    return f"{key.model._meta.label_lower}.{key.name}"


def _keys(model: type[Model]) -> "Iterator[Key]":
    """All foreign keys to the model but those that have a rule of their own."""
    for key in relations(model, derived=True):
        if key.model not in (_FOLLOWS, Duplicate, DuplicateKeys):
            yield key


def _rows(key: Key, of: int) -> "QuerySet[Any]":
    return key.model._base_manager.filter(**{key.name: of})


def _unmovable(key: Key, former: int, survivor: int) -> "tuple[QuerySet[Any], str]":
    """Rows of the former that would stand beside one of the survivor's where only one may; and the sentence for it."""
    uniques = [(tuple(one.fields), one.condition, one) for one in key.model._meta.constraints
               if isinstance(one, models.UniqueConstraint) and key.name in one.fields]  # fmt: skip
    together = [(tuple(names), None, None) for names in key.model._meta.unique_together if key.name in names]
    clash, said = Q(pk__in=[]), ""
    for names, condition, constraint in [*uniques, *together, *([((key.name,), None, None)] if key.unique else [])]:
        beside = _rows(key, survivor).filter(**{name: OuterRef(name) for name in names if name != key.name})
        here = Q(Exists(beside.filter(condition) if condition else beside))
        clash |= here & condition if condition else here
        if constraint is not None and constraint.violation_error_message != constraint.default_violation_error_message:
            said = said or str(constraint.violation_error_message)
    return _rows(key, former).filter(clash), said


def _is_hung_on(model: type[Model]) -> bool:
    """Whether other rows point at this one's rows: then it is a thing of its own, not a mere membership."""
    return any(relations(model, derived=True))


def _refusal(stays: Sequence[Model], said: str) -> str:
    """Why the rows that stay can neither move nor be put aside; empty when they can."""
    if not stays or not _is_hung_on(type(stays[0])):
        return ""
    words = stays[0]._meta.verbose_name
    return said or f"Both have a {words} of which there may be only one: {stays[0]}. Settle that first."


def in_the_way(model: type[Model], *, former: int, survivor: int) -> str:
    """What keeps them from being merged, as `give` would say it; empty when nothing does."""
    for key in _keys(model):
        if _is_hung_on(key.model):
            clashing, said = _unmovable(key, former, survivor)
            if refusal := _refusal(list(clashing[:1]), said):
                return refusal
    return ""


def give(model: type[Model], *, former: int, survivor: int) -> tuple[Moved, list[Image]]:
    """Move every row from the former to the survivor; what moved, and what was put aside because only one may be.

    Raises Refused where both have something of which there may be one, and which cannot be put aside.
    """
    moved: Moved = {}
    aside: list[Image] = []
    for key in _keys(model):
        clashing, said = _unmovable(key, former, survivor)
        stays = list(clashing)
        if refusal := _refusal(stays, said):
            raise Refused(refusal)
        aside += [image_of(row) for row in stays]
        clashing.model._base_manager.filter(pk__in=[row.pk for row in stays])._raw_delete(clashing.db)
        rows = _rows(key, former)
        pks = list(rows.values_list("pk", flat=True))
        if pks:
            rows.update(**{key.name: survivor})
            moved[_name(key)] = pks
    if model is Contact:
        EngagementEvent.objects.filter(contact=former).update(contact=survivor)
        aside += _pairs_aside(former)
        DuplicateKeys.objects.filter(pk=former).delete()
    return moved, aside


def what_moves(model: type[Model], former: int, *, most: int = 1000) -> list[tuple[str, int]]:
    """(kind of rows in words, how many) that hang on the record; counted up to `most` + 1."""
    counts: dict[type[Model], int] = {}
    for key in relations(model):
        if key.model not in (Identity, Merge) and not key.unique:
            counts[key.model] = counts.get(key.model, 0) + _rows(key, former).order_by()[: most + 1].count()
    names = {owner: (str(owner._meta.verbose_name), str(owner._meta.verbose_name_plural)) for owner in counts}
    return [(names[owner][n != 1], n) for owner, n in counts.items() if n]


def _pairs_aside(former: int) -> list[Image]:
    """What was said about the former and others is kept for an unmerge; who else they may be is found again."""
    pairs = Duplicate.objects.filter(Q(first=former) | Q(second=former))
    kept = [image_of(pair) for pair in pairs.exclude(state=DuplicateState.OPEN)]
    pairs.delete()
    return kept


def take_back(model: type[Model], *, moved: Moved, aside: list[Image], former: int, survivor: int) -> list[int]:
    """Give the former, which exists again, what it had; the ids of the identities that went back.

    Rows that came later follow their identity: what the former did since goes with it.
    """
    for image in aside:
        put_back(image)
    went: list[int] = []
    for key in _keys(model):
        pks = moved.get(_name(key))
        if not pks:
            continue
        rows = _rows(key, survivor)
        rows = rows if key.primary_key else rows.filter(pk__in=pks)
        if key.model is Identity:
            went = list(rows.values_list("pk", flat=True))
        rows.update(**{key.name: former})
    if model is Contact and went:
        EngagementEvent.objects.filter(identity__in=went, contact=survivor).update(contact=former)
        for key, following in _followers(went):
            _rows(key, survivor).filter(following).update(**{key.name: former})
    return went


def _followers(identities: list[int]) -> Iterator[tuple[Key, Q]]:
    """Models whose rows say by which identity or event they came: those rows go with it."""
    for key in _keys(Contact):
        following = Q(pk__in=[])
        for field in key.model._meta.concrete_fields:
            if field.related_model is Identity and key.model is not Identity:
                following |= Q(**{f"{field.name}__in": identities})
            elif field.related_model is EngagementEvent:
                following |= Q(**{f"{field.name}__identity__in": identities})
        if len(following.children) > 1:
            yield key, following


def carries(merge: Merge, other: Merge) -> bool:
    """Whether `merge` brought `other` along: what it merged has been merged itself since."""
    return other.pk in merge.moved.get(f"leads.merge.{'contact' if merge.contact_id else 'company'}", [])

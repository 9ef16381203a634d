"""Old ids, and the merges behind a record."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery

from core import keyset
from leads.models import Company, Contact, Duplicate, DuplicateState, Merge
from users.models import User

Record = TypeVar("Record", Contact, Company)


def current_id(model: type[Model], pk: int) -> int | None:
    """The id of whoever stands for the contact or company that had this id, also after several merges."""
    return _survivors(model, pk).first()


def _survivors(model: type[Model], pk: int) -> "QuerySet[Merge, int]":
    kind = "contact" if model is Contact else "company"
    return Merge.objects.standing().filter(former_id=pk).exclude(**{kind: None}).values_list(kind, flat=True)


def current_ids(model: type[Model], ids: Iterable[int]) -> list[int]:
    """The ids, those of merged records replaced by whoever stands for them; each once, in order."""
    wanted = set(ids)
    kind = "contact" if model is Contact else "company"
    merged = Merge.objects.standing().filter(former_id__in=wanted).exclude(**{kind: None})
    survivors = dict(merged.values_list("former_id", kind))
    return sorted({survivors.get(pk) or pk for pk in wanted})


def known_as(rows: "QuerySet[Record]", pk: int) -> "QuerySet[Record]":
    """Of the rows, the one with this id, or the one into which it was merged; in the same query."""
    if pk > keyset.BIGGEST:
        return rows.none()
    return rows.filter(pk__in=[pk, Subquery(_survivors(rows.model, pk)[:1])])


def record_of(rows: "QuerySet[Record]", pk: int) -> Record | None:
    """As `known_as`, the record itself."""
    return known_as(rows, pk).first()


def merges_of(record: Contact | Company) -> list[Merge]:
    """The merges into this record that stand, newest first."""
    return list(record.merges.filter(undone_at=None).select_related("by").order_by("-pk")[:50])


def has_doubles(rows: "QuerySet[Contact]") -> "QuerySet[Contact]":
    """With whether each was merged, and whether it may be somebody else's double; costs no query of its own."""
    merges = Merge.objects.standing().filter(contact=OuterRef("pk"))
    pairs = Duplicate.objects.filter(Q(first=OuterRef("pk")) | Q(second=OuterRef("pk")), state=DuplicateState.OPEN)
    return rows.annotate(was_merged=Exists(merges), may_be_double=Exists(pairs))


def doubles_of(contact: Contact, user: User) -> list[Duplicate]:
    """Who may be the same person, as far as the user may see them; surest first."""
    pairs = Duplicate.objects.visible_to(user).with_people().filter(Q(first=contact) | Q(second=contact))
    return list(pairs.exclude(state=DuplicateState.DIFFERENT).order_by("-confidence", "pk")[:10])

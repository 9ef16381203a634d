"""The queue of pairs who may be one person."""

from core import keyset
from leads.models import Duplicate, DuplicateState
from leads.models.duplicate import DuplicateQuerySet
from users.models import User

PAGE_SIZE = 50


def pairs(user: User, *, state: str = DuplicateState.OPEN, exact: bool = False) -> DuplicateQuerySet:
    """Pairs of this state of which the user may see both."""
    rows = Duplicate.objects.visible_to(user).filter(state=state)
    return rows.filter(is_exact=True) if exact else rows


def pairs_page(rows: DuplicateQuerySet, *, after: str = "", before: str = "") -> "keyset.Page[Duplicate]":
    """One page, surest first, with what a row shows."""
    return keyset.page(
        rows.with_people(), by=[("confidence", int), ("id", int)], after=after, before=before, size=PAGE_SIZE
    )


def next_pair(user: User, after: Duplicate | None = None) -> Duplicate | None:
    """Which pair is looked at next: the surest one, or the one that follows."""
    rows = pairs(user).order_by("-confidence", "-pk")
    if after is not None:
        rows = rows.filter(keyset.Beside(["confidence", "id"], [after.confidence, after.pk], "<"))
    return rows.first()

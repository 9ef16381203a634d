"""Nobody asks whom somebody else is asking: a lead is leased to one person for a while."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from core.errors import Stale
from leads.models import Lifecycle, Standing
from pipeline.models import DeskPlace, Waits
from users.models import User

LEASE = timedelta(minutes=15)
KEPT_FOR = timedelta(hours=1)  # a promised call waits so long for whoever promised it, then anybody may make it
TRIES = 5

_FREE = """p.waits = '' AND p.value > 0 AND (p.held_until IS NULL OR p.held_until <= %(now)s)
    AND NOT p.contact_id = ANY (%(without)s)"""
_IS_LEAD = "s.lifecycle = 'lead' AND NOT s.is_qualified AND NOT s.is_erased"
# each branch reads a few rows from its index, however long the queue is
_ALL = f"""
SELECT p.contact_id, p.value FROM pipeline_deskplace p JOIN leads_standing s USING (contact_id)
WHERE {_FREE} AND {_IS_LEAD} ORDER BY p.value DESC, p.contact_id LIMIT %(many)s"""  # noqa: S608
_OF_OWNER = f"""
SELECT f.contact_id, f.value FROM unnest(%(owners)s::bigint[]) AS w(id) CROSS JOIN LATERAL (
    SELECT p.contact_id, p.value FROM pipeline_deskplace p JOIN leads_standing s USING (contact_id)
    WHERE p.owner_id = w.id AND s.owner_id = w.id AND {_FREE} AND {_IS_LEAD}
    ORDER BY p.value DESC, p.contact_id LIMIT %(many)s) f
UNION ALL
(SELECT p.contact_id, p.value FROM pipeline_deskplace p JOIN leads_standing s USING (contact_id)
WHERE p.owner_id IS NULL AND s.owner_id IS NULL AND {_FREE} AND {_IS_LEAD}
ORDER BY p.value DESC, p.contact_id LIMIT %(many)s)
ORDER BY 2 DESC, 1 LIMIT %(many)s"""  # noqa: S608


class HeldByAnother(Stale):
    """Somebody else is at this lead now."""


@transaction.atomic
def take(user: User, *, now: datetime, without: Collection[int] = ()) -> int | None:
    """The lead that the person is at, else the next one, which is theirs for a while; none when nobody is left.

    Two requests of the same person wait for each other. Of two persons one wins the conditional UPDATE and the other
    takes the next.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    held = DeskPlace.objects.filter(holder=user, held_until__gt=now).exclude(pk__in=list(without))
    for pk in held.order_by("-held_until").values_list("pk", flat=True)[:1]:
        if Standing.objects.visible_to(user).filter(pk=pk).exists():
            held.filter(pk=pk).update(held_until=now + LEASE)
            return pk
    lost = set(without)
    for _ in range(TRIES):
        candidates = _candidates(user, now=now, without=sorted(lost))
        for pk in candidates:
            if _claim(pk, user, now=now):
                DeskPlace.objects.filter(holder=user).exclude(pk=pk).update(holder=None, held_until=None)
                return pk
        if not candidates:
            return None
        lost |= set(candidates)
    return None


@transaction.atomic
def take_this(contact_id: int, user: User, *, now: datetime) -> bool:
    """The person turns to this lead, whatever the queue says; false while somebody else is at it."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(holder=user)
    if not DeskPlace.objects.filter(free, pk=contact_id).update(holder=user, held_until=now + LEASE):
        return False
    DeskPlace.objects.filter(holder=user).exclude(pk=contact_id).update(holder=None, held_until=None)
    return True


def release(user: User) -> None:
    """The person leaves the desk; what they were at is free again."""
    DeskPlace.objects.filter(holder=user).update(holder=None, held_until=None)


def check_not_held(contact_id: int, user: User, *, now: datetime) -> None:
    """Refuse to work on a lead at which somebody else is."""
    held = DeskPlace.objects.filter(pk=contact_id, held_until__gt=now).exclude(holder=user)
    if other := held.select_related("holder").first():
        raise HeldByAnother(f"{other.holder or 'Somebody'} is at this lead now. Here is another one.")


def _claim(pk: int, user: User, *, now: datetime) -> bool:
    free = DeskPlace.objects.filter(pk=pk).free(now)
    return bool(free.update(holder=user, held_until=now + LEASE))


def _candidates(user: User, *, now: datetime, without: list[int]) -> list[int]:
    """Calls that were promised for now, then who is worth most. Two queries."""
    due = DeskPlace.objects.filter(waits=Waits.LATER, due_at__lte=now).free(now).exclude(pk__in=without)
    due = due.filter(Q(kept_for=user) | Q(kept_for=None) | Q(due_at__lte=now - KEPT_FOR))
    seen = Standing.objects.visible_to(user).filter(lifecycle=Lifecycle.LEAD, pk=OuterRef("pk"))
    calls = list(due.filter(Exists(seen)).order_by("due_at", "pk").values_list("pk", flat=True)[:TRIES])
    if calls:
        return calls
    params: dict[str, Any] = {"now": now, "many": TRIES, "without": without}
    if not user.sees_everything:
        params["owners"] = user.visible_owner_ids
    with connection.cursor() as cursor:
        cursor.execute(_ALL if user.sees_everything else _OF_OWNER, params)
        return [row[0] for row in cursor.fetchall()]

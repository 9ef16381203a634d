"""What is done to many contacts at once, and undone together."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from core.errors import Refused
from core.locks import locked
from leads.models import BulkChange, Standing, Tag
from leads.services.standings import add_tag, assign_owner, known_tag, remove_tag
from users.models import User

UNDO_FOR = timedelta(hours=1)


@transaction.atomic
def give_many(contact_ids: Iterable[int], owner: User | None, *, now: datetime, actor: User) -> BulkChange | None:
    """Give the contacts to somebody; what undoes it, or nothing when all were theirs already."""
    former: dict[str, list[int]] = {}
    for pk, owner_id in assign_owner(contact_ids, owner, now=now, actor=actor).items():
        former.setdefault(str(owner_id or ""), []).append(pk)
    return _kept({"owner": former}, former.values(), now=now, actor=actor)


@transaction.atomic
def tag_many(contact_ids: Iterable[int], name: str, *, now: datetime, actor: User) -> BulkChange | None:
    """Put a tag on the contacts."""
    changed = add_tag(contact_ids, name)
    return _kept({"untag": name, "ids": changed}, [changed], now=now, actor=actor)


@transaction.atomic
def untag_many(contact_ids: Iterable[int], tag: Tag, *, now: datetime, actor: User) -> BulkChange | None:
    """Take a tag off the contacts."""
    changed = remove_tag(contact_ids, tag)
    return _kept({"tag": tag.name, "ids": changed}, [changed], now=now, actor=actor)


def _kept(what: dict[str, object], ids: Iterable[list[int]], *, now: datetime, actor: User) -> BulkChange | None:
    count = sum(map(len, ids))
    return BulkChange.objects.create(by=actor, at=now, what=what | {"count": count}) if count else None


@transaction.atomic
def undo_many(change_id: int, *, now: datetime, actor: User) -> None:
    """Put owners or tags back as they were, all or none; only whoever did it, within an hour, once."""
    rows = locked(BulkChange.objects.filter(pk=change_id, at__gt=now - UNDO_FOR))
    if not rows:
        raise Refused("This can no longer be undone.")
    if rows[0].by_id != actor.pk:
        raise Refused("Only whoever did this can undo it.")
    what = rows[0].what
    if "owner" in what:
        owners = User.objects.in_bulk([int(pk) for pk in what["owner"] if pk])
        every = [pk for ids in what["owner"].values() for pk in ids]
        # of all former owners together, in key order; who was merged since keeps the owner that the merge chose
        there = {row.pk for row in locked(Standing.objects.filter(pk__in=every).only("pk"))}
        for owner_id, ids in what["owner"].items():
            assign_owner(there & set(ids), owners.get(int(owner_id)) if owner_id else None, now=now, actor=actor)
    elif "untag" in what:
        if tag := known_tag(what["untag"]):
            remove_tag(what["ids"], tag)
    else:
        add_tag(what["ids"], what["tag"])
    rows[0].delete()

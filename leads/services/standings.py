"""Owner and tags, for one contact or for many at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Func, Value
from django.utils import timezone

from core import bulk
from core.errors import Refused
from core.locks import locked
from leads import normalise, signals
from leads.models import ChangedContact, Contact, OwnerChange, Standing, Tag
from leads.queries.merges import current_ids
from users.models import User
from users.roles import Role


def _announce(contact_ids: Sequence[int]) -> None:
    if contact_ids:
        ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in contact_ids])
        signals.contact_changed.send(sender=None, contact_ids=list(contact_ids))


def _locked(contact_ids: Iterable[int]) -> list[Standing]:
    """Where they stand, locked in key order. Who is merged in this moment has no row any more once we hold our locks:
    what was meant for them is the survivor's.
    """
    wanted = set(contact_ids)
    found = locked(Standing.objects.filter(pk__in=wanted).only("pk", "owner", "tag_ids"))
    gone = wanted - {row.pk for row in found}
    survivors = set(current_ids(Contact, gone)) - wanted if gone else set()
    return found + (_locked(survivors) if survivors else [])


@transaction.atomic
def assign_owner(
    contact_ids: Iterable[int], owner: User | None, *, now: datetime | None = None, actor: User | None = None
) -> dict[int, int | None]:
    """Give the contacts to somebody; returns the former owner id of each that changed (for undo)."""
    if owner is not None and (not owner.is_active or owner.role == Role.VIEWER):
        raise Refused(owner=f"{owner} cannot own contacts. Choose an active colleague.")
    before = {standing.pk: standing.owner_id for standing in _locked(contact_ids)}
    changed = {pk: former for pk, former in before.items() if former != (owner.pk if owner else None)}
    Standing.objects.filter(pk__in=changed).update(owner=owner)
    bulk.insert(
        OwnerChange,
        {"contact_id": list(changed), "from_owner_id": list(changed.values())},
        to_owner_id=owner.pk if owner else None,
        at=now or timezone.now(),
        actor_id=actor.pk if actor else None,
    )
    if changed:
        # their owner's team may have a definition of its own
        bulk.insert(ChangedContact, {"contact_id": list(changed)})
        signals.owner_changed.send(sender=None, contact_ids=list(changed))
    return changed


def known_tag(name: str) -> Tag | None:
    """The tag of this name, however it is capitalised."""
    return Tag.objects.filter(name__iexact=normalise.line(name)).order_by("pk").first()


def tag_called(name: str) -> Tag:
    """The tag of this name, however it is capitalised; made when it is new."""
    name = normalise.line(name)
    if not name or len(name) > 40:
        raise Refused(tag="A tag has 1 to 40 characters.")
    return known_tag(name) or Tag.objects.get_or_create(name=name)[0]


@transaction.atomic
def add_tag(contact_ids: Iterable[int], name: str) -> list[int]:
    """Put a tag on the contacts, making the tag when it is new; returns the ids of those who did not have it."""
    tag = tag_called(name)
    changed = [row.pk for row in _locked(contact_ids) if tag.pk not in row.tag_ids]
    Standing.objects.filter(pk__in=changed).update(tag_ids=Func(F("tag_ids"), Value(tag.pk), function="array_append"))
    _announce(changed)
    return changed


@transaction.atomic
def remove_tag(contact_ids: Iterable[int], tag: Tag) -> list[int]:
    """Take a tag off the contacts; returns the ids of those who had it."""
    changed = [row.pk for row in _locked(contact_ids) if tag.pk in row.tag_ids]
    Standing.objects.filter(pk__in=changed).update(tag_ids=Func(F("tag_ids"), Value(tag.pk), function="array_remove"))
    _announce(changed)
    return changed

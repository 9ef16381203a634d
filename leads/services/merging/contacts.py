"""Two people turned out to be one, and did not."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from core import locks
from core.again import again
from core.errors import Refused
from leads import merging, normalise, signals
from leads.merging import Conflict, Values
from leads.models import (
    ChangedContact,
    Contact,
    Identity,
    IdentityKind,
    LifecycleChange,
    Merge,
    OwnerChange,
    Standing,
)
from leads.services.companies import contact_search_text
from leads.services.merging import moving, values
from leads.services.merging.images import image_of, restored
from leads.services.merging.undoing import Plan, check_undoable, check_whose
from users.models import User

MADE = "made."  # rows that the merge itself wrote, and that go when it is undone


class _Pair:
    """Both contacts with their standings and identities, locked; nothing else can reach them until we are done."""

    def __init__(self, *ids: int) -> None:
        # Identities first, as whoever stores events locks them; then both rows against everybody who points at them.
        self.identities = list(Identity.objects.select_for_update().filter(contact__in=ids).order_by("pk"))
        rows = Contact.objects.select_related("company").select_for_update(of=("self",)).filter(pk__in=ids)
        self.contacts = {row.pk: row for row in rows.order_by("pk")}
        # Given to one of them between the two: whoever stores under it may wait for us, so we don't wait for them.
        late = Identity.objects.filter(contact__in=ids).exclude(pk__in=[row.pk for row in self.identities])
        self.identities += late.select_for_update(nowait=True).order_by("pk")
        self.standings = {row.pk: row for row in locks.locked(Standing.objects.filter(pk__in=ids))}

    def one(self, pk: int) -> tuple[Contact, Standing]:
        contact = self.contacts.get(pk)
        if contact is None or contact.erased_at is not None:
            raise Refused("This contact no longer exists. Reload the page.")
        return contact, self.standings[pk]


@again
@transaction.atomic
def merge_contacts(
    *,
    survivor_id: int,
    former_id: int,
    now: datetime,
    chosen: Mapping[str, str] | None = None,
    by: User | None = None,
    reason: str = "",
) -> Merge:
    """Make two contacts one. `chosen` says per field whose value stands (merging.SURVIVOR or FORMER).

    All that hangs on the former moves; its id leads to the survivor from now on; scores are worked out anew.
    """
    locks.hold(locks.SCORING)  # a score that is being written must not find one of them gone
    if survivor_id == former_id:
        raise Refused("A contact cannot be merged with itself.")
    pair = _Pair(survivor_id, former_id)
    contact, standing = pair.one(survivor_id)
    former, former_standing = pair.one(former_id)
    before, theirs = values.of_contact(contact, standing), values.of_contact(former, former_standing)
    check_whose(chosen or {}, before, theirs)
    after = merging.combined(before, theirs, chosen or {})
    kept = {"row": image_of(former), "values": theirs, "chosen": dict(chosen or {})}
    moved, aside = moving.give(Contact, former=former_id, survivor=survivor_id)
    Contact.objects.filter(pk=former_id)._raw_delete(Contact.objects.db)
    values.into_contact(contact, standing, after)
    _store(contact, standing)
    moved |= _changes(before, after, contact, former, now=now, by=by)
    merge = Merge.objects.create(
        contact=contact,
        former_id=former_id,
        former_name=former.name[:254],
        at=now,
        by=by,
        reason=normalise.line(reason)[:300],
        former=kept,
        before=before,
        after=after,
        moved=moved,
        aside=aside,
    )
    _announce([survivor_id])
    return merge


def _store(contact: Contact, standing: Standing) -> None:
    contact.search_text = contact_search_text(contact, contact.company)
    contact.save()
    values.settle_days([standing])
    standing.save(update_fields=["owner", "source", "lifecycle", "tag_ids", "last_day", "two_way_day"])


def _changes(
    before: Values, after: Values, contact: Contact, former: Contact, *, now: datetime, by: User | None
) -> moving.Moved:
    """A step of the lifecycle and a new owner are kept as such; their keys, because an unmerge takes them back."""
    made: moving.Moved = {}
    reason = f"Merged with {former.name}"[:300]
    if before["lifecycle"] != after["lifecycle"]:
        stages = {"from_stage": before["lifecycle"], "to_stage": after["lifecycle"]}
        step = LifecycleChange.objects.create(contact=contact, **stages, at=now, actor=by, reason=reason)
        made[f"{MADE}{LifecycleChange._meta.label_lower}"] = [step.pk]
    if before["owner"] != after["owner"]:
        owners = {"from_owner_id": before["owner"], "to_owner_id": after["owner"]}
        change = OwnerChange.objects.create(contact=contact, **owners, at=now, actor=by)
        made[f"{MADE}{OwnerChange._meta.label_lower}"] = [change.pk]
    return made


def _announce(contact_ids: list[int]) -> None:
    ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in contact_ids])
    signals.contact_changed.send(sender=None, contact_ids=contact_ids)


@again
@transaction.atomic
def unmerge_contacts(
    *, merge_id: int, now: datetime, answers: Mapping[str, str] | None = None, by: User | None = None
) -> Contact:
    """Take a merge back exactly: the former exists again under its id, with what it had and what followed it since.

    What was edited since stays with the survivor. Raises Conflicts for fields that the merge changed and somebody
    after it, unless `answers` says per field what to do (merging.ANSWERS).
    """
    locks.hold(locks.SCORING)
    pair, plan = _plan(merge_id, answers or {})
    plan.settle()
    merge, given = plan.merge, plan.given
    former_id, survivor_id = merge.former_id, merge.survivor_id
    contact, standing = pair.one(survivor_id)
    if not any(given.get(name) for name in ("first_name", "last_name", "email", "phone")):
        raise Refused("Nothing would be left by which to know the survivor. Give them a name first.")
    former = restored(merge.former["row"])
    if not isinstance(former, Contact):
        raise Refused("The former record can no longer be put together.")
    former.updated_at = now
    former.save_base(raw=True, force_insert=True)
    moving.take_back(Contact, moved=merge.moved, aside=merge.aside, former=former_id, survivor=survivor_id)
    for name, pks in merge.moved.items():
        if name.startswith(MADE):
            model = {one._meta.label_lower: one for one in (LifecycleChange, OwnerChange)}[name.removeprefix(MADE)]
            model._base_manager.filter(pk__in=pks, contact=survivor_id).delete()
    values.into_contact(contact, standing, given)
    _store(contact, standing)
    former_standing = locks.locked(Standing.objects.filter(pk=former_id))[0]
    values.into_contact(former, former_standing, values.of_contact(former, former_standing) | plan.goes)
    _store(former, former_standing)
    plan.finish(now=now, by=by)
    _announce([survivor_id, former_id])
    return former


def _plan(merge_id: int, answers: Mapping[str, str]) -> tuple[_Pair, Plan]:
    merge, later = check_undoable(merge_id)
    pair = _Pair(merge.survivor_id)
    contact, standing = pair.one(merge.survivor_id)
    ask = _must_ask(contact, pair.identities, merge)
    return pair, Plan.of(merge, later, values.of_contact(contact, standing), answers, ask=ask)


@transaction.atomic
def contact_conflicts(merge_id: int) -> list[Conflict]:
    """What would have to be answered to undo it; raises Refused where it cannot be undone now."""
    return _plan(merge_id, {})[1].conflicts


def _must_ask(contact: Contact, identities: Iterable[Identity], merge: Merge) -> frozenset[str]:
    """An address that goes back with the former cannot stay where somebody has written it since."""
    mine = (IdentityKind.EMAIL.value, normalise.mailbox(contact.email))
    back = {(row.kind, row.value) for row in identities if row.pk in merge.moved.get("leads.identity.contact", [])}
    return frozenset({"email"}) if mine in back and merge.after["email"] != contact.email else frozenset()

"""Taking back what a batch of people changed (`batch.take_contacts`), exactly, keeping what happened since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import bulk
from core.locks import locked
from leads import normalise, signals
from leads.models import (
    ChangedContact,
    Company,
    Consent,
    Contact,
    EngagementEvent,
    Evidence,
    Identity,
    IdentityKind,
    LifecycleChange,
    Merge,
    Standing,
)
from leads.services.companies import contact_search_text
from leads.services.dependents import what_points_at
from leads.services.rows import Changes, Image, merged
from leads.services.storing import update_contacts
from leads.services.suppression import SOURCE as SUPPRESSED
from users.models import User

_WORDS = {"first_name": "First name", "last_name": "Last name", "email": "E-mail", "job_title": "Job title"}


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that stays as it is, and why."""

    contact_id: int
    text: str


@dataclass(slots=True)
class _Known:
    """All images of one contact as one, with the contact as it is now."""

    image: Image
    contact: Contact
    standing: Standing
    identities: list[Identity] = field(default_factory=list)


@transaction.atomic
def take_back(images: Sequence[Image], *, now: datetime) -> list[Kept]:
    """Put the contacts of these images (all of theirs, oldest first) back as they were; what is kept, and why.

    A contact that was made goes when nobody has done anything with it since. A field goes back when it still has the
    value that it was given. Who was merged since stays: whose a value was cannot be told from the one that is left.
    """
    together = _together(images)
    ids = sorted(together)
    identities = list(
        Identity.objects.select_for_update()
        .filter(Q(contact__in=ids) | Q(pk__in=[pk for image in together.values() for pk in image.claimed]))
        .order_by("pk")
    )
    contacts = (
        Contact.objects.select_for_update(of=("self",)).select_related("company").filter(pk__in=ids).order_by("pk")
    )
    found = list(contacts)
    standings = {row.pk: row for row in locked(Standing.objects.filter(pk__in=ids))}
    merged_since = _merged_since(together)
    known = {row.pk: _Known(together[row.pk], row, standings[row.pk]) for row in found if row.pk not in merged_since}
    for identity in identities:
        if identity.contact_id in known:
            known[identity.contact_id].identities.append(identity)
    kept = _remove([one for one in known.values() if one.image.is_new], now=now)
    kept += _restore([one for one in known.values() if not one.image.is_new], now=now)
    return kept + [Kept(pk, f"Kept as it is: merged with {name} since."[:300]) for pk, name in merged_since.items()]


def _merged_since(images: dict[int, Image]) -> dict[int, str]:
    """With whom each was merged after the batch."""
    merges = Merge.objects.standing().filter(contact__in=images).order_by("pk")
    rows = merges.values_list("contact", "at", "former_name")
    return {pk: name for pk, at, name in rows if pk is not None and at >= images[pk].stamp}


def _together(images: Sequence[Image]) -> dict[int, Image]:
    """One image per contact."""
    found: dict[int, Image] = {}
    for image in images:
        first = found.setdefault(image.contact_id, Image(image.contact_id, image.is_new, {}, [], [], image.stamp))
        first.changes = merged(first.changes, image.changes)
        first.claimed, first.added = first.claimed + image.claimed, first.added + image.added
        first.stamp = image.stamp
    return found


def _earlier_events(people: Iterable[_Known]) -> Q:
    """Events that identities brought along when they were claimed."""
    claimed = Q(pk__in=[])
    for one in people:
        if one.image.claimed:
            claimed |= Q(identity__in=one.image.claimed, received_at__lte=one.image.stamp)
    return claimed


def _remove(made: Sequence[_Known], *, now: datetime) -> list[Kept]:
    """Contacts that the batch made go, unless somebody has touched them since."""
    if not made:
        return []
    earlier = _earlier_events(made)
    since = what_points_at(
        Contact,
        [one.contact.pk for one in made],
        apart_from={
            Standing: None,
            Identity: None,
            Consent: Consent.objects.exclude(source=SUPPRESSED),  # written when the suppressed address came in
            LifecycleChange: LifecycleChange.objects.exclude(from_stage=""),
            EngagementEvent: EngagementEvent.objects.exclude(earlier),
        },
    )
    kept, gone = [], []
    for one in made:
        reasons = list(since.get(one.contact.pk, []))
        if one.contact.updated_at != one.image.stamp:
            reasons.append("edits")
        reasons += _standing_edits(one)
        if reasons:
            kept.append(Kept(one.contact.pk, f"Not removed, because of what came since: {', '.join(reasons)}."[:300]))
        else:
            gone.append(one)
    _release([pk for one in gone for pk in one.image.claimed], _earlier_events(gone))
    Identity.objects.filter(contact__in=[one.contact.pk for one in gone]).delete()
    Contact.objects.filter(pk__in=[one.contact.pk for one in gone]).delete()
    return kept


def _standing_edits(one: _Known) -> list[str]:
    """Whether somebody gave the contact away or tagged it."""
    given = one.image.changes
    owner, tags = given.get("owner", [None, None])[1], given.get("tags", [None, []])[1]
    edits = ["another owner"] if one.standing.owner_id != owner and one.standing.owner_id is not None else []
    return edits + (["tags"] if set(one.standing.tag_ids) - set(tags) else [])


def _release(identity_ids: Sequence[int], events: Q) -> None:
    """Identities, and the events they brought along, are nobody's again."""
    if identity_ids:
        EngagementEvent.objects.filter(events, contact__isnull=False).update(contact=None)
        Identity.objects.filter(pk__in=identity_ids).update(contact=None)


def _restore(people: Sequence[_Known], *, now: datetime) -> list[Kept]:
    """Fields of known people go back where nobody has changed them since."""
    if not people:
        return []
    kept: list[Kept] = []
    befores = {name: {one.image.changes[name][0] for one in people if name in one.image.changes} - {None}
               for name in ("company", "owner")}  # fmt: skip
    companies = Company.objects.in_bulk(befores["company"]) if befores["company"] else {}
    owners = User.objects.in_bulk(befores["owner"]) if befores["owner"] else {}
    used = _used_since([one for one in people if one.image.claimed or one.image.added])
    changed, released, dropped, standings = [], [], [], []
    for one in people:
        changes, contact, standing = one.image.changes, one.contact, one.standing
        conflicts = []
        own: Changes = {name: pair for name, pair in changes.items() if name not in {"owner", "tags"}}
        if own:
            conflicts += _fields_back(contact, own, companies)
            contact.search_text = contact_search_text(contact, contact.company)
            changed.append(contact)
        if _standing_back(standing, changes, owners, conflicts):
            standings.append(standing)
        in_use = {
            (IdentityKind.EMAIL.value, normalise.mailbox(contact.email)),
            (IdentityKind.PHONE.value, normalise.phone(contact.phone, contact.country) if contact.phone else ""),
        }
        for identity in one.identities:
            key = (identity.kind, identity.value)
            is_claimed = identity.pk in one.image.claimed
            if key in in_use or not (is_claimed or list(key) in one.image.added):
                continue
            if identity.pk in used:
                conflicts.append(f"{identity.value} has been used since; kept.")
            elif is_claimed:
                released.append(identity.pk)
            else:
                dropped.append(identity.pk)
        kept += [Kept(contact.pk, text[:300]) for text in conflicts]
    update_contacts(changed, now)
    Standing.objects.bulk_update(standings, ["tag_ids", "owner"])
    _release(released, _earlier_events(one for one in people if set(one.image.claimed) & set(released)))
    Identity.objects.filter(pk__in=dropped).delete()
    ids = sorted(one.contact.pk for one in people)
    bulk.insert(ChangedContact, {"contact_id": ids})
    signals.contact_changed.send(sender=None, contact_ids=ids)
    return kept


def _used_since(people: Sequence[_Known]) -> set[int]:
    """Identities under which something has happened since."""
    ids = [identity.pk for one in people for identity in one.identities]
    if not ids:
        return set()
    earlier = _earlier_events(people)
    return set(EngagementEvent.objects.filter(identity__in=ids).exclude(earlier).values_list("identity_id", flat=True))


def _fields_back(contact: Contact, changes: Changes, companies: dict[int, Company]) -> list[str]:
    """Put the contact's own fields back in memory; what could not be, in words."""
    conflicts = []
    undone = []
    for name, (before, after) in changes.items():
        current = _value(contact, name)
        if current == after and name == "company":
            contact.company = companies.get(before)
        elif current == after:
            _set(contact, name, before)
            undone.append((name, after))
        elif current != before:
            conflicts.append(f"{label(name)} has been changed since; kept.")
    if not any((contact.first_name, contact.last_name, contact.email, contact.phone)):
        for name, after in undone:
            _set(contact, name, after)
        conflicts.append("Nothing would be left by which to know this person; their fields were kept.")
    return conflicts


def _standing_back(standing: Standing, changes: Changes, owners: dict[int, User], conflicts: list[str]) -> bool:
    """Put owner and tags back in memory; whether anything changed."""
    before_owner, before_tags = standing.owner_id, list(standing.tag_ids)
    if "tags" in changes:
        standing.tag_ids = [tag for tag in standing.tag_ids if tag not in changes["tags"][1]]
    if "owner" in changes:
        before, after = changes["owner"]
        if standing.owner_id == after:
            standing.owner = owners.get(before)
        elif standing.owner_id != before:
            conflicts.append("Owner has been changed since; kept.")
    return before_owner != standing.owner_id or before_tags != standing.tag_ids


def label(name: str) -> str:
    """A field's name as people read it."""
    return _WORDS.get(name) or name.removeprefix("custom.").replace("_", " ").capitalize()


def _value(contact: Contact, name: str) -> Any:
    if name == "company":
        return contact.company_id
    return contact.custom.get(name.removeprefix("custom.")) if name.startswith("custom.") else getattr(contact, name)


def _set(contact: Contact, name: str, value: Any) -> None:
    if not name.startswith("custom."):
        setattr(contact, name, value)
    elif value is None:
        contact.custom = {key: own for key, own in contact.custom.items() if f"custom.{key}" != name}
    else:
        contact.custom = contact.custom | {name.removeprefix("custom."): value}


@transaction.atomic
def remove_companies(made: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Companies (id, name as made) that a batch made go when nobody uses or has changed them; those that stay."""
    rows = Company.objects.select_for_update(of=("self",)).filter(pk__in=[pk for pk, _ in made]).order_by("pk")
    companies = {row.pk: row for row in rows}
    since = what_points_at(Company, list(companies), apart_from={})
    names = dict(made)
    stay: list[tuple[int, str]] = []
    for pk, company in companies.items():
        reasons = list(since.get(pk, []))
        if company.name != names[pk] or company.industry or company.employees or company.country or company.custom:
            reasons.append("edits")
        if reasons:
            stay.append((pk, f"{company.name} stays: {', '.join(reasons)}."[:300]))
    Company.objects.filter(pk__in=companies.keys() - {pk for pk, _ in stay}).delete()
    return stay


@transaction.atomic
def remove_facts(*, events: Sequence[int] = (), evidence: Sequence[int] = ()) -> None:
    """Events and answers that a list brought by mistake go; the people's scores follow."""
    told = EngagementEvent.objects.filter(pk__in=events)
    answers = Evidence.objects.filter(pk__in=evidence)
    of_events = told.exclude(contact=None).values_list("contact_id", flat=True)
    ids = sorted({*of_events, *answers.values_list("contact_id", flat=True)})
    answers.delete()
    told.delete()
    if ids:
        bulk.insert(ChangedContact, {"contact_id": ids})
        signals.contact_changed.send(sender=None, contact_ids=ids)

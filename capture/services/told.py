"""What another program tells of a person or a company: remembered by identity, applied to the contact it is about.

A server's key is believed: the newest traits stand on the contact. A page's key stands in every visitor's browser, so
anybody can say anything with it: it may make a new lead and tell about the device it speaks from, but an address or
name that it claims never changes or reaches into a contact that is known already.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from capture import traits as words
from capture.models import SamePerson, SiteNote, ToldTraits
from capture.services.same_person import Known, Teller, claim, keys_of, look_up, remember_same
from capture.services.told_companies import join_company, remembered
from capture.sites import KnownSite
from core.errors import Refused
from leads import normalise
from leads.models import Contact, Identity, IdentityKind, Source
from leads.services import change_contact, custom_rules, find_contact, upsert_contact

LEAST_DIGITS = 5


@transaction.atomic
def identify(user_id: str, anonymous_id: str, traits: Mapping[str, Any], *, at: datetime, by: Teller) -> None:
    """Somebody is this person, with these traits: the newest by trait stand, in whichever order they arrive."""
    visitor = by.turns.visitor(anonymous_id, at)
    known = look_up(keys_of(user_id, visitor))
    if _is_another(known, str(words.person_of(traits, {}).fields.get("email", "")) or user_id):
        visitor = by.turns.take(anonymous_id, at)
        known = look_up(keys_of(user_id, visitor))
    told = remembered(known.main, by)
    before = dict(told.traits) if told else {}
    merged, fresh = words.newest(before, traits, at=at)
    if told is not None:
        told.traits = merged
        told.save()
    everything = {name: entry[0] for name, entry in merged.items()}
    if user_id and normalise.mailbox(user_id):  # programs that use the address as the id
        everything.setdefault("email", user_id)
    rules = custom_rules()
    person = words.person_of(everything, rules)
    for name in person.unknown:
        by.note(SiteNote.Topic.TRAIT, name)
    contact = _whose(known, person, by)
    if told is not None and told.is_waiting != (contact is None):
        told.is_waiting = contact is None
        told.save(update_fields=["is_waiting"])
    if contact is None:
        remember_same(known, by)
        return
    mine = known.contact_id(IdentityKind.ANONYMOUS) == contact.pk
    claim(known, contact)
    if by.is_trusted or mine:
        _apply(contact, person, words.person_of(fresh, rules), by)
        moves = by.is_trusted and "company" in before.keys() & fresh.keys() and _employer(before) != _employer(merged)
        join_company(contact, person.company, told.group if told else None, by, moves=moves)


def _employer(traits: Mapping[str, Any]) -> tuple[str, str] | None:
    company = words.person_of({"company": traits["company"][0]}, {}).company
    return (company.name.casefold(), company.domain) if company else None


def _whose(known: Known, person: words.Person, by: Teller) -> Contact | None:
    """The contact that the message is about, made when an address or a number is known; None while unknown."""
    user, device = known.contact_id(IdentityKind.USER_ID), known.contact_id(IdentityKind.ANONYMOUS)
    address = str(person.fields.get("email", ""))
    named = find_contact(email=address) if normalise.mailbox(address) else None
    if user is not None:
        return Contact.objects.get(pk=user)
    if device is not None and (named is None or named.pk == device) and _may_be(device, address, known):
        return Contact.objects.get(pk=device)
    if named is not None:
        if by.is_trusted:
            return named
        by.note(SiteNote.Topic.REFUSED, "a page said that its visitor is somebody we know: not believed")
        return None
    return _new(person, by)


def _is_another(known: Known, address: str) -> bool:
    """Whether somebody else than the device's owner is named: from now on they sit there."""
    device, user = known.contact_id(IdentityKind.ANONYMOUS), known.contact_id(IdentityKind.USER_ID)
    if device is None:
        return _is_said_of_another(known)
    if user is not None:
        return user != device
    address = address if normalise.mailbox(address) else ""
    named = find_contact(email=address) if address else None
    return named.pk != device if named is not None else not _may_be(device, address, known)


def _is_said_of_another(known: Known) -> bool:
    """Whether another user, of whom nothing else is known yet, is said to sit at the device."""
    if len(known.keys) < 2:
        return False
    user, device = (known.ids[key][0] for key in known.keys)
    edges = SamePerson.objects.filter(Q(one__in=(user, device)) | Q(other__in=(user, device)))
    pairs = [{edge.one_id, edge.other_id} for edge in edges]
    near = {pk for pair in pairs if user in pair for pk in pair}  # other names of this very user
    others = {pk for pair in pairs if device in pair for pk in pair} - near - {user, device}
    return Identity.objects.filter(pk__in=others, kind=IdentityKind.USER_ID).exists()


def _may_be(contact_id: int, address: str, known: Known) -> bool:
    """Whether the device's owner is the person meant: not when another address or another user is named."""
    contact = Contact.objects.get(pk=contact_id)
    if address and contact.email and normalise.mailbox(address) != normalise.mailbox(contact.email):
        return False
    others = Identity.objects.filter(contact=contact, kind=IdentityKind.USER_ID)
    return known.keys[0][0] != IdentityKind.USER_ID or not others.exists()


def _new(person: words.Person, by: Teller) -> Contact | None:
    fields = {name: value for name, value in person.fields.items() if value}
    company = person.company.name if person.company else ""
    while fields.get("email") or _is_number(str(fields.get("phone", ""))):
        try:
            contact, _ = upsert_contact(
                source=Source.API, now=by.now, company_name=company, custom=person.custom, **fields
            )
            return contact
        except Refused as refused:  # what is no value of its field is left out, the rest is kept
            if not _without(fields, refused, by):
                return None
    return None


def _is_number(phone: str) -> bool:
    """Whether it may be a number by which somebody is reached, also one without its country."""
    return sum(map(str.isdigit, phone)) >= LEAST_DIGITS


def _without(fields: dict[str, Any], refused: Refused, by: Teller) -> bool:
    """Leave out what was refused; false when that is nothing of these fields."""
    wrong = [name for name in refused.fields if name in fields]
    for name in wrong:
        by.note(SiteNote.Topic.REFUSED, f"{name}: {refused.fields[name]}")
        del fields[name]
    return bool(wrong)


class _Late(Teller):
    """Whoever told it is asked nothing any more."""

    def note(self, topic: SiteNote.Topic, about: str) -> None:
        """Nobody waits for a note about what was said long ago."""


def apply_waiting(*, now: datetime, most: int = 500) -> int:
    """The sweep: what was told of visitors who have become known since, by a form or an import; how many.

    It fills what is empty: what they said themselves meanwhile stands. What a page said of another than its own device
    is not believed.
    """
    known = ToldTraits.objects.filter(is_waiting=True, identity__contact__isnull=False)
    ids = list(known.order_by("pk").values_list("pk", flat=True)[:most])
    return sum(_apply_late(pk, now) for pk in ids)


@transaction.atomic
def _apply_late(identity_id: int, now: datetime) -> bool:
    rows = ToldTraits.objects.select_for_update(of=("self",)).select_related("identity__contact", "group__company")
    told = rows.filter(pk=identity_id, is_waiting=True).first()
    contact = told.identity.contact if told else None
    if told is None or contact is None:
        return False
    told.is_waiting = False
    told.save(update_fields=["is_waiting"])
    if not told.is_trusted and told.identity.kind != IdentityKind.ANONYMOUS:
        return False
    person = words.person_of({name: entry[0] for name, entry in told.traits.items()}, custom_rules())
    by = _Late(KnownSite(0, frozenset()), now)
    _apply(contact, person, person, by)
    join_company(contact, person.company, told.group, by)
    return True


def _apply(contact: Contact, person: words.Person, fresh: words.Person, by: Teller) -> None:
    """Bring the contact's fields up to date: a server's newest word stands, a page only fills what is empty."""
    if by.is_trusted:
        changes = {name: value for name, value in fresh.fields.items() if value != getattr(contact, name)}
        custom = {key: value for key, value in fresh.custom.items() if value != contact.custom.get(key)}
    else:
        changes = {name: value for name, value in person.fields.items() if not getattr(contact, name)}
        custom = {key: value for key, value in person.custom.items() if contact.custom.get(key) in (None, "")}
    while changes or custom:
        try:
            with transaction.atomic():
                change_contact(contact, **(changes | {"custom": custom} if custom else changes))
            break
        except Refused as refused:
            if not _without(changes, refused, by):
                break

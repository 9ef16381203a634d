"""What one call of the API writes, as one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import Refused
from leads.human import Hints, clean_agent
from leads.models import Contact, Identity, IdentityKind, Merge, Source, Tag
from leads.queries import owners_for, told_to
from leads.services import (
    AddressTaken,
    ContactRow,
    NewEvent,
    Outcome,
    add_tag,
    assign_owner,
    change_contact,
    create_contact,
    link_identity,
    record_events,
    remove_tag,
    upsert_contacts,
)
from leads.services.events import check_event, clean_properties
from leads.services.identities import identity_value
from users.models import Token, User

EMAIL = IdentityKind.EMAIL.value


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of a call with events."""

    accepted: int
    duplicates: int
    contacts_created: int


def owner_named(given: Mapping[str, Any], by: User) -> User | None:
    """The colleague whose address was given; Refused when there is none to whom the caller can give leads."""
    address = given.get("owner")
    if not address:
        return None
    owner = owners_for(by).filter(email=str(address).strip().lower()).first()
    if owner is None:
        raise Refused(owner=f"No active colleague to whom you can give contacts has the address “{str(address)[:60]}”.")
    return owner


@transaction.atomic
def new_contact(*, given: Mapping[str, Any], by: User, now: datetime) -> Contact:
    """A new lead with owner and tags, ready to be answered with. Refused when the e-mail address is somebody's."""
    fields = {name: value for name, value in given.items() if name not in {"owner", "tags", "source", "company"}}
    fields |= {"source": given.get("source", Source.API), "company_name": given.get("company", "")}
    try:
        contact = create_contact(now=now, actor=by, owner=owner_named(given, by), **fields)
    except AddressTaken as taken:
        raise told_to(by, taken) from None
    for tag in given.get("tags", []):
        add_tag([contact.pk], tag)
    if given.get("tags"):
        contact.standing.refresh_from_db(fields=["tag_ids"])
    return contact


@transaction.atomic
def change(contact: Contact, *, given: Mapping[str, Any], by: User) -> None:
    """Change what was given and leave the rest; `tags` replaces all tags."""
    fields = {name: value for name, value in given.items() if name not in {"owner", "tags", "company"}}
    if "company" in given:
        fields["company_name"] = given["company"]
    if fields:
        try:
            change_contact(contact, **fields)
        except AddressTaken as taken:
            raise told_to(by, taken) from None
    if "owner" in given:
        assign_owner([contact.pk], owner_named(given, by))
    if "tags" in given:
        wanted = {str(name).strip().casefold(): str(name) for name in given["tags"]}
        for tag in Tag.objects.filter(pk__in=contact.standing.tag_ids):
            if wanted.pop(tag.name.casefold(), None) is None:
                remove_tag([contact.pk], tag)
        for name in wanted.values():
            add_tag([contact.pk], name)


@transaction.atomic
def store_events(given: Sequence[Mapping[str, Any]], *, token: Token, now: datetime, is_list: bool) -> Stored:
    """Store a batch; all of it or, when one event is refused, nothing.

    The sender is trusted: it may tell of two-way events, and an e-mail address that nobody has becomes a new contact
    (source API), because whoever we can write to is a lead. Other unknown identities wait for their contact.
    """
    own = _identities_of({one["contact"] for one in given if "contact" in one}, token.user)
    hidden = _hidden_from(token.user, given)
    events = []
    for number, one in enumerate(given):
        try:
            identity = _who(one, own)
            if hidden and (identity[0], identity_value(*identity)) in hidden:
                field = "email" if "email" in one else "identity"
                raise Refused(**{field: "There is no such contact, or you may not see it."})
            event = NewEvent(
                kind=one["kind"],
                identity=identity,
                occurred_at=one.get("occurred_at") or now,
                source=f"api:{token.user_id}",  # the person: a new token in place of an old one doubles nothing
                message_id=one["message_id"],
                properties=one["properties"],
                hints=Hints(agent) if (agent := clean_agent(one.get("user_agent", ""))) else None,
            )
            check_event(event, now=now)
            clean_properties(event.properties)
        except Refused as refused:
            where = f"{number}." if is_list else ""
            raise Refused(**{f"{where}{name}": text for name, text in refused.fields.items()}) from None
        events.append(event)
    created = _make_contacts([event.identity[1] for event in events if event.identity[0] == EMAIL], token, now)
    recorded = record_events(events, now=now)
    return Stored(len(recorded.ids), len(events) - len(recorded.ids), created)


def _who(one: Mapping[str, Any], own: Mapping[int, tuple[str, str]]) -> tuple[str, str]:
    """(kind, value) of the identity that the event is about; Refused naming the field that tells it wrongly."""
    if "contact" in one:
        if one["contact"] not in own:
            raise Refused(contact="There is no such contact, or you may not see it.")
        return own[one["contact"]]
    try:
        if "email" in one:
            identity_value(EMAIL, one["email"])
            return (EMAIL, one["email"])
        kind, value = one["identity"]["kind"], one["identity"]["value"]
        identity_value(kind, value)
    except Refused as refused:
        raise Refused(**{"email" if "email" in one else "identity": str(refused)}) from None
    return (kind, value)


def _hidden_from(user: User, given: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Those of the named identities that are a contact's whom the user may not see."""
    if user.sees_everything:
        return set()
    keys = set()
    for one in given:
        try:
            keys.add(_key(one))
        except (Refused, KeyError):  # is said, or is about a contact by its id
            continue
    known = Identity.objects.filter(value__in={value for _, value in keys}).exclude(contact=None)
    owners = {(row.kind, row.value): row.contact_id for row in known}
    seen = set(Contact.objects.visible_to(user).filter(pk__in=set(owners.values())).values_list("pk", flat=True))
    return {key for key, contact_id in owners.items() if key in keys and contact_id not in seen}


def _key(one: Mapping[str, Any]) -> tuple[str, str]:
    kind, value = (EMAIL, one["email"]) if "email" in one else (one["identity"]["kind"], one["identity"]["value"])
    return (kind, identity_value(kind, value))


def _identities_of(contact_ids: set[int], user: User) -> dict[int, tuple[str, str]]:
    """An identity of each of these contacts that the user may see, their address before others."""
    if not contact_ids:
        return {}
    former = Merge.objects.standing().filter(former_id__in=contact_ids).exclude(contact=None)
    merges = {merge.former_id: merge for merge in former}
    wanted = contact_ids | {merge.survivor_id for merge in merges.values()}
    seen = set(Contact.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True))
    found: dict[int, tuple[str, str]] = {}
    own: dict[int, tuple[str, str]] = {}  # identity -> as it is named
    for identity in Identity.objects.filter(contact__in=seen).order_by("-pk"):
        own[identity.pk] = (identity.kind, identity.value)
        if identity.contact_id and (identity.kind == EMAIL or identity.contact_id not in found):
            found[identity.contact_id] = own[identity.pk]
    for contact in Contact.objects.filter(pk__in=seen - found.keys()):
        found[contact.pk] = (IdentityKind.EXTERNAL.value, f"contact:{contact.pk}")
        link_identity(kind=found[contact.pk][0], value=found[contact.pk][1], contact=contact)
    for former_id, merge in merges.items():
        if (
            merge.survivor_id in seen
        ):  # under an identity that the former brought along, so that an unmerge takes it back
            brought = [own[pk] for pk in merge.moved.get("leads.identity.contact", []) if pk in own]
            brought.sort(key=lambda identity: identity[0] != EMAIL)
            found[former_id] = brought[0] if brought else found[merge.survivor_id]
    return found


def _make_contacts(addresses: Sequence[str], token: Token, now: datetime) -> int:
    """Contacts for addresses that nobody has; how many were made."""
    by_mailbox = {identity_value(EMAIL, address): address for address in reversed(addresses)}  # the first one counts
    known = Identity.objects.filter(kind=EMAIL, value__in=by_mailbox).exclude(contact=None)
    for mailbox in known.values_list("value", flat=True):
        del by_mailbox[mailbox]
    rows = [ContactRow({"email": address}, source=Source.API) for address in by_mailbox.values()]
    results = upsert_contacts(rows, now=now, actor=token.user, reason=f"First heard of through “{token.name}”")
    return sum(result.outcome == Outcome.CREATED for result in results)

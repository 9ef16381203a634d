"""People: made, changed, found, moved along their lifecycle."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import Refused
from core.prepared import Prepared, columns, record
from leads import custom, normalise, signals
from leads.models import (
    ChangedContact,
    Company,
    Contact,
    Identity,
    IdentityKind,
    Lifecycle,
    LifecycleChange,
    Source,
    Standing,
)
from leads.services import making
from leads.services.companies import company_for, contact_search_text
from leads.services.fields import custom_rules
from leads.services.identities import link_identity
from leads.services.suppression import withdraw_suppressed
from users.models import User

TEXT_FIELDS = {"first_name": 100, "last_name": 100, "email": 254, "phone": 40, "job_title": 150, "country": 2}
CONTACT_FIELDS = frozenset({*TEXT_FIELDS, "company", "custom"})

_BY_IDENTITY = Prepared(  # asked for each form that comes in
    "contact_by_identity",
    ("text", "text"),
    f"SELECT {columns(Contact, 'c')} FROM leads_identity i JOIN leads_contact c ON c.id = i.contact_id "  # noqa: S608
    "WHERE i.kind = %s AND i.value = %s",
)


def clean_fields(changes: dict[str, Any], *, rules: Mapping[str, custom.Rule] | None = None) -> dict[str, Any]:
    """The fields as they are stored; raises Refused with a word per wrong field. `rules` saves a query."""
    errors = dict.fromkeys(set(changes) - CONTACT_FIELDS, "A contact has no such field.")
    cleaned: dict[str, Any] = {name: value for name, value in changes.items() if name in {"company", "custom"}}
    for name, longest in TEXT_FIELDS.items():
        if name not in changes:
            continue
        value = normalise.line(str(changes[name] or ""))
        if len(value) > longest:
            errors[name] = f"At most {longest} characters; this has {len(value):,}."
        cleaned[name] = value
    if cleaned.get("email"):
        given, cleaned["email"] = cleaned["email"], normalise.address(cleaned["email"])
        if not normalise.mailbox(given):
            errors["email"] = f"“{given[:60]}” is not an e-mail address."
    if cleaned.get("country"):
        cleaned["country"] = cleaned["country"].upper()
        if not (len(cleaned["country"]) == 2 and cleaned["country"].isascii() and cleaned["country"].isalpha()):
            errors["country"] = "Use the country's two-letter code, such as DE."
    company = cleaned.get("company")
    if company is not None and not isinstance(company, Company):
        errors["company"] = "Give a company."
    if "custom" in cleaned:
        try:
            cleaned["custom"] = custom.clean(cleaned["custom"], custom_rules() if rules is None else rules)
        except Refused as refused:
            errors |= refused.fields
    if errors:
        raise Refused(**errors)
    return cleaned


class AddressTaken(Refused):
    """The e-mail address is somebody else's. Who it is, only `queries.told_to` says, to whoever may see them."""

    def __init__(self, contact_id: int | None = None) -> None:
        super().__init__(email="This address already belongs to another contact.")
        self.contact_id = contact_id


def _claim(contact: Contact, kind: IdentityKind, value: str) -> bool:
    """Make the address or number the contact's, with what it did before; an address of somebody else is refused.

    True when it was nobody's.
    """
    if not value:
        return False
    if link_identity(kind=kind, value=value, contact=contact):
        return True
    if kind == IdentityKind.EMAIL:
        owner = Identity.objects.values_list("contact_id", flat=True).get(kind=kind, value=value)
        if owner != contact.pk:
            raise AddressTaken(owner)
    return False


def addresses_in(contact: Contact) -> list[tuple[str, str]]:
    """(kind, normalised value) of the address and the number in the contact's own fields."""
    reached_by = [
        (IdentityKind.EMAIL.value, normalise.mailbox(contact.email)),
        (IdentityKind.PHONE.value, normalise.phone(contact.phone, contact.country) if contact.phone else ""),
    ]
    return [(kind, value) for kind, value in reached_by if value]


def _settle(contact: Contact) -> None:
    """What follows from the fields of a contact that was just changed: identities, search, the score queue."""
    new = [(kind, value) for kind, value in addresses_in(contact) if _claim(contact, IdentityKind(kind), value)]
    withdraw_suppressed([(contact.pk, address) for address in new])
    ChangedContact.objects.create(contact_id=contact.pk)
    signals.contact_changed.send(sender=None, contact_ids=[contact.pk])


@transaction.atomic
def create_contact(
    *,
    source: Source | str,
    now: datetime,
    actor: User | None = None,
    owner: User | None = None,
    reason: str = "",
    company_name: str | None = None,
    **fields: Any,
) -> Contact:
    """A new lead, at the company of this name or of the address's domain when a name, even an empty one, is given.

    Raises Refused when a field is wrong or the e-mail address is already somebody's; then nothing is written.
    """
    cleaned = clean_fields(fields)
    if not any(cleaned.get(name) for name in ("first_name", "last_name", "email", "phone")):
        raise Refused("Give at least a name, an e-mail address or a phone number.")
    if company_name is not None:
        cleaned["company"] = company_for(name=company_name, email=cleaned.get("email", ""))
    contact = Contact(created_at=now, **cleaned)
    contact.search_text = contact_search_text(contact, contact.company)
    standing = Standing(contact=contact, source=Source(source), owner=owner)
    step = LifecycleChange(at=now, actor=actor, reason=reason or f"New: {Source(source).label}")
    reached_by = addresses_in(contact)
    made = making.insert(standing, step, reached_by)
    for kind, value in reached_by:
        if (kind, value) not in made.addresses:  # it was heard of before
            made.addresses.update({(kind, value)} if _claim(contact, IdentityKind(kind), value) else ())
    if made.is_suppressed:
        withdraw_suppressed([(contact.pk, address) for address in sorted(made.addresses)], now=now)
    signals.contact_created.send(sender=None, contact_ids=[contact.pk])
    return contact


@transaction.atomic
def change_contact(contact: Contact, *, company_name: str | None = None, **changes: Any) -> Contact:
    """Change a contact's own fields; `company_name` moves them to the company of this name, empty to none."""
    cleaned = clean_fields(changes)
    # NO KEY: events that arrive meanwhile check their foreign key to this row and must not wait, for we wait for them
    mine = Contact.objects.select_for_update(of=("self",), no_key=True)
    contact = mine.select_related("company").get(pk=contact.pk)
    if "custom" in cleaned:
        cleaned["custom"] = contact.custom | cleaned["custom"]
    for name, value in cleaned.items():
        setattr(contact, name, value)
    if not any((contact.first_name, contact.last_name, contact.email, contact.phone)):
        raise Refused("Keep at least a name, an e-mail address or a phone number.")
    if company_name is not None:
        contact.company = company_for(name=company_name)
    contact.search_text = contact_search_text(contact, contact.company)
    contact.save()
    _settle(contact)
    return contact


def find_contact(*, email: str = "", phone: str = "") -> Contact | None:
    """Who has this e-mail address, or else this number."""
    for kind, value in ((IdentityKind.EMAIL, normalise.mailbox(email)), (IdentityKind.PHONE, normalise.phone(phone))):
        if value and (found := _BY_IDENTITY.rows([kind.value, value])):
            return record(Contact, found[0])
    return None


@transaction.atomic
def upsert_contact(
    *, source: Source | str, now: datetime, company_name: str | None = "", actor: User | None = None, **fields: Any
) -> tuple[Contact, bool]:
    """The contact with this e-mail address, its empty fields filled; made when it is new. (contact, is new).

    `company_name` as in `create_contact`: none when the company, if there is one, is among the fields.
    """
    contact = find_contact(email=str(fields.get("email") or ""))
    if contact is None:
        try:
            return create_contact(source=source, now=now, actor=actor, company_name=company_name, **fields), True
        except Refused:
            contact = find_contact(email=str(fields.get("email") or ""))  # made by another request meanwhile?
            if contact is None:
                raise
    if contact.company_id is None and company_name is not None:
        fields.setdefault("company", company_for(name=company_name, email=str(fields.get("email") or "")))
    news = {name: value for name, value in fields.items() if value and not getattr(contact, name, None)}
    return (change_contact(contact, **news) if news else contact), False


@transaction.atomic
def enter_lifecycle(
    contact_id: int,
    stage: Lifecycle,
    *,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
    definition_version: int | None = None,
) -> bool:
    """Move a contact to another lifecycle stage; false when it is there already."""
    standing = Standing.objects.select_for_update(no_key=True).get(pk=contact_id)
    if standing.lifecycle == stage:
        return False
    LifecycleChange.objects.create(
        contact_id=contact_id,
        from_stage=standing.lifecycle,
        to_stage=stage,
        at=now,
        actor=actor,
        reason=reason[:300],
        definition_version=definition_version,
    )
    standing.lifecycle = stage
    standing.save(update_fields=["lifecycle"])
    ChangedContact.objects.create(contact_id=contact_id)
    signals.contact_changed.send(sender=None, contact_ids=[contact_id])
    return True

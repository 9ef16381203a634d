"""What another program tells of organisations, and who belongs to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from capture import traits as words
from capture.models import ToldGroup, ToldTraits
from capture.services.same_person import Teller, keys_of, look_up
from leads.models import Company, Contact, IdentityKind
from leads.services import change_company, change_contact, company_for, custom_rules

MOST_MEMBERS = 500


@transaction.atomic
def group(
    group_id: str, user_id: str, anonymous_id: str, traits: Mapping[str, Any], *, at: datetime, by: Teller
) -> None:
    """Somebody belongs to this organisation, which has these traits."""
    row = _group(group_id, at)
    if by.is_trusted or row.company_id is None:
        row.traits, _ = words.newest(row.traits, traits, at=at)
        organisation = words.organisation_of(
            {name: entry[0] for name, entry in row.traits.items()}, custom_rules("company")
        )
        _fill_company(row, organisation, by)
        row.save()
    if not user_id and not anonymous_id:
        return
    known = look_up(keys_of(user_id, by.turns.visitor(anonymous_id, at)))
    told = remembered(known.main, by)
    if told is not None:
        told.group = row
        told.save()
    contact_id = known.contact_id(IdentityKind.USER_ID) or known.contact_id(IdentityKind.ANONYMOUS)
    mine = known.contact_id(IdentityKind.ANONYMOUS) == contact_id
    if contact_id is not None and (by.is_trusted or mine):
        join_company(Contact.objects.get(pk=contact_id), None, row, by)


def remembered(identity_id: int, by: Teller) -> ToldTraits | None:
    """The row of an identity, locked; none when a page speaks of somebody of whom a server has spoken."""
    ToldTraits.objects.bulk_create(
        [ToldTraits(identity_id=identity_id, is_trusted=by.is_trusted, updated_at=by.now)], ignore_conflicts=True
    )
    row = ToldTraits.objects.select_for_update(of=("self",)).select_related("group__company").get(pk=identity_id)
    if row.is_trusted and not by.is_trusted:
        return None
    row.is_trusted, row.updated_at = by.is_trusted, by.now
    return row


def _group(key: str, at: datetime) -> ToldGroup:
    ToldGroup.objects.bulk_create([ToldGroup(key=key, at=at)], ignore_conflicts=True)
    row = ToldGroup.objects.select_for_update().get(key=key)
    row.at = max(row.at, at)
    return row


def _fill_company(row: ToldGroup, told: words.Organisation, by: Teller) -> None:
    """The group's company: found or made as soon as a name or domain is known; then its members belong to it."""
    if row.company_id is None:
        row.company = company_for(name=told.name, domain=told.domain)
        if row.company is None:
            return
        members = Contact.objects.filter(identities__told__group=row, company=None).distinct().order_by("pk")
        for contact in members[:MOST_MEMBERS]:
            change_contact(contact, company=row.company)
    if row.company is not None:
        _describe(row.company, told, by)


def _describe(company: Company, told: words.Organisation, by: Teller) -> None:
    """Fill what we do not know of the company; a server also tells what the team's own fields say."""
    changes = {name: value for name, value in told.fields.items() if not getattr(company, name)}
    custom = {key: value for key, value in told.custom.items() if value != company.custom.get(key)}
    if custom and by.is_trusted:
        changes["custom"] = custom
    if changes:
        change_company(company, **changes)


def join_company(
    contact: Contact, told: words.Organisation | None, group: ToldGroup | None, by: Teller, *, moves: bool = False
) -> None:
    """The company that the person is said to work for, when none is known yet, or when that is another than before."""
    contact = Contact.objects.select_related("company").get(pk=contact.pk)
    company = group.company if group and not moves else None
    if company is None and told is not None:  # to move somebody elsewhere the address is no reason
        company = company_for(name=told.name, email="" if moves else contact.email, domain=told.domain)
    if company is not None and (contact.company_id is None or (moves and contact.company_id != company.pk)):
        change_contact(contact, company=company)
    if company is not None and told is not None and (by.is_trusted or contact.company_id is None):
        _describe(company, told, by)

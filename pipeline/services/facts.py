"""What an opportunity is about and who belongs to it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from activities.models import ActivityKind
from activities.notices import Topic
from activities.services import add_entry, notify
from core.errors import Refused
from leads import normalise
from leads.models import Contact
from leads.services import assign_owner
from pipeline import terms
from pipeline.models import Opportunity, OpportunityPerson
from pipeline.services.finding import search_text_of
from pipeline.services.items import keep_to_items
from pipeline.services.passing import handed_by
from pipeline.services.rows import hold_opportunity, hold_standing, refuse_as_owner, store
from users.models import User

UNCHANGED: Any = object()


@transaction.atomic
def edit(
    *,
    opportunity_id: int,
    actor: User,
    now: datetime,
    version: int | None = None,
    owner: User | None = UNCHANGED,
    **changes: Any,
) -> Opportunity:
    """Change name, amount, currency, expected close, next step, owner of an open opportunity.

    A new owner gets the contact too: whoever sells must see the person.
    """
    contact_id = hold_standing(opportunity_id).contact_id
    opportunity = hold_opportunity(opportunity_id, version)
    if not opportunity.is_open:
        raise Refused("This opportunity is closed. Reopen it before you change it.")
    cleaned = terms.cleaned(changes, today=now.date())
    keep_to_items(opportunity, cleaned)
    changed = [name for name, value in cleaned.items() if getattr(opportunity, name) != value]
    for name in changed:
        setattr(opportunity, name, cleaned[name])
    stage = opportunity.stage
    missing = [name for name in terms.missing(stage.required_fields, vars(opportunity)) if name in changed]
    if missing:
        raise terms.ask_for(missing, stage.name)
    if owner is not UNCHANGED and (owner.pk if owner else None) != opportunity.owner_id:
        _hand_to(opportunity, owner, contact_id, actor=actor, now=now)
        changed.append("owner")
    if changed:
        opportunity.search_text = search_text_of(opportunity)
        store(opportunity, [*changed, "search_text"], now=now)
    return opportunity


def _hand_to(opportunity: Opportunity, owner: User | None, contact_id: int, *, actor: User, now: datetime) -> None:
    if owner is not None:
        refuse_as_owner(owner)
    opportunity.owner = owner
    assign_owner([contact_id], owner, now=now, actor=actor)
    handed_by(opportunity, owner, actor=actor, now=now)
    add_entry(
        contact_id=contact_id,
        kind=ActivityKind.OWNER,
        title=f"{opportunity.name} handed to {owner}" if owner else f"{opportunity.name} has no owner now",
        at=now,
        actor=actor,
    )
    if owner is not None and owner != actor:
        notify(
            user_ids=[owner.pk],
            topic=Topic.HAND_OFF,
            key=f"opportunity-handed:{opportunity.pk}:{opportunity.version}",
            text=f"{actor} handed you {opportunity.name}",
            url=reverse("opportunity", args=[opportunity.pk]),
            now=now,
        )


@transaction.atomic
def add_person(
    *, opportunity_id: int, contact: Contact, now: datetime, role: str = "", version: int | None = None
) -> OpportunityPerson:
    """Another person of the buying group; the same one again changes the role."""
    opportunity = hold_opportunity(opportunity_id, version)
    role = normalise.line(role)
    if len(role) > 60:
        raise Refused(role=f"At most 60 characters; this has {len(role):,}.")
    if contact.pk == opportunity.contact_id:
        raise Refused(contact=f"{contact.name} is the main person of this opportunity already.")
    person, _ = OpportunityPerson.objects.update_or_create(
        opportunity=opportunity, contact=contact, defaults={"role": role}
    )
    store(opportunity, [], now=now)
    return person


@transaction.atomic
def remove_person(*, opportunity_id: int, contact_id: int, now: datetime) -> bool:
    """No longer part of it; false when they were not."""
    opportunity = hold_opportunity(opportunity_id, None)
    gone, _ = OpportunityPerson.objects.filter(opportunity=opportunity, contact_id=contact_id).delete()
    if gone:
        store(opportunity, [], now=now)
    return bool(gone)

"""A further person of a company to which something is being sold already."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from activities.models import ActivityKind
from activities.notices import Topic
from activities.services import add_entry, notify
from leads.models import Contact, Evidence, Lifecycle, Standing, Verdict
from leads.services import assign_owner, enter_lifecycle
from pipeline.models import HandOff, HandOffState, HandOffTerms, Opportunity, OpportunityPerson
from pipeline.queries.handover import deal_to_join
from pipeline.services.offers import Basis
from pipeline.services.rows import hold_opportunity, store
from users.models import User


def joined_by(contact_id: int) -> Opportunity | None:
    """The open opportunity that a promotion has made the contact a part of."""
    rows = Opportunity.objects.open().filter(people__contact=contact_id)
    rows = rows.filter(hand_offs__contact=contact_id, hand_offs__state=HandOffState.JOINED)
    return rows.order_by("-created_at", "-pk").first()


def target_of(contact: Contact, terms: HandOffTerms, *, wanted: bool | None) -> Opportunity | None:
    """The company's newest open opportunity, if the contact is to join it; held until the transaction ends."""
    newest = deal_to_join(contact) if (terms.joins_company if wanted is None else wanted) else None
    if newest is None:
        return None
    held = hold_opportunity(newest.pk, None)
    return held if held.is_open else None


def join(
    opportunity: Opportunity,
    contact: Contact,
    standing: Standing,
    basis: Basis,
    *,
    why: str,
    now: datetime,
    actor: User | None,
) -> None:
    """Make the contact a person of the held opportunity, with the owner who has it; the standing is held."""
    known = Evidence.objects.standing(now).filter(contact=contact, criterion__key="authority")
    decides = any(row.verdict == Verdict.MEETS for row in known)
    OpportunityPerson.objects.get_or_create(
        opportunity=opportunity, contact=contact, defaults={"role": "Decides" if decides else ""}
    )
    store(opportunity, [], now=now)
    said = f"{contact.company} has an open opportunity"
    HandOff.objects.create(
        contact=contact,
        opportunity=opportunity,
        rep_id=opportunity.owner_id,
        offered_at=now,
        decided_at=now,
        state=HandOffState.JOINED,
        routing={"because": said},
        **basis.columns,
    )
    if opportunity.owner and opportunity.owner.is_active:
        assign_owner([contact.pk], opportunity.owner, now=now, actor=actor)
    if standing.lifecycle != Lifecycle.CUSTOMER:
        version = standing.definition_version
        enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=now, actor=actor, reason=why, definition_version=version)
    title = f"Joined {opportunity.name}: {said}"
    add_entry(contact_id=contact.pk, kind=ActivityKind.STAGE, title=title, at=now, actor=actor)
    if opportunity.owner_id and opportunity.owner_id != (actor.pk if actor else None):
        notify(
            user_ids=[opportunity.owner_id],
            topic=Topic.HAND_OFF,
            key=f"joined:{opportunity.pk}:{contact.pk}",
            text=f"{contact.name} of {contact.company} qualified and joins {opportunity.name}",
            url=reverse("opportunity", args=[opportunity.pk]),
            now=now,
        )


def joined(opportunity_id: int) -> list[int]:
    """Who became a prospect by joining it."""
    rows = HandOff.objects.filter(opportunity=opportunity_id, state=HandOffState.JOINED)
    return sorted(set(rows.values_list("contact", flat=True)))


def follow(opportunity: Opportunity, stage: Lifecycle, *, reason: str, now: datetime, actor: User | None) -> list[int]:
    """Those who had joined go where the main person goes, unless something else is sold to them, or was before."""
    others = Opportunity.objects.exclude(pk=opportunity.pk)
    followed = []
    for contact_id in joined(opportunity.pk):
        of_them = others.filter(
            Q(contact=contact_id) | Q(hand_offs__contact=contact_id, hand_offs__state=HandOffState.JOINED)
        )
        is_held = stage != Lifecycle.CUSTOMER and of_them.filter(Q(closed_at=None) | Q(stage__kind="won")).exists()
        is_out = Standing.objects.filter(pk=contact_id, lifecycle=Lifecycle.DISQUALIFIED).exists()
        if is_held or is_out:
            continue
        if enter_lifecycle(contact_id, stage, now=now, actor=actor, reason=reason):
            followed.append(contact_id)
    return followed

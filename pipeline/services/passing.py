"""An offer goes on to the next: it ran out, nobody was free, or a person gave it to somebody."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from activities.models import ActivityKind
from activities.notices import Topic
from activities.services import add_entry, notify
from leads.models import Standing
from pipeline import signals
from pipeline.models import HandOff, HandOffState, Opportunity
from pipeline.services.offers import Basis, claim, give_to, hold, make, managers_of, tell
from pipeline.services.routing import Assignment, assign
from pipeline.services.rows import hold_opportunity
from users.models import User


def overdue(now: datetime) -> "QuerySet[HandOff]":
    """Offers that nobody answered in time."""
    return HandOff.objects.offered().filter(due_at__lte=now)


def unplaced() -> "QuerySet[HandOff]":
    """Offers that wait because nobody was free."""
    return HandOff.objects.offered().filter(rep=None, opportunity__closed_at=None)


def _had_it(offer: HandOff, *, times: int) -> set[int]:
    """Who was offered this opportunity before and let it run out so often, or lost it for another reason."""
    earlier = HandOff.objects.filter(opportunity=offer.opportunity_id).exclude(state=HandOffState.OFFERED)
    rows = list(earlier.exclude(rep=None).values_list("rep", "state"))
    ran_out = Counter(rep for rep, state in rows if state == HandOffState.EXPIRED)
    return {rep for rep, state in rows if state != HandOffState.EXPIRED or ran_out[rep] >= times}


def _next(standing: Standing, offer: HandOff, opportunity: Opportunity, *, now: datetime) -> Assignment:
    """Somebody who has not had it; where nobody else is there, whoever let it run out is asked once more."""
    passed = _had_it(offer, times=1)
    assigned = assign(standing, offer.contact, opportunity.pipeline, now=now, but_not=passed)
    if assigned.rep or (often := _had_it(offer, times=2)) == passed:
        return assigned
    return assign(standing, offer.contact, opportunity.pipeline, now=now, but_not=often)


@transaction.atomic
def expire(*, hand_off_id: int, now: datetime) -> HandOff | None:
    """The time to answer is over: offer it to the next, and tell the manager. None when it was answered meanwhile."""
    standing, offer = hold(hand_off_id)
    if not overdue(now).filter(pk=hand_off_id).update(state=HandOffState.EXPIRED, decided_at=now):
        return None
    following = pass_on(standing, offer, now=now)
    signals.hand_off_expired.send(sender=None, hand_off_id=hand_off_id)
    to = "nobody else is free"
    if following and following.rep:
        to = f"offered to {following.rep}{' again' if following.rep == offer.rep else ''}"
    add_entry(
        contact_id=offer.contact_id,
        kind=ActivityKind.OWNER,
        title=f"Hand-off to {offer.rep or 'nobody'} ran out, {to}",
        at=now,
    )
    opportunity = offer.opportunity_id
    notify(
        user_ids=managers_of(offer.rep),
        topic=Topic.HAND_OFF,
        key=f"hand-off-expired:{offer.pk}",
        text=f"{offer.rep or 'Nobody'} did not answer for {offer.contact.name} in time: {to}",
        url=reverse("opportunity", args=[opportunity]) if opportunity else reverse("contact", args=[offer.contact_id]),
        now=now,
    )
    return following


def pass_on(standing: Standing, former: HandOff, *, now: datetime) -> HandOff | None:
    """Offer it to the next; the caller holds the standing and has closed the former offer."""
    if former.opportunity_id is None:
        return None
    opportunity = hold_opportunity(former.opportunity_id, None)
    if not opportunity.is_open:
        return None
    assigned = _next(standing, former, opportunity, now=now)
    give_to(opportunity.pk, assigned.rep, now=now, actor=None)
    following = make(opportunity, assigned, Basis.again(former), now=now, replaces=former)
    tell(following, opportunity, former.contact, now=now, actor=None)
    return following


@transaction.atomic
def place(*, hand_off_id: int, now: datetime) -> bool:
    """Try again to find somebody for an offer that waits; false while nobody is free."""
    standing, offer = hold(hand_off_id)
    if offer.rep_id is not None or offer.opportunity is None or not offer.is_open:
        return False
    assigned = _next(standing, offer, offer.opportunity, now=now)
    if assigned.rep is None or not claim(hand_off_id, HandOffState.PASSED_ON, now=now, actor=None):
        return False
    opportunity = give_to(offer.opportunity.pk, assigned.rep, now=now, actor=None)
    following = make(opportunity, assigned, Basis.again(offer), now=now, replaces=offer)
    tell(following, opportunity, offer.contact, now=now, actor=None)
    return True


def handed_by(opportunity: Opportunity, owner: User | None, *, actor: User, now: datetime) -> None:
    """A person gives the opportunity to somebody: what was offered is settled, the new owner has it."""
    former = HandOff.objects.offered().filter(opportunity=opportunity).select_related("contact").first()
    if former is None or not claim(former.pk, HandOffState.PASSED_ON, now=now, actor=actor):
        return
    if owner is not None:
        said = f"{actor} gave it to {owner}"
        make(
            opportunity,
            Assignment(owner, said, explained={"because": said}),
            Basis.again(former),
            now=now,
            actor=actor,
            replaces=former,
        )

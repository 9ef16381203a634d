"""A prospect goes back: the rep rejects it, or the promotion is undone. The opportunity is taken away whole."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from activities.models import ActivityKind, Notification
from activities.services import add_entry
from core.errors import Refused
from leads import normalise
from leads.models import Contact, Criterion, Lifecycle, Standing, Verdict
from leads.services import assign_owner, enter_lifecycle, record_evidence
from leads.vocabulary import UNDONE_WITHIN
from pipeline import signals
from pipeline.models import (
    HandOff,
    HandOffState,
    LineItem,
    Opportunity,
    OpportunityPerson,
    Priority,
    RejectReason,
    ReturnBy,
    StageKind,
    StageMove,
    Turn,
)
from pipeline.services.offers import check_whose, claim, hold, say_what_happened
from pipeline.services.passing import pass_on
from pipeline.services.recycling import check_day, drop, let_go
from users.models import User

LONGEST_NOTE = 300
# what a rejection says about a criterion, by the criterion's key
CONTRADICTS = {
    RejectReason.NO_AUTHORITY: "authority",
    RejectReason.NO_BUDGET: "budget",
    RejectReason.NO_NEED: "need",
    RejectReason.TIMING: "timeline",
}


@transaction.atomic
def reject(
    *,
    hand_off_id: int,
    actor: User,
    now: datetime,
    reason: str,
    note: str = "",
    back_on: date | None = None,
    by: str = "",
) -> HandOff:
    """The rep says no, and why. The lead goes back to rest, and evidence that the reason contradicts is corrected.

    In the wrong territory it goes to the next rep instead. `back_on` is the day on which to look at the lead again,
    `by` one of ReturnBy; else the rule of the reason.
    """
    standing, offer = hold(hand_off_id)
    note, label = _checked(reason, note, back_on, by, today=now.date()), RejectReason(reason).label
    check_whose(offer, actor)
    if offer.state == HandOffState.REJECTED and offer.decided_by_id == actor.pk:
        return offer
    if not claim(hand_off_id, HandOffState.REJECTED, now=now, actor=actor, reason=reason, note=note):
        raise say_what_happened(offer)
    said = f"{label}: “{note}”" if note else label
    contact = Contact.objects.get(pk=offer.contact_id)
    _correct(contact, reason, note, actor=actor, back_on=back_on, now=now)
    following = pass_on(standing, offer, now=now) if reason == RejectReason.TERRITORY else None
    if following is None:
        take_away(standing, offer, reason=f"Hand-off rejected: {label}", now=now, actor=actor)
        let_go(
            contact.pk,
            reason=reason,
            label=f"Rejected: {label}",
            now=now,
            actor=actor,
            hand_off=offer,
            by=by,
            back_on=back_on,
        )
    goes = "goes back to the leads" if following is None else f"goes on to {following.rep or 'whoever is free first'}"
    title = f"Hand-off rejected by {actor}: {label}; {goes}"
    add_entry(contact_id=contact.pk, kind=ActivityKind.OWNER, title=title, body=note and said, at=now, actor=actor)
    signals.hand_off_rejected.send(sender=None, hand_off_id=hand_off_id)
    offer.refresh_from_db()
    return offer


def _checked(reason: str, note: str, back_on: date | None, by: str, *, today: date) -> str:
    """The note on one line."""
    note = normalise.line(note)
    if reason not in RejectReason.values:
        raise Refused(reason="Choose why: marketing learns from every no.")
    if len(note) > LONGEST_NOTE:
        raise Refused(note=f"At most {LONGEST_NOTE} characters; this has {len(note):,}.")
    check_day(back_on, today=today)
    if by and by not in ReturnBy.values:
        raise Refused(by="Choose what brings them back.")
    return note


def _correct(contact: Contact, reason: str, note: str, *, actor: User, back_on: date | None, now: datetime) -> None:
    """What the rep found out is evidence; where the criterion is not asked here, there is nothing to correct."""
    key = CONTRADICTS.get(RejectReason(reason))
    criterion = Criterion.objects.filter(key=key).first() if key else None
    if criterion is None:
        return
    record_evidence(
        contact=contact,
        criterion=criterion,
        verdict=Verdict.FAILS,
        text=f"{RejectReason(reason).label}, says {actor}"[:300],
        quote=note,
        on_date=back_on if reason == RejectReason.TIMING else None,
        recorded_by=actor,
        source="rejection",
        now=now,
    )


def take_away(standing: Standing, offer: HandOff, *, reason: str, now: datetime, actor: User | None) -> None:
    """Remove the opportunity, so that no board and no forecast has it; the contact is what it was, with its owner.

    The caller holds standing and opportunity. Whoever had joined goes back, too.
    """
    opportunity = offer.opportunity
    if opportunity is not None:
        joined = HandOff.objects.filter(opportunity=opportunity, state=HandOffState.JOINED).exclude(pk=offer.pk)
        for other in joined.select_related("contact").order_by("contact_id"):
            _go_back(
                other, Standing.objects.select_for_update(no_key=True).get(pk=other.contact_id), reason, now, actor
            )
            HandOff.objects.filter(pk=other.pk).update(state=HandOffState.UNDONE, decided_at=now, decided_by=actor)
            let_go(other.contact_id, reason="went_along", label=reason, now=now, actor=actor, by=ReturnBy.ANEW)
        _lead_elsewhere(opportunity, offer.contact_id)
        opportunity.delete()
    _go_back(offer, standing, reason, now, actor)


def _lead_elsewhere(opportunity: Opportunity, contact_id: int) -> None:
    """Nobody is offered it any longer, and what else was told of it leads to the contact."""
    told = Notification.objects.filter(url=reverse("opportunity", args=[opportunity.pk]))
    keys = dict(told.values_list("pk", "key"))
    offers = [pk for pk, key in keys.items() if key.startswith(("opportunity-opened:", "hand-off:"))]
    Notification.objects.filter(pk__in=offers).delete()
    Notification.objects.filter(pk__in=keys).update(url=reverse("contact", args=[contact_id]))


def _go_back(offer: HandOff, standing: Standing, reason: str, now: datetime, actor: User | None) -> None:
    former = User.objects.assignable().filter(pk=offer.former_owner_id).first() if offer.former_owner_id else None
    assign_owner([offer.contact_id], former, now=now, actor=actor)
    still = Opportunity.objects.filter(contact=offer.contact_id)
    if standing.lifecycle != Lifecycle.PROSPECT or still.open().exists():
        return
    has_bought = still.filter(stage__kind=StageKind.WON).exists()
    enter_lifecycle(
        offer.contact_id,
        Lifecycle.CUSTOMER if has_bought else Lifecycle.LEAD,
        now=now,
        actor=actor,
        reason=reason,
        definition_version=offer.definition_version,
    )


def lost_by_undoing(opportunity: Opportunity) -> Sequence[str]:
    """What people have made of it since: all that would go with it."""
    lost = []
    moves = StageMove.objects.filter(opportunity=opportunity).count()
    if moves > 1:
        lost.append(f"it was moved {moves - 1} time{'' if moves == 2 else 's'}, now in {opportunity.stage.name}")
    if opportunity.amount is not None:
        lost.append(f"the amount, {opportunity.amount:,.2f} {opportunity.currency}")
    if opportunity.expected_close:
        lost.append(f"the expected close, {opportunity.expected_close:%-d %B %Y}")
    if opportunity.next_step:
        lost.append(f"the next step, “{opportunity.next_step}”")
    if opportunity.priority != Priority.NORMAL:
        lost.append(f"that it has {opportunity.priority} priority")
    if opportunity.tags.exists() or opportunity.competitors.exists() or opportunity.co_owners.exists():
        lost.append("its tags, competitors and co-owners")
    if opportunity.custom:
        lost.append("its own fields")
    files = opportunity.files.count()
    if files:
        lost.append(f"{files} file{'' if files == 1 else 's'}")
    items = LineItem.objects.filter(opportunity=opportunity).count()
    if items:
        lost.append(f"{items} product{'' if items == 1 else 's'} in it")
    people = OpportunityPerson.objects.filter(opportunity=opportunity).count()
    if people:
        lost.append(f"{people} further {'person' if people == 1 else 'people'}")
    return lost


@transaction.atomic
def undo_promotion(*, hand_off_id: int, actor: User, now: datetime, reason: str = "", is_sure: bool = False) -> HandOff:
    """As if it had not been promoted: opportunity, owner, lifecycle, and the turn that it took.

    Within 30 days, and not once it was closed. Refused, with a list, when somebody has worked on it, unless they are
    `is_sure` that this may be lost. The contact keeps what was learned about it; a line on its timeline says so.
    """
    standing, offer = hold(hand_off_id)
    if offer.state == HandOffState.UNDONE:
        return offer
    reason = normalise.line(reason)
    if len(reason) > LONGEST_NOTE:
        raise Refused(reason=f"At most {LONGEST_NOTE} characters; this has {len(reason):,}.")
    opportunity = offer.opportunity
    if opportunity is None or offer.state in (HandOffState.REJECTED, HandOffState.EXPIRED, HandOffState.PASSED_ON):
        raise say_what_happened(offer)
    is_joined = offer.state == HandOffState.JOINED
    began = offer.offered_at if is_joined else opportunity.created_at
    if now - began > UNDONE_WITHIN:
        raise Refused(
            f"This was {(now - began).days} days ago; a promotion can be undone for 30 days. Lose it instead."
        )
    if not opportunity.is_open:
        raise Refused("This opportunity is closed. Reopen it before you undo the promotion.")
    lost = [] if is_joined else lost_by_undoing(opportunity)
    if lost and not is_sure:
        raise Refused(is_sure=f"This would be lost: {'; '.join(lost)}. Tick the box if it may be.")
    HandOff.objects.filter(pk=offer.pk).update(state=HandOffState.UNDONE, decided_at=now, decided_by=actor, note=reason)
    if is_joined:
        OpportunityPerson.objects.filter(opportunity=opportunity, contact=offer.contact_id).delete()
        _go_back(offer, standing, f"Promotion undone{': ' if reason else ''}{reason}", now, actor)
    else:
        _give_turns_back(opportunity, offer.contact_id)
        take_away(standing, offer, reason=f"Promotion undone{': ' if reason else ''}{reason}", now=now, actor=actor)
    drop(offer.contact_id, now=now)
    let_go(
        offer.contact_id,
        reason="undone",
        label="Promotion undone",
        now=now,
        actor=actor,
        hand_off=offer,
        by=ReturnBy.ANEW,
    )
    title = f"Promotion undone by {actor}"
    add_entry(contact_id=offer.contact_id, kind=ActivityKind.STAGE, title=title, body=reason, at=now, actor=actor)
    offer.refresh_from_db()
    return offer


def _give_turns_back(opportunity: Opportunity, contact_id: int) -> None:
    """The ledger as if nobody had been credited or had paid, also for offers that ran out or were passed on.

    Who got nothing since has waited as long as before.
    """
    offers = list(HandOff.objects.filter(opportunity=opportunity, contact=contact_id).order_by("-pk"))
    reps = {share["rep"] for offer in offers for share in offer.routing.get("shares", [])}
    turns = {turn.pk: turn for turn in Turn.objects.select_for_update(no_key=True).filter(pk__in=reps).order_by("pk")}
    others = HandOff.objects.exclude(opportunity=opportunity)
    for offer in offers:
        since = others.filter(rep=offer.rep_id, offered_at__gte=offer.offered_at, pk__gt=offer.pk)
        for share in offer.routing.get("shares", []):
            if (turn := turns.get(share["rep"])) is None:
                continue
            turn.credit -= share["credited"] - share["paid"]
            if share["paid"] and not since.exists():
                last = share.get("last_at")
                turn.at = datetime.fromisoformat(last) if last else None
    Turn.objects.bulk_update(turns.values(), ["credit", "at"])

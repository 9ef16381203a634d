"""The offer of a prospect to a rep: made, accepted, run out, passed on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse

from activities.models import ActivityKind
from activities.notices import Topic
from activities.services import add_entry, notify
from core.errors import Refused, Stale
from core.locks import locked
from leads.models import Contact, Standing
from leads.queries.touches import came_from
from leads.services import assign_owner
from pipeline import signals, working_time
from pipeline.models import HandOff, HandOffState, Opportunity, Promoted
from pipeline.queries.availability import hours_of, terms_of
from pipeline.services.routing import Assignment
from pipeline.services.rows import Gone, hold_opportunity, store
from users.models import User
from users.roles import Can, Role


@dataclass(frozen=True, slots=True)
class Basis:
    """What an offer is based on; the same for each that follows it."""

    snapshot: dict[str, Any]
    promoted: Promoted = Promoted.AUTOMATIC
    is_override: bool = False
    former_owner_id: int | None = None
    definition_version: int | None = None
    source: str = ""
    campaign: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """As a hand-off keeps it."""
        return {
            "snapshot": self.snapshot,
            "promoted": self.promoted,
            "is_override": self.is_override,
            "former_owner_id": self.former_owner_id,
            "definition_version": self.definition_version,
            "source": self.source,
            "campaign": self.campaign[:200],
        }

    @classmethod
    def of(cls, contact: Contact, standing: Standing, snapshot: dict[str, Any], **more: Any) -> "Basis":
        """As the contact is now, before its owner changes."""
        first = came_from(contact).first
        return cls(
            snapshot,
            former_owner_id=standing.owner_id,
            definition_version=standing.definition_version,
            source=standing.source,
            campaign=first.campaign if first else "",
            **more,
        )

    @classmethod
    def again(cls, former: HandOff) -> "Basis":
        """The same as of the offer before."""
        return cls(
            former.snapshot,
            Promoted(former.promoted),
            former.is_override,
            former.former_owner_id,
            former.definition_version,
            former.source,
            former.campaign,
        )


def make(
    opportunity: Opportunity,
    assigned: Assignment,
    basis: Basis,
    *,
    now: datetime,
    actor: User | None = None,
    replaces: HandOff | None = None,
) -> HandOff:
    """Offer the opportunity to who was chosen, or count it as accepted where the team's terms ask nobody.

    Whoever promotes by hand has said yes. When nobody is free the offer waits for somebody.
    """
    rep = assigned.rep
    terms = terms_of(rep.team_id) if rep else None
    is_asked = rep is None or bool(terms and terms.is_offered and rep != actor)
    due_at = None
    if rep and terms and is_asked:
        hours = hours_of(rep, now=now)
        due_at = working_time.later(hours, now, timedelta(hours=terms.answer_within))
    offer = HandOff.objects.create(
        contact_id=opportunity.contact_id,
        opportunity=opportunity,
        rep=rep,
        offered_at=now,
        due_at=due_at,
        state=HandOffState.OFFERED if is_asked else HandOffState.ACCEPTED,
        decided_at=None if is_asked else now,
        decided_by=None if is_asked else rep,
        replaces=replaces,
        rule=assigned.rule[:80],
        routing=assigned.explained,
        **basis.columns,
    )
    if rep:
        announced = signals.hand_off_offered if is_asked else signals.hand_off_accepted
        announced.send(sender=None, hand_off_id=offer.pk)
    return offer


def tell(offer: HandOff, opportunity: Opportunity, contact: Contact, *, now: datetime, actor: User | None) -> None:
    """A line in the rep's bell; where reps are asked, in the managers' when there is nobody to ask."""
    url = reverse("opportunity", args=[opportunity.pk])
    if offer.rep is None and terms_of(None).is_offered:
        said = f"Nobody is free to take {contact.name}"
        key = f"hand-off:{offer.pk}"
        notify(user_ids=managers_of(None), key=key, text=said, url=url, now=now, topic=Topic.HAND_OFF)
    if offer.rep is None or offer.rep == actor:
        return
    until = ""
    if offer.is_open and offer.due_at:
        until = f", answer by {_clock(offer.due_at, offer.rep)}"
    key = f"hand-off:{offer.pk}" if offer.replaces_id else f"opportunity-opened:{opportunity.pk}"
    notify(
        user_ids=[offer.rep.pk],
        topic=Topic.HAND_OFF,
        key=key,
        text=f"New prospect for you: {contact.name}{until}",
        url=url,
        now=now,
    )


def _clock(at: datetime, reader: User) -> str:
    return f"{at.astimezone(ZoneInfo(reader.timezone)):%a %H:%M}"


def managers_of(rep: User | None) -> list[int]:
    """Who is told when something went wrong: the managers of the team, else all of them."""
    managers = User.objects.get_queryset().filter(role=Role.MANAGER, is_active=True)
    own = list(managers.filter(team_id=rep.team_id).values_list("pk", flat=True)) if rep and rep.team_id else []
    return own or list(managers.values_list("pk", flat=True))


def hold(hand_off_id: int) -> tuple[Standing, HandOff]:
    """Lock the contact's standing and the opportunity, and read the hand-off, which is then changed by claiming it."""
    contact_id = HandOff.objects.filter(pk=hand_off_id).values_list("contact_id", flat=True).first()
    standings = locked(Standing.objects.filter(pk=contact_id)) if contact_id is not None else []
    if not standings:
        raise Gone("This hand-off no longer exists.")
    locked(Opportunity.objects.filter(hand_offs=hand_off_id).only("pk"))
    return standings[0], HandOff.objects.select_related("rep", "opportunity", "contact").get(pk=hand_off_id)


def claim(hand_off_id: int, state: HandOffState, *, now: datetime, actor: User | None, **more: Any) -> bool:
    """Decide an open offer; of two who decide at once one is told false."""
    offered = HandOff.objects.offered().filter(pk=hand_off_id)
    return bool(offered.update(state=state, decided_at=now, decided_by=actor, **more))


def check_whose(offer: HandOff, actor: User) -> None:
    """An offer is answered by its rep, or for them by whoever leads."""
    if offer.rep_id not in (None, actor.pk) and actor.role == Role.REP:
        raise Refused(f"This was offered to {offer.rep}. Ask your manager to pass it on to you.")


def say_what_happened(offer: HandOff) -> Stale:
    """Why an answer comes too late."""
    follow = HandOff.objects.filter(replaces=offer.pk).select_related("rep").first()
    to = f" and was offered to {follow.rep}" if follow and follow.rep else ""
    words = {
        HandOffState.ACCEPTED: f"{offer.decided_by or 'Somebody'} has accepted it already.",
        HandOffState.REJECTED: f"{offer.decided_by or 'Somebody'} has rejected it already.",
        HandOffState.EXPIRED: f"The time to answer ran out{to}.",
        HandOffState.PASSED_ON: f"It was passed on{to}.",
        HandOffState.UNDONE: "The promotion was undone.",
    }
    return Stale(words.get(HandOffState(offer.state), "Somebody has answered it already."))


@transaction.atomic
def accept(*, hand_off_id: int, actor: User, now: datetime) -> HandOff:
    """The rep says yes; a second time is no error. One that waits for anybody becomes the actor's."""
    _, offer = hold(hand_off_id)
    if offer.state == HandOffState.ACCEPTED and offer.decided_by_id == actor.pk:
        return offer
    if not actor.can(Can.WORK_PIPELINE):
        raise Refused("Your role does not work the pipeline.")
    check_whose(offer, actor)
    takes = offer.rep_id is None
    if not claim(hand_off_id, HandOffState.ACCEPTED, now=now, actor=actor, **({"rep": actor} if takes else {})):
        raise say_what_happened(offer)
    if takes and offer.opportunity_id:
        give_to(offer.opportunity_id, actor, now=now, actor=actor)
    add_entry(
        contact_id=offer.contact_id,
        kind=ActivityKind.OWNER,
        title=f"{actor} took the prospect" if takes else f"Hand-off accepted by {actor}",
        at=now,
        actor=actor,
    )
    signals.hand_off_accepted.send(sender=None, hand_off_id=hand_off_id)
    offer.refresh_from_db()
    return offer


def accept_by_working(opportunity_id: int, *, actor: User, now: datetime) -> None:
    """Whoever works on an opportunity has accepted it."""
    offered = HandOff.objects.offered().filter(opportunity=opportunity_id)
    offered.update(state=HandOffState.ACCEPTED, decided_at=now, decided_by=actor)


def give_to(opportunity_id: int, owner: User | None, *, now: datetime, actor: User | None) -> Opportunity:
    """Another owner for opportunity and contact; the caller holds the standing."""
    opportunity = hold_opportunity(opportunity_id, None)
    opportunity.owner = owner
    store(opportunity, ["owner"], now=now)
    assign_owner([opportunity.contact_id], owner, now=now, actor=actor)
    return opportunity

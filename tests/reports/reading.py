"""A second, plain reading of the facts: how far each contact has got. Only tests use it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from leads.models import Contact, Direction
from pipeline.models import Opportunity
from reports.models import Journey

STEPS = ("engaged", "two_way", "qualified", "accepted", "opportunity", "won")


def _own(contact: Contact) -> dict[str, datetime | None]:
    """When each step's own facts happened, whatever happened before or after."""
    events = [event for event in contact.events.select_related("kind") if not event.is_quarantined]
    changes = list(contact.lifecycle_changes.order_by("at", "pk"))
    promotions = [change.at for change in changes if change.to_stage == "prospect"]
    kept = [
        change.at
        for place, change in enumerate(changes)
        if change.to_stage == "prospect"
        and not (
            place + 1 < len(changes)
            and changes[place + 1].to_stage in {"lead", "disqualified"}
            and changes[place + 1].at < change.at + timedelta(days=30)
        )
    ]
    offers = list(contact.hand_offs.all())
    taken = [offer.decided_at for offer in offers if offer.state in {"accepted", "joined"}]
    if offers:
        since = min(offer.offered_at for offer in offers)
        kept = [min(kept)] if kept and min(kept) < since else []
    opened, won = [], []
    for deal in Opportunity.objects.filter(contact=contact).select_related("stage"):
        mine = list(deal.hand_offs.all())
        accepted = [offer.decided_at for offer in mine if offer.state in {"accepted", "joined"} and offer.decided_at]
        if accepted or not mine:
            opened.append(max(deal.created_at, min(accepted, default=deal.created_at)))
        if deal.stage.kind == "won" and deal.closed_at:
            won.append(deal.closed_at)
    verdicts = [one.at for one in contact.verdicts.all() if one.is_qualified]
    lists: list[list[Any]] = [
        [event.occurred_at for event in events],
        [event.occurred_at for event in events if event.kind.direction == Direction.TWO_WAY],
        verdicts + promotions,
        [at for at in taken if at] + kept,
        opened,
        won,
    ]
    return {step: min(found, default=None) for step, found in zip(STEPS, lists, strict=True)}


def journey_of(contact: Contact) -> dict[str, Any]:
    """What the contact's journey has to say."""
    own = _own(contact)
    said: dict[str, Any] = {"month": contact.created_at.astimezone(UTC).date().replace(day=1)}
    skipped = 0
    for place, step in enumerate(STEPS):
        behind = [at for at in (own[later] for later in STEPS[place:]) if at is not None]
        said[f"{step}_at"] = max(min(behind), contact.created_at) if behind else None
        if own[step] is None and behind:
            skipped += 2**place
    return said | {"skipped": skipped, "source": contact.standing.source, "owner_id": contact.standing.owner_id}


def everybody() -> dict[int, dict[str, Any]]:
    """By contact."""
    return {contact.pk: journey_of(contact) for contact in Contact.objects.select_related("standing")}


def kept() -> dict[int, dict[str, Any]]:
    """What is kept of everybody."""
    names = ["month", *(f"{step}_at" for step in STEPS), "skipped", "source", "owner_id"]
    return {row.pop("contact_id"): row for row in Journey.objects.values("contact_id", *names)}


def cells_of(read: dict[int, dict[str, Any]]) -> dict[tuple[date, str], tuple[int, ...]]:
    """The cells by source."""
    cells: dict[tuple[date, str], list[int]] = {}
    for one in read.values():
        counts = cells.setdefault((one["month"], one["source"]), [0] * 7)
        for place in range(7):
            counts[place] += place == 0 or one[f"{STEPS[place - 1]}_at"] is not None
    return {key: tuple(counts) for key, counts in cells.items()}

"""From lead to prospect: one opportunity, one owner, in one transaction."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min

from core.errors import Refused
from core.locks import locked
from leads import normalise
from leads.days import day_of
from leads.models import Company, Contact, Evidence, Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle
from pipeline import places, queries, signals
from pipeline.models import HandOff, Opportunity, Pipeline, Promoted, Stage, StageKind
from pipeline.queries.availability import terms_of
from pipeline.services import joining, offers
from pipeline.services.offers import Basis
from pipeline.services.recycling import drop, history_of
from pipeline.services.routing import assign
from pipeline.services.rows import hold_stage, record_move, refuse_as_owner, refuse_disqualified
from scoring import queries as scoring
from users.models import User


@transaction.atomic
def promote(
    *,
    contact_id: int,
    now: datetime,
    actor: User | None = None,
    manual: bool = False,
    confirmed: bool = False,
    reason: str = "",
    pipeline: Pipeline | None = None,
    joins: bool | None = None,
    owner: User | None = None,
) -> Opportunity | None:
    """Open one opportunity for the contact and hand it to a rep; calling it again gives the same one back.

    By itself only for a lead whose judgement says qualified and has not been acted on, where the team wants that;
    otherwise none. `confirmed` by a person, for whoever is qualified. By hand (`manual`) a person gives a reason, and
    may do it whatever the score says. Where the company has an open opportunity, the contact joins it, unless the
    team's terms or `joins` say otherwise. One that is opened goes to `owner`, where the actor names somebody. A
    customer stays a customer; the disqualified are refused.
    """
    reason = normalise.line(reason)
    if manual:
        _check_reason(reason, actor)
    locked(
        Company.objects.filter(contacts=contact_id).only("pk")
    )  # of two colleagues at once the second joins the first
    standings = locked(Standing.objects.filter(pk=contact_id))
    if not standings:
        return None
    standing = standings[0]
    if manual or confirmed:
        refuse_disqualified(standing)
    pipeline = pipeline or pipeline_for(standing.owner_id)
    existing = Opportunity.objects.open().filter(contact_id=contact_id, pipeline=pipeline).first()
    existing = existing or joining.joined_by(contact_id)
    if existing:
        return existing
    if confirmed and not standing.is_qualified:
        raise Refused("They no longer meet the definition. Promote them by hand, with a reason.")
    if not (manual or confirmed) and not queries.unpromoted().filter(pk=contact_id).exists():
        return None
    contact = Contact.objects.select_related("company").get(pk=contact_id)
    snapshot = snapshot_of(contact_id, now=now, reason=reason, actor=actor)
    snapshot["before"] = history_of(contact)
    basis = Basis.of(
        contact,
        standing,
        snapshot,
        promoted=Promoted.MANUAL if manual else Promoted.CONFIRMED if confirmed else Promoted.AUTOMATIC,
        is_override=manual and not standing.is_qualified,
    )
    drop(contact_id, now=now)
    why = reason or f"Qualified: {standing.total} {standing.grade}"
    target = joining.target_of(contact, terms_of(_team_of(standing)), wanted=joins)
    if target is not None:
        joining.join(target, contact, standing, basis, why=why, now=now, actor=actor)
        return target
    try:
        with transaction.atomic():
            opportunity = _open(contact, pipeline, snapshot, now=now)
    except IntegrityError:  # one_open_opportunity: somebody who did not hold our lock was quicker
        return Opportunity.objects.open().get(contact_id=contact_id, pipeline=pipeline)
    if owner:
        refuse_as_owner(owner)
    by_hand = actor if manual or confirmed else None
    assigned = assign(standing, contact, pipeline, now=now, actor=by_hand, owner=owner)
    opportunity.owner = assigned.rep
    opportunity.save(update_fields=["owner"])
    if opportunity.owner:
        assign_owner([contact_id], opportunity.owner, now=now, actor=actor)
    become_prospect(standing, why=why, now=now, actor=actor)
    offer = offers.make(opportunity, assigned, basis, now=now, actor=actor)
    title = f"Opportunity opened in {opportunity.stage.name}, {_to_whom(offer)}"
    record_move(opportunity, None, title=title, body=reason, now=now, actor=actor)
    offers.tell(offer, opportunity, contact, now=now, actor=actor)
    signals.opportunity_opened.send(sender=None, opportunity_id=opportunity.pk)
    return opportunity


def _team_of(standing: Standing) -> int | None:
    if standing.owner_id is None:
        return None
    return User.objects.filter(pk=standing.owner_id).values_list("team_id", flat=True).first()


def _to_whom(offer: HandOff) -> str:
    if offer.rep is None:
        return "waits for an owner"
    return f"offered to {offer.rep}" if offer.is_open else f"handed to {offer.rep}"


def become_prospect(standing: Standing, *, why: str, now: datetime, actor: User | None) -> None:
    """Move the contact's lifecycle; a customer stays one. The caller holds the standing."""
    if standing.lifecycle != Lifecycle.CUSTOMER:
        enter_lifecycle(
            standing.contact_id,
            Lifecycle.PROSPECT,
            now=now,
            actor=actor,
            reason=why,
            definition_version=standing.definition_version,
        )


def _check_reason(reason: str, actor: User | None) -> None:
    if actor is None:
        raise Refused("A promotion by hand needs the person who decides it.")
    if not reason:
        raise Refused(reason="Say why this is a prospect although the definition has not said so.")
    if len(reason) > 300:
        raise Refused(reason=f"At most 300 characters; this has {len(reason):,}.")


def pipeline_for(owner_id: int | None) -> Pipeline:
    """The pipeline of the owner's team, else the first one that is for every team, else the first."""
    rows = list(
        Pipeline.objects.filter(archived_at=None, stages__kind=StageKind.OPEN, stages__archived_at=None).distinct()
    )
    team_id = User.objects.filter(pk=owner_id).values_list("team_id", flat=True).first() if owner_id else None
    own = [row for row in rows if row.team_id is not None and row.team_id == team_id]
    common = [row for row in rows if row.team_id is None]
    chosen = next(iter(own + common + rows), None)
    if chosen is None:
        raise Refused("There is no pipeline with an open stage. Add one in Settings → Stages.")
    return chosen


def _open(contact: Contact, pipeline: Pipeline, snapshot: dict[str, Any], *, now: datetime) -> Opportunity:
    first = Stage.objects.on_board().filter(pipeline=pipeline, kind=StageKind.OPEN).order_by("position", "pk").first()
    if first is None:
        raise Refused(f"{pipeline} has no open stage. Add one in Settings → Stages.")
    stage = hold_stage(first.pk)
    top = Opportunity.objects.open().filter(stage=stage).aggregate(top=Min("position"))["top"]
    name = contact.company.name if contact.company else contact.name
    return Opportunity.objects.create(
        pipeline=pipeline,
        stage=stage,
        name=name[:200],
        contact=contact,
        company=contact.company,
        currency=pipeline.currency,
        position=places.first(top),
        stage_entered_at=now,
        created_at=now,
        changed_at=now,
        snapshot=snapshot,
        former=Opportunity.objects.filter(contact=contact, closed_at__isnull=False).order_by("-closed_at").first(),
        search_text=normalise.search_text(name, contact.name, contact.company.name if contact.company else ""),
    )


def snapshot_of(contact_id: int, *, now: datetime, reason: str = "", actor: User | None = None) -> dict[str, Any]:
    """The judgement and the evidence as they stand at this instant, in plain JSON."""
    why = scoring.why(contact_id, day_of(now))
    evidence = Evidence.objects.standing(now).filter(contact_id=contact_id).select_related("criterion")
    return {
        "at": now.isoformat(),
        "promoted_by": actor.name if actor else "",
        "reason": reason,
        "judgement": why.as_json() if why else None,
        "evidence": [
            {
                "criterion": row.criterion.key,
                "label": row.criterion.label,
                "letter": row.criterion.letter,
                "verdict": row.verdict,
                "text": row.text,
                "quote": row.quote,
                "amount": str(row.amount) if row.amount is not None else None,
                "on_date": row.on_date.isoformat() if row.on_date else None,
                "observed_at": row.observed_at.isoformat(),
            }
            for row in evidence
        ],
    }

"""From lead to prospect: one opportunity, one owner, in one transaction."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Min
from django.urls import reverse

from activities.services import notify
from core.errors import Refused
from core.locks import locked
from leads import normalise
from leads.days import day_of
from leads.models import Contact, Evidence, Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle
from pipeline import places, queries, signals
from pipeline.models import Opportunity, Pipeline, Stage, StageKind, Turn
from pipeline.services.rows import hold_stage, record_move, refuse_disqualified
from scoring import queries as scoring
from users.models import User
from users.roles import Role


@transaction.atomic
def promote(
    *,
    contact_id: int,
    now: datetime,
    actor: User | None = None,
    manual: bool = False,
    reason: str = "",
    pipeline: Pipeline | None = None,
) -> Opportunity | None:
    """Open one opportunity for the contact and hand it to a rep; calling it again gives the same one back.

    By itself (`manual` false) only for a lead whose judgement says qualified and has not been acted on; otherwise
    none. By hand a person gives a reason, and may do it whatever the score says. A customer stays a customer; the
    disqualified are refused.
    """
    reason = normalise.line(reason)
    if manual:
        _check_reason(reason, actor)
    standings = locked(Standing.objects.filter(pk=contact_id))
    if not standings:
        return None
    standing = standings[0]
    if manual:
        refuse_disqualified(standing)
    pipeline = pipeline or pipeline_for(standing.owner_id)
    existing = Opportunity.objects.open().filter(contact_id=contact_id, pipeline=pipeline).first()
    if existing:
        return existing
    if not manual and not queries.unpromoted().filter(pk=contact_id).exists():
        return None
    contact = Contact.objects.select_related("company").get(pk=contact_id)
    snapshot = snapshot_of(contact_id, now=now, reason=reason, actor=actor)
    try:
        with transaction.atomic():
            opportunity = _open(contact, pipeline, snapshot, now=now)
    except IntegrityError:  # one_open_opportunity: somebody who did not hold our lock was quicker
        return Opportunity.objects.open().get(contact_id=contact_id, pipeline=pipeline)
    opportunity.owner = next_owner(standing, pipeline, now=now, actor=actor if manual else None)
    opportunity.save(update_fields=["owner"])
    if opportunity.owner:
        assign_owner([contact_id], opportunity.owner, now=now, actor=actor)
    if standing.lifecycle != Lifecycle.CUSTOMER:
        enter_lifecycle(
            contact_id,
            Lifecycle.PROSPECT,
            now=now,
            actor=actor,
            reason=reason or f"Qualified: {standing.total} {standing.grade}",
            definition_version=standing.definition_version,
        )
    owner_words = f", handed to {opportunity.owner}" if opportunity.owner else ", waits for an owner"
    title = f"Opportunity opened in {opportunity.stage.name}{owner_words}"
    record_move(opportunity, None, title=title, body=reason, now=now, actor=actor)
    if opportunity.owner and opportunity.owner != actor:
        notify(
            user_ids=[opportunity.owner.pk],
            key=f"opportunity-opened:{opportunity.pk}",
            text=f"New prospect for you: {contact.name}",
            url=reverse("opportunity", args=[opportunity.pk]),
            now=now,
        )
    signals.opportunity_opened.send(sender=None, opportunity_id=opportunity.pk)
    return opportunity


def _check_reason(reason: str, actor: User | None) -> None:
    if actor is None:
        raise Refused("A promotion by hand needs the person who decides it.")
    if not reason:
        raise Refused(reason="Say why this is a prospect although the definition has not said so.")
    if len(reason) > 300:
        raise Refused(reason=f"At most 300 characters; this has {len(reason):,}.")


def pipeline_for(owner_id: int | None) -> Pipeline:
    """The pipeline of the owner's team, else the first one that is for every team, else the first."""
    rows = list(Pipeline.objects.filter(stages__kind=StageKind.OPEN, stages__archived_at=None).distinct())
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


def next_owner(standing: Standing, pipeline: Pipeline, *, now: datetime, actor: User | None = None) -> User | None:
    """The contact's owner if an active rep, else the rep who promotes by hand, else whose turn it is (or nobody)."""
    owner = User.objects.filter(pk=standing.owner_id).first() if standing.owner_id else None
    for person in (owner, actor):
        if person and person.is_active and person.role == Role.REP:
            return person
    reps = User.objects.active_reps()
    if pipeline.team_id:
        reps = reps.filter(team_id=pipeline.team_id)
    return take_turn(sorted(reps.values_list("pk", flat=True)), now=now)


def take_turn(rep_ids: list[int], *, now: datetime) -> User | None:
    """The rep who has waited longest, whose turn is thereby taken; must run in the transaction that uses it.

    The turn is claimed by a conditional UPDATE: of two promotions at once the second waits for the first, finds the
    turn taken and looks again. (SKIP LOCKED alone may hand a turn out twice: a row that was updated after the
    statement's snapshot is returned although its turn has just been.)
    """
    if not rep_ids:
        return None
    Turn.objects.bulk_create([Turn(rep_id=pk) for pk in rep_ids], ignore_conflicts=True)
    longest_waiting = F("at").asc(nulls_first=True)
    while True:
        turns = list(Turn.objects.filter(pk__in=rep_ids).order_by(longest_waiting, "pk"))
        # turns of one instant still need an order
        latest = max((turn.at + timedelta(microseconds=1) for turn in turns if turn.at), default=now)
        if Turn.objects.filter(pk=turns[0].pk, at=turns[0].at).update(at=max(now, latest)):
            return User.objects.get(pk=turns[0].pk)

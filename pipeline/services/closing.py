"""Opportunities are won, lost, and sometimes opened again."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum

from core.errors import Refused, Stale
from leads import normalise
from leads.models import Lifecycle
from leads.services import enter_lifecycle
from pipeline import signals, terms
from pipeline.models import Competitor, LineItem, LostReason, Opportunity, Stage, StageKind, StageMove
from pipeline.services.gates import Answers, enter
from pipeline.services.joining import follow
from pipeline.services.moves import place_in
from pipeline.services.offers import accept_by_working
from pipeline.services.recycling import drop, let_go
from pipeline.services.rows import (
    hold_opportunity,
    hold_stage,
    hold_stage_of_kind,
    hold_standing,
    record_move,
    refuse_disqualified,
    store,
)
from users.models import User


def closing_time(opportunity: Opportunity, closed_on: date | None, now: datetime) -> datetime:
    """The instant that stands for the day (UTC, as months of the forecast are); today is now, other days are noon."""
    if closed_on is None:
        raise Refused(closed_on="Give the day on which it was closed.")
    if closed_on > now.date():
        raise Refused(closed_on=f"This day is in the future; today is {now:%d %B %Y} (UTC).")
    if closed_on < opportunity.created_at.astimezone(UTC).date():
        raise Refused(closed_on=f"It was opened on {opportunity.created_at:%d %B %Y}; it cannot be closed before.")
    if closed_on == now.date():
        return now
    return max(opportunity.created_at, datetime.combine(closed_on, time(12), UTC))


def _close(
    opportunity: Opportunity, stage: Stage, fields: list[str], *, title: str, now: datetime, actor: User, body: str = ""
) -> None:
    came_from = opportunity.stage
    opportunity.stage, opportunity.stage_entered_at = stage, now
    store(opportunity, ["stage", "stage_entered_at", "closed_at", *fields], now=now)
    record_move(opportunity, came_from, title=title, body=body, now=now, actor=actor)


def _hold_open(opportunity_id: int, version: int | None, stage: Stage) -> Opportunity:
    opportunity = hold_opportunity(opportunity_id, version)
    if opportunity.pipeline_id != stage.pipeline_id:
        raise Stale("This opportunity has just come into another pipeline. You see the newest state; try again.")
    if not opportunity.is_open:
        raise Refused("This opportunity is closed already. Reopen it to change how it ended.")
    return opportunity


@transaction.atomic
def win(
    *,
    opportunity_id: int,
    amount: Any,
    closed_on: date | None,
    actor: User,
    now: datetime,
    version: int | None = None,
    answers: Answers | None = None,
) -> Opportunity:
    """They bought: the amount and the day are required, and what the stage asks for. The contact becomes a customer."""
    standing = hold_standing(opportunity_id)
    refuse_disqualified(standing)
    stage = hold_stage_of_kind(opportunity_id, StageKind.WON)
    opportunity = _hold_open(opportunity_id, version, stage)
    errors: dict[str, str] = {}
    try:
        opportunity.amount = terms.amount(amount)
        if opportunity.amount is None:
            errors["amount"] = "Give the amount that was agreed."
    except Refused as refused:
        errors |= refused.fields
    try:
        opportunity.closed_at = closing_time(opportunity, closed_on, now)
    except Refused as refused:
        errors |= refused.fields
    try:
        enter(opportunity, stage, answers or {}, actor=actor, now=now)
    except Refused as refused:
        errors |= refused.fields
    if errors:
        raise Refused(**errors)
    title = f"{opportunity.name} won: {opportunity.amount:,.2f} {opportunity.currency}"
    _close(opportunity, stage, ["amount"], title=title, now=now, actor=actor)
    accept_by_working(opportunity.pk, actor=actor, now=now)
    enter_lifecycle(standing.contact_id, Lifecycle.CUSTOMER, now=now, actor=actor, reason=f"Won: {opportunity.name}")
    follow(opportunity, Lifecycle.CUSTOMER, reason=f"Won: {opportunity.name}", now=now, actor=actor)
    signals.opportunity_won.send(sender=None, opportunity_id=opportunity.pk)
    return opportunity


@transaction.atomic
def lose(
    *,
    opportunity_id: int,
    reason: str,
    actor: User,
    now: datetime,
    note: str = "",
    competitor: Competitor | None = None,
    closed_on: date | None = None,
    version: int | None = None,
) -> Opportunity:
    """They did not buy; a reason is required, `closed_on` is today unless given, `competitor` whom they chose instead.

    A prospect stays one while another opportunity is open; else whoever bought before is a customer again, and
    everybody else a lead. A lead that was lost is promoted by itself only after it has qualified anew
    (queries.unpromoted) or the rule of the reason has brought it back, so that nobody is handed over in circles.
    """
    standing = hold_standing(opportunity_id)
    stage = hold_stage_of_kind(opportunity_id, StageKind.LOST)
    opportunity = _hold_open(opportunity_id, version, stage)
    note = normalise.line(note)
    if reason not in LostReason.values:
        raise Refused(reason="Choose why it was lost; the forecast and the funnel learn from it.")
    if reason == LostReason.OTHER and not note:
        raise Refused(note="Say in a few words what the reason was.")
    if len(note) > 300:
        raise Refused(note=f"At most 300 characters; this has {len(note):,}.")
    opportunity.closed_at = closing_time(opportunity, closed_on or now.date(), now)
    opportunity.lost_reason, opportunity.lost_note, opportunity.lost_to = reason, note, competitor
    if competitor is not None:
        opportunity.competitors.add(competitor)
    why = LostReason(reason).label
    title = f"{opportunity.name} lost: {why}{f' ({competitor})' if competitor else ''}"
    _close(opportunity, stage, ["lost_reason", "lost_note", "lost_to"], title=title, body=note, now=now, actor=actor)
    accept_by_working(opportunity.pk, actor=actor, now=now)

    def rest(contact_id: int) -> None:
        let_go(contact_id, reason=reason, label=f"Lost: {why}", now=now, actor=actor, opportunity=opportunity)

    others = Opportunity.objects.filter(contact_id=standing.contact_id).exclude(pk=opportunity.pk)
    if standing.lifecycle == Lifecycle.PROSPECT and not others.open().exists():
        has_bought = others.filter(stage__kind=StageKind.WON).exists()
        stage_after = Lifecycle.CUSTOMER if has_bought else Lifecycle.LEAD
        enter_lifecycle(standing.contact_id, stage_after, now=now, actor=actor, reason=f"Lost: {why}")
        if stage_after == Lifecycle.LEAD:
            rest(standing.contact_id)
    for contact_id in follow(opportunity, Lifecycle.LEAD, reason=f"Lost: {why}", now=now, actor=actor):
        rest(contact_id)
    signals.opportunity_lost.send(sender=None, opportunity_id=opportunity.pk)
    return opportunity


@transaction.atomic
def reopen(*, opportunity_id: int, actor: User, now: datetime, version: int | None = None) -> Opportunity:
    """It was not over: back on top of the stage from which it was closed. Refused when another one is open."""
    standing = hold_standing(opportunity_id)
    refuse_disqualified(standing)
    last = StageMove.objects.filter(opportunity=opportunity_id).select_related("from_stage").order_by("-pk").first()
    from_stage = last.from_stage if last else None
    if from_stage is None or from_stage.kind != StageKind.OPEN or from_stage.archived_at is not None:
        first = Stage.objects.on_board().filter(pipeline__opportunities=opportunity_id, kind=StageKind.OPEN).first()
        if first is None:
            raise Refused("This pipeline has no open stage. Add one in Settings → Stages.")
        from_stage = first
    stage = hold_stage(from_stage.pk)
    opportunity = hold_opportunity(opportunity_id, version)
    if opportunity.is_open:
        raise Refused("This opportunity is open already.")
    came_from = opportunity.stage
    opportunity.closed_at, opportunity.lost_reason, opportunity.lost_note = None, "", ""
    opportunity.lost_to = None
    total = LineItem.objects.filter(opportunity=opportunity).aggregate(total=Sum("amount"))["total"]
    if total is not None:
        opportunity.amount = total  # it follows its products again
    opportunity.stage, opportunity.stage_entered_at = stage, now
    opportunity.position = place_in(stage, None, but_not=opportunity.pk)
    try:
        with transaction.atomic():
            fields = [
                "stage",
                "stage_entered_at",
                "position",
                "closed_at",
                "lost_reason",
                "lost_note",
                "lost_to",
                "amount",
            ]
            store(opportunity, fields, now=now)
    except IntegrityError:  # one_open_opportunity
        raise Refused("This contact has another open opportunity in this pipeline. Work on that one.") from None
    title = f"{opportunity.name} reopened in {stage.name}"
    record_move(opportunity, came_from, title=title, now=now, actor=actor)
    others = Opportunity.objects.filter(contact_id=standing.contact_id, stage__kind=StageKind.WON).exclude(
        pk=opportunity.pk
    )
    drop(standing.contact_id, now=now)
    for contact_id in follow(
        opportunity, Lifecycle.PROSPECT, reason=f"Reopened: {opportunity.name}", now=now, actor=actor
    ):
        drop(contact_id, now=now)
    if not others.exists():
        enter_lifecycle(
            standing.contact_id, Lifecycle.PROSPECT, now=now, actor=actor, reason=f"Reopened: {opportunity.name}"
        )
    return opportunity

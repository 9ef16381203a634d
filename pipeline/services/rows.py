"""Locking and storing, the same for every verb. Order: Standing -> Stage -> Opportunity (core/locks.py)."""

from datetime import datetime

from django.db.models import Q

from activities.models import ActivityKind
from activities.services import add_entry
from core.errors import Refused, Stale
from core.locks import locked
from leads.models import Lifecycle, Standing
from pipeline.models import HandOff, HandOffState, Opportunity, Pipeline, Stage, StageKind, StageMove
from users.models import User
from users.roles import Can


class Gone(Refused):
    """There is no such opportunity (any more)."""


def hold_standing(opportunity_id: int) -> Standing:
    """Lock the standing of the opportunity's contact, and those of whoever joined it; the contact's is returned."""
    contact_id = Opportunity.objects.filter(pk=opportunity_id).values_list("contact_id", flat=True).first()
    if contact_id is not None:
        joined = HandOff.objects.filter(opportunity=opportunity_id, state=HandOffState.JOINED).values("contact")
        for standing in locked(Standing.objects.filter(Q(pk=contact_id) | Q(pk__in=joined))):
            if standing.pk == contact_id:
                return standing
    raise Gone("This opportunity no longer exists.")


def refuse_disqualified(standing: Standing) -> None:
    """Nobody comes out of disqualified on the side: a person takes them back first."""
    if standing.lifecycle == Lifecycle.DISQUALIFIED:
        raise Refused("They are disqualified. Take them back on their page first.")


def refuse_as_owner(owner: User) -> None:
    """Whoever owns an opportunity works the pipeline."""
    if not owner.can(Can.WORK_PIPELINE):
        raise Refused(owner=f"{owner} cannot own opportunities. Choose a rep or a manager.")


def hold_stage(stage_id: int) -> Stage:
    """Lock a column, so that places in it are given out one after the other."""
    rows = locked(Stage.objects.filter(pk=stage_id))
    if not rows:
        raise Refused(stage="This stage no longer exists. Reload the page.")
    if rows[0].archived_at is not None:
        raise Refused(stage=f"{rows[0].name} is archived. Reload the page and choose another stage.")
    retired = Pipeline.objects.filter(pk=rows[0].pipeline_id, archived_at__isnull=False).first()
    if retired:
        raise Refused(stage=f"The pipeline {retired} is out of use. Bring it back in Settings → Stages.")
    return rows[0]


def hold_stage_of_kind(opportunity_id: int, kind: StageKind) -> Stage:
    """Lock the won or lost column of the opportunity's pipeline."""
    rows = locked(Stage.objects.filter(pipeline__opportunities=opportunity_id, kind=kind))
    if not rows:
        raise Refused(f"This pipeline has no stage for what was {kind.label.lower()}. Add one in Settings → Stages.")
    return rows[0]


def hold_opportunity(opportunity_id: int, version: int | None) -> Opportunity:
    """Lock the row; Stale when somebody has changed it since `version` (None: whatever it is)."""
    rows = locked(Opportunity.objects.filter(pk=opportunity_id))
    if not rows:
        raise Gone("This opportunity no longer exists.")
    if version is not None and rows[0].version != version:
        raise Stale("Somebody has changed this opportunity meanwhile. You see the newest state; try again.")
    return rows[0]


def store(opportunity: Opportunity, fields: list[str], *, now: datetime) -> None:
    """Save a held row as its next version."""
    opportunity.version += 1
    opportunity.changed_at = now
    opportunity.save(update_fields=[*fields, "version", "changed_at"])


def record_move(
    opportunity: Opportunity, came_from: Stage | None, *, title: str, now: datetime, actor: User | None, body: str = ""
) -> None:
    """Keep that it has entered its stage: for the funnel, and on the contact's timeline."""
    StageMove.objects.create(
        opportunity=opportunity,
        from_stage=came_from,
        to_stage=opportunity.stage,
        at=now,
        actor=actor,
        amount=opportunity.amount,
    )
    add_entry(contact_id=opportunity.contact_id, kind=ActivityKind.STAGE, title=title, body=body, at=now, actor=actor)

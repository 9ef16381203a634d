"""Ways of selling."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from core.errors import Refused
from core.locks import locked
from leads import normalise
from pipeline import terms
from pipeline.models import Opportunity, Pipeline, Stage, StageKind
from pipeline.reference import give_stages
from pipeline.services.stages import move_all
from users.models import Team, User

MOST = 50


@transaction.atomic
def save_pipeline(*, name: str, team: Team | None, currency: str, pipeline: Pipeline | None = None) -> Pipeline:
    """A new pipeline with the stages that every installation starts with, or other facts of one.

    The currency is that of opportunities opened from now on.
    """
    is_new, row = pipeline is None, pipeline or Pipeline()
    if is_new and Pipeline.objects.count() >= MOST:
        raise Refused(f"There are {MOST} pipelines already. Rename one that is no longer used.")
    row.name, row.team, row.currency = normalise.line(name), team, terms.currency(currency)
    if not 1 <= len(row.name) <= 80:
        raise Refused(name="A pipeline has a name of 1 to 80 characters.")
    if is_new:
        last = Pipeline.objects.aggregate(last=Max("position"))["last"]
        row.position = 0 if last is None else last + 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(name=f"There is a pipeline {row.name} already.") from None
    if is_new:
        give_stages(row)
    return row


@transaction.atomic
def retire_pipeline(*, pipeline: Pipeline, now: datetime, actor: User, move_to: Stage | None = None) -> int:
    """Out of use: on no board, and nothing is opened in it; what was closed in it stays. How many were moved.

    What is open in it goes to the end of `move_to`, a stage of another pipeline, also when something is missing there
    that the stage asks for.
    """
    used = {one.pk for one in locked(Pipeline.objects.filter(archived_at=None))} - {
        pipeline.pk
    }  # one who retires at once
    if not Stage.objects.filter(pipeline__in=used, kind=StageKind.OPEN, archived_at=None).exists():
        raise Refused("This is the only pipeline in use. Add another one first, or rename this.")
    there = [move_to.pipeline_id] if move_to else []
    held = locked(Stage.objects.filter(pipeline__in=[pipeline.pk, *there]))
    here = locked(Opportunity.objects.open().filter(pipeline=pipeline))
    if here:
        target = next((one for one in held if move_to and one.pk == move_to.pk), None)
        if target is None:
            raise Refused(move_to=f"{_opportunities(len(here))} open in {pipeline}. Choose where they go.")
        is_usable = target.kind == StageKind.OPEN and target.archived_at is None
        if target.pipeline_id == pipeline.pk or not is_usable or target.pipeline.archived_at is not None:
            raise Refused(move_to="Choose an open stage of another pipeline that is in use.")
        _refuse_doubles(here, target.pipeline)
        stages = sorted((one for one in held if one.pipeline_id == pipeline.pk), key=lambda one: (one.position, one.pk))
        move_all(here, stages, target, why=f"The pipeline {pipeline} is out of use.", now=now, actor=actor)
    Pipeline.objects.filter(pk=pipeline.pk, archived_at=None).update(archived_at=now)
    return len(here)


def _opportunities(count: int) -> str:
    return "1 opportunity is" if count == 1 else f"{count:,} opportunities are"


def _refuse_doubles(cards: list[Opportunity], there: Pipeline) -> None:
    """Nobody has two open opportunities in a pipeline."""
    contacts = [card.contact_id for card in cards]
    doubles = Opportunity.objects.open().filter(pipeline=there, contact__in=contacts).order_by("name", "pk")
    names = list(doubles.values_list("name", flat=True)[:4])
    if names:
        more = " and more" if len(names) > 3 else ""
        raise Refused(
            move_to=f"Some have an open opportunity in {there} as well: {', '.join(names[:3])}{more}. "
            "Win or lose one of the two first."
        )


@transaction.atomic
def bring_back_pipeline(*, pipeline: Pipeline) -> bool:
    """In use again; false when it was."""
    return bool(Pipeline.objects.filter(pk=pipeline.pk, archived_at__isnull=False).update(archived_at=None))

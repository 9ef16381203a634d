"""The columns of a board."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from activities.models import ActivityKind
from activities.services import add_entries
from core.errors import Refused
from core.locks import locked
from leads import normalise
from pipeline import places
from pipeline.models import Category, Opportunity, Pipeline, Stage, StageField, StageKind, StageMove
from pipeline.services.rows import hold_stage
from users.models import User

LONGEST_ROT = 3650


def _cleaned(values: dict[str, Any], kind: str) -> dict[str, Any]:
    """The values as they are stored; raises Refused with a word per wrong field."""
    errors: dict[str, str] = {}
    cleaned: dict[str, Any] = {}
    if "name" in values:
        cleaned["name"] = normalise.line(str(values["name"] or ""))
        if not 1 <= len(cleaned["name"]) <= 60:
            errors["name"] = "A stage has a name of 1 to 60 characters."
    if kind == StageKind.OPEN:
        if "probability" in values:
            cleaned["probability"] = values["probability"]
            if not isinstance(values["probability"], int) or not 0 <= values["probability"] <= 100:
                errors["probability"] = "A probability is between 0 and 100 percent."
        if values.get("category"):
            cleaned["category"] = values["category"]
            if values["category"] not in Category.values:
                errors["category"] = f"One of {', '.join(Category.labels)}."
        if "rots_after_days" in values:
            cleaned["rots_after_days"] = days = values["rots_after_days"] or None
            if days is not None and not 1 <= days <= LONGEST_ROT:
                errors["rots_after_days"] = "Between 1 and 3,650 days; leave it empty for never."
        if "required_fields" in values:
            cleaned["required_fields"] = sorted({str(name) for name in values["required_fields"]})
            if set(cleaned["required_fields"]) - set(StageField.values):
                errors["required_fields"] = f"A stage can ask for {', '.join(StageField.labels)}."
    if errors:
        raise Refused(**errors)
    return cleaned


def _hold_all(pipeline: Pipeline) -> list[Stage]:
    stages = locked(Stage.objects.on_board().filter(pipeline=pipeline))
    return sorted(stages, key=lambda stage: (stage.position, stage.pk))


@transaction.atomic
def add_stage(*, pipeline: Pipeline, **values: Any) -> Stage:
    """A new open stage, the last before won and lost."""
    cleaned = _cleaned({"name": "", "probability": 0} | values, StageKind.OPEN)
    stages = _hold_all(pipeline)
    last = max((stage.position for stage in stages if stage.kind == StageKind.OPEN), default=-1)
    Stage.objects.filter(pk__in=[stage.pk for stage in stages if stage.position > last]).update(
        position=(Stage.objects.filter(pipeline=pipeline).aggregate(last=Max("position"))["last"] or 0) + 2
    )
    try:
        with transaction.atomic():
            return Stage.objects.create(pipeline=pipeline, position=last + 1, **cleaned)
    except IntegrityError:
        raise _name_taken(pipeline, cleaned["name"]) from None


@transaction.atomic
def change_stage(*, stage: Stage, **values: Any) -> Stage:
    """Rename it, or change its probability, its patience, what it asks for; of won and lost only the name."""
    stage = hold_stage(stage.pk)
    cleaned = _cleaned(values, stage.kind)
    for name, value in cleaned.items():
        setattr(stage, name, value)
    try:
        with transaction.atomic():
            stage.save(update_fields=list(cleaned))
    except IntegrityError:
        raise _name_taken(stage.pipeline, cleaned["name"]) from None
    return stage


def _name_taken(pipeline: Pipeline, name: str) -> Refused:
    if Stage.objects.filter(pipeline=pipeline, name=name, archived_at__isnull=False).exists():
        return Refused(name=f"There is an archived stage {name}. Bring it back, or choose another name.")
    return Refused(name=f"There is a stage {name} already.")


@transaction.atomic
def shift_stage(*, stage: Stage, by: int) -> bool:
    """Move an open stage one place earlier (-1) or later (+1) among the open ones; false at the end."""
    stages = _hold_all(stage.pipeline)
    if stage not in stages:
        raise Refused("This stage no longer exists. Reload the page.")
    row = [one for one in stages if one.kind == StageKind.OPEN]
    at = next((index for index, one in enumerate(row) if one.pk == stage.pk), None)
    if at is None:
        raise Refused("Won and lost stay at the end.")
    if not 0 <= at + by < len(row):
        return False
    row.insert(at + by, row.pop(at))
    ordered = row + [one for one in stages if one.kind != StageKind.OPEN]
    for position, one in enumerate(ordered):
        one.position = position
    Stage.objects.bulk_update(ordered, ["position"])
    return True


@transaction.atomic
def remove_stage(*, stage: Stage, now: datetime, actor: User, move_to: Stage | None = None) -> bool:
    """Off the board: deleted when no opportunity ever went through it, else archived. True when it was archived.

    What stands in it goes to the end of `move_to` first, also when something is missing there that the stage asks for.
    """
    stages = _hold_all(stage.pipeline)
    if stage.kind != StageKind.OPEN:
        raise Refused("A pipeline always has a stage for what was won and one for what was lost.")
    if stage not in stages:
        return False
    if sum(one.kind == StageKind.OPEN for one in stages) == 1:
        raise Refused("A pipeline needs an open stage. Add another one first, or rename this.")
    here = locked(Opportunity.objects.filter(stage=stage))
    if here:
        cards = "1 opportunity is" if len(here) == 1 else f"{len(here):,} opportunities are"
        if move_to is None:
            raise Refused(move_to=f"{cards} in {stage.name}. Choose the stage to move them to.")
        if move_to not in stages or move_to == stage or move_to.kind != StageKind.OPEN:
            raise Refused(move_to="Choose another open stage of this pipeline.")
        move_all(here, [stage], move_to, why=f"{stage.name} was archived.", now=now, actor=actor)
    if here or StageMove.objects.filter(Q(from_stage=stage) | Q(to_stage=stage)).exists():
        Stage.objects.filter(pk=stage.pk).update(archived_at=now)
        return True
    Stage.objects.filter(pk=stage.pk).delete()
    return False


def move_all(cards: list[Opportunity], stages: list[Stage], to: Stage, *, why: str, now: datetime, actor: User) -> None:
    """All held cards of held stages below those of another held one, in their order. Four statements."""
    left, order = {stage.pk: stage for stage in stages}, {stage.pk: place for place, stage in enumerate(stages)}
    came_from = {card.pk: left[card.stage_id] for card in cards}
    cards = sorted(cards, key=lambda card: (order[card.stage_id], card.position, card.pk))
    last = Opportunity.objects.open().filter(stage=to).aggregate(last=Max("position"))["last"] or 0
    for place, card in enumerate(cards, start=1):
        card.pipeline_id = to.pipeline_id
        card.stage, card.stage_entered_at, card.position = to, now, last + place * places.STEP
        card.version, card.changed_at = card.version + 1, now
    moved = ["pipeline", "stage", "stage_entered_at", "position", "version", "changed_at"]
    Opportunity.objects.bulk_update(cards, moved, 500)
    StageMove.objects.bulk_create(
        StageMove(opportunity=card, from_stage=came_from[card.pk], to_stage=to, at=now, actor=actor, amount=card.amount)
        for card in cards
    )
    add_entries(
        [(card.contact_id, f"{card.name}: {came_from[card.pk].name} → {to.name}") for card in cards],
        kind=ActivityKind.STAGE,
        body=why,
        at=now,
        actor=actor,
    )


@transaction.atomic
def bring_back_stage(*, stage: Stage) -> bool:
    """An archived stage is on the board again, the last before won and lost; false when it is there."""
    stages = _hold_all(stage.pipeline)
    last = max((one.position for one in stages if one.kind == StageKind.OPEN), default=-1)
    after = [one for one in stages if one.position > last]
    if not Stage.objects.filter(pk=stage.pk, archived_at__isnull=False).update(archived_at=None, position=last + 1):
        return False
    for number, one in enumerate(after, start=2):
        one.position = last + number
    Stage.objects.bulk_update(after, ["position"])
    return True

"""The columns of a board."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from core.errors import Refused
from core.locks import locked
from leads import normalise
from pipeline.models import Opportunity, Pipeline, Stage, StageField, StageKind, StageMove
from pipeline.services.rows import hold_stage

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
    stages = locked(Stage.objects.filter(pipeline=pipeline))
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
        raise Refused(name=f"There is a stage {cleaned['name']} already.") from None


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
        raise Refused(name=f"There is a stage {cleaned['name']} already.") from None
    return stage


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
def delete_stage(*, stage: Stage) -> None:
    """Only an open stage through which no opportunity has ever gone: history must keep its names."""
    stages = _hold_all(stage.pipeline)
    if stage.kind != StageKind.OPEN:
        raise Refused("A pipeline always has a stage for what was won and one for what was lost.")
    if sum(one.kind == StageKind.OPEN for one in stages) == 1:
        raise Refused("A pipeline needs an open stage. Add another one first, or rename this.")
    here = Opportunity.objects.filter(stage=stage).count()
    if here:
        cards = "1 opportunity is" if here == 1 else f"{here:,} opportunities are"
        raise Refused(f"{cards} in {stage.name}. Move them to another stage first.")
    if StageMove.objects.filter(from_stage=stage).exists() or StageMove.objects.filter(to_stage=stage).exists():
        raise Refused(f"Opportunities have passed through {stage.name}, and their history names it. Rename it instead.")
    Stage.objects.filter(pk=stage.pk).delete()

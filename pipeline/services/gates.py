"""What a stage asks for: said in Settings, and asked of every card that enters, whatever way it comes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import Refused
from leads.models import Criterion
from leads.services import record_evidence
from pipeline import terms
from pipeline.gates import CRITERION, RANK, Gate, checked
from pipeline.models import Opportunity, Stage, StageKind
from pipeline.queries.gates import lacking
from pipeline.services.rows import hold_stage
from users.models import User

MOST_EACH = 1000
Answers = Mapping[str, tuple[str, str]]  # key of a criterion -> verdict, their words


def enter(opportunity: Opportunity, stage: Stage, answers: Answers, *, actor: User, now: datetime) -> None:
    """Refused, naming all that is missing, unless the held card may enter; `answers` are kept when it may.

    Whoever is refused has changed nothing: the caller's transaction ends with it.
    """
    errors: dict[str, str] = {}
    for key, (verdict, quote) in answers.items():
        try:
            _answer(opportunity, key, verdict, quote, actor=actor, now=now)
        except Refused as refused:
            errors[f"{CRITERION}{key}-quote"] = str(refused)
    errors |= {} if errors else lacking(opportunity, stage, now=now)
    missing = terms.missing(stage.required_fields, vars(opportunity))
    if missing:
        errors = terms.ask_for(missing, stage.name).fields | errors
    if errors:
        raise Refused(**errors)


def _answer(opportunity: Opportunity, key: str, verdict: str, quote: str, *, actor: User, now: datetime) -> None:
    criterion = Criterion.objects.filter(key=key).first()
    if criterion is None or verdict not in RANK or verdict == "unknown":
        raise Refused("Choose what the answer says about a criterion that there is.")
    record_evidence(
        contact=opportunity.contact, criterion=criterion, verdict=verdict, quote=quote, recorded_by=actor, now=now
    )


@transaction.atomic
def save_gate(
    *,
    stage: Stage,
    criteria: Mapping[str, str],
    talk: str = "",
    within_days: int = 30,
    conditions: Mapping[str, Any] | None = None,
    most_each: int | None = None,
) -> Stage:
    """What a stage asks for from now on; cards that stand in it stay. An empty gate asks for nothing.

    `most_each` is how many open ones a person should have in it: more are let through, and shown.
    """
    stage = hold_stage(stage.pk)
    if stage.kind == StageKind.LOST:
        raise Refused("What is lost needs a reason, and nothing else.")
    known = set(Criterion.objects.values_list("key", flat=True))
    gate = checked(Gate(dict(criteria), talk, within_days, dict(conditions or {})), known)
    if most_each is not None and (stage.kind != StageKind.OPEN or not 1 <= most_each <= MOST_EACH):
        raise Refused(most_each=f"Between 1 and {MOST_EACH:,}, of an open stage; leave it empty for no limit.")
    stage.gate, stage.most_each = gate.stored, most_each
    stage.save(update_fields=["gate", "most_each"])
    return stage

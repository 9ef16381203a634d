"""What stands between a card and a stage, and who has more in a stage than it is meant for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, F

from leads.models import Criterion, EngagementEvent
from leads.queries import Chip, chips_for
from pipeline import gates
from pipeline.gates import CRITERION, Gate
from pipeline.models import Opportunity, OpportunityQuerySet, RoutingRule, Stage, StageKind
from pipeline.queries.routing import fitting


def lacking(opportunity: Opportunity, stage: Stage, *, now: datetime) -> dict[str, str]:
    """What the stage's gate misses, a sentence by name. No query where it asks for nothing, else one per part."""
    gate = Gate.of(stage.gate)
    if gate == Gate():
        return {}
    chips = chips_for([opportunity.contact_id], now=now)[opportunity.contact_id] if gate.criteria else []
    return gates.lacking(
        gate,
        stage.name,
        verdicts={chip.key: chip.state for chip in chips},
        labels={chip.key: chip.label for chip in chips},
        has_talked=not gate.talk or _has_talked(opportunity, gate, now),
        fits=not gate.conditions or _fits(opportunity, gate),
        who=opportunity.contact.name,
    )


def _has_talked(opportunity: Opportunity, gate: Gate, now: datetime) -> bool:
    """Any of its people, so long as it was no machine."""
    people = [opportunity.contact_id, *opportunity.people.values_list("contact_id", flat=True)]
    since = now - timedelta(days=gate.within_days)
    talks = EngagementEvent.objects.filter(contact__in=people, is_quarantined=False, kind__key__in=gate.kinds)
    return talks.filter(occurred_at__gte=since).exists()


def _fits(opportunity: Opportunity, gate: Gate) -> bool:
    found = fitting([RoutingRule(conditions=dict(gate.conditions))], [opportunity.contact_id])
    return found.get(opportunity.contact_id, [False])[0]


@dataclass(frozen=True, slots=True)
class Asked:
    """A criterion that a stage asks for and that is not answered well enough."""

    name: str
    chip: Chip
    least: str


def unanswered(opportunity: Opportunity, stage: Stage, *, now: datetime) -> list[Asked]:
    """The criteria that stand between the card and the stage. One query, none where it asks for none."""
    gate = Gate.of(stage.gate)
    if not gate.criteria:
        return []
    chips = chips_for([opportunity.contact_id], now=now)[opportunity.contact_id]
    wanted = [(chip, gate.criteria[chip.key]) for chip in chips if chip.key in gate.criteria]
    return [
        Asked(f"{CRITERION}{chip.key}", chip, least)
        for chip, least in wanted
        if gates.RANK.get(chip.state, -1) < gates.RANK[least]
    ]


def missing_to_win(opportunity: Opportunity, *, now: datetime) -> list[Asked]:
    """The criteria that the pipeline's stage for what was won asks for, and that are not answered."""
    stage = Stage.objects.filter(pipeline=opportunity.pipeline_id, kind=StageKind.WON).first()
    return unanswered(opportunity, stage, now=now) if stage else []


def gate_words(stages: Iterable[Stage]) -> dict[int, list[str]]:
    """By stage, what its gate asks for, in words. One query."""
    labels = dict(Criterion.objects.values_list("key", "label"))
    return {stage.pk: Gate.of(stage.gate).words(labels) for stage in stages}


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who has more open opportunities in a stage than it is meant for."""

    most: int
    over: list[tuple[str, int]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Rita 12, Ravi 11."""
        return ", ".join(f"{name} {count:,}" for name, count in self.over)


def crowds(rows: OpportunityQuerySet, stages: Iterable[Stage]) -> dict[int, Crowd]:
    """By stage that has a limit: who is over it among the rows. One query, none where no stage has one."""
    found = {stage.pk: Crowd(stage.most_each) for stage in stages if stage.most_each and stage.kind == StageKind.OPEN}
    if found:
        counts = rows.open().filter(stage__in=list(found)).exclude(owner=None).order_by()
        per_owner = counts.values_list("stage", "owner__name", "owner").annotate(count=Count("pk"))
        for stage_id, name, _, count in per_owner.filter(count__gt=F("stage__most_each")):
            found[stage_id].over.append((name, count))
        for crowd in found.values():
            crowd.over.sort(key=lambda one: (-one[1], one[0]))
    return found


def over_limit(opportunity: Opportunity) -> str:
    """A sentence when its owner has more in its stage than the stage is meant for. At most one query."""
    most = opportunity.stage.most_each
    if not most or opportunity.owner_id is None or not opportunity.is_open:
        return ""
    count = Opportunity.objects.open().filter(stage=opportunity.stage_id, owner=opportunity.owner_id).count()
    if count <= most:
        return ""
    whose = opportunity.owner.name if opportunity.owner else ""
    return f"{whose} now has {count:,} in {opportunity.stage.name}, which is meant for {most} each."

"""The report on what the rules did, counted by a task."""

from datetime import datetime

from leads.days import day_of
from scoring import accountability, queries
from scoring.definitions import Spec
from scoring.models import Definition, RuleReport
from scoring.queries import accountability as asked
from scoring.queries import features


def count_rules(*, now: datetime) -> list[RuleReport]:
    """Count what the rules of the active definitions did up to now. Safe to repeat."""
    specs = list(queries.active_specs())
    known = features.training_rows(now)
    return [report for spec in specs if (report := _count(spec, known, now=now))]


def _count(spec: Spec, known: features.Known, *, now: datetime) -> RuleReport | None:
    from scoring.learning.points import suggested

    day = day_of(now)
    masks, came = asked.firing(spec, day)
    looks = list(asked.looks(spec, known.contact_ids, known.at, known.bought))
    names = accountability.keys(spec)
    points = [line.points for line in spec.engagement] + [rule.points for rule in spec.fit]
    proposals = suggested([look[0] for look in looks], [look[1] for look in looks], [look[2] for look in looks], points)
    content = accountability.report(
        spec,
        masks,
        asked.promotions(spec, now),
        asked.drift(spec, day) | came,
        {names[place]: row for place, row in proposals.items()},
    )
    if not Definition.objects.filter(pk=spec.id).exists():
        return None
    return RuleReport.objects.update_or_create(
        definition_id=spec.id, defaults={"day": day, "counted_at": now, "content": content}
    )[0]


def is_due(*, now: datetime) -> bool:
    """Whether an active definition has no report of today."""
    wanted = {spec.id for spec in queries.active_specs()}
    counted = RuleReport.objects.filter(definition__in=wanted, day=day_of(now))
    return counted.count() < len(wanted)

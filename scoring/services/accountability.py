"""The report on what the rules did, counted by a task."""

from datetime import datetime

from leads.days import day_of
from scoring import accountability, queries
from scoring.models import Definition, RuleReport
from scoring.queries import accountability as asked
from scoring.queries import features


def count_rules(*, now: datetime) -> RuleReport | None:
    """Count what the rules of the active definition did up to now; None without one. Safe to repeat."""
    from scoring.learning.points import suggested

    spec = queries.active_spec()
    if spec is None:
        return None
    day = day_of(now)
    masks, came = asked.firing(spec, day)
    known = features.training_rows(now)
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
    """Whether the active definition has no report of today."""
    spec = queries.active_spec()
    return spec is not None and not RuleReport.objects.filter(definition_id=spec.id, day=day_of(now)).exists()

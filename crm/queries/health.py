"""How the definition for all is doing: whom it promoted, how that ended, rules that need a look, drafts that wait."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from leads.days import date_of
from scoring import accountability
from scoring.models import Definition, DefinitionStatus, RuleReport
from scoring.proportions import Share
from scoring.queries import active_spec


@dataclass(frozen=True, slots=True)
class Health:
    """The report of the last day it was counted; without one nothing is known yet."""

    active: Definition | None
    drafts: list[Definition]  # open ones, the newest first
    counted_on: date | None = None
    promoted: int = 0
    bought: Share | None = None  # of those of whom it is known how it ended
    findings: list[str] = field(default_factory=list)


def definition_health() -> Health:
    """Two queries."""
    spec = active_spec()
    current = [DefinitionStatus.ACTIVE, DefinitionStatus.DRAFT, DefinitionStatus.REVIEW]
    rows = list(Definition.objects.filter(status__in=current).order_by("-version"))
    active = next((row for row in rows if row.status == DefinitionStatus.ACTIVE and not row.team_id), None)
    drafts = [row for row in rows if row.is_open]
    report = RuleReport.objects.filter(definition_id=spec.id).first() if spec else None
    if spec is None or report is None:
        return Health(active, drafts)
    promotions = report.content["promotions"]
    decided = [row for row in promotions if row[3] != accountability.OPEN]
    return Health(
        active,
        drafts,
        date_of(report.day),
        len(promotions),
        Share(sum(1 for row in decided if row[3] == accountability.WON), len(decided)),
        list(_findings(accountability.accounts(spec, report.content))),
    )


def _findings(rules: list[accountability.Account]) -> Iterator[str]:
    for rule in rules:
        if rule.is_dead:
            yield f"“{rule.name}” fires for nobody"
        if rule.is_redundant:
            yield f"“{rule.name}” fires for nearly the same people as “{rule.twin}”"
        if rule.drift and rule.drift.is_clear:
            lately, before = rule.drift.lately.percent, rule.drift.before.percent
            yield f"“{rule.name}” fires {rule.drift.words}: {lately} in the last 30 days, {before} in the 90 before"

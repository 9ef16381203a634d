"""What we think of somebody, by which definition, and why."""

from leads.filters import NearLine
from scoring.explanation import Explanation, Line, Missing
from scoring.queries.marks import marks
from scoring.queries.specs import (
    Active,
    active_spec,
    active_specs,
    filled,
    forget_specs,
    judged_by,
    load_spec,
    prepared,
    run,
    spec_for,
    statement_of,
)
from scoring.queries.why import why

HOT_MARGIN = 10


def hot_but_incomplete(active: Active | None = None) -> NearLine | None:
    """Least score of leads that are worth a question: a little below the line; none without a definition."""
    active = active or active_specs()
    if not any(active):
        return None
    least = active.common.threshold - HOT_MARGIN if active.common else None
    return NearLine(least, {team_id: spec.threshold - HOT_MARGIN for team_id, spec in active.teams.items()})


__all__ = [
    "Active",
    "Explanation",
    "Line",
    "Missing",
    "active_spec",
    "active_specs",
    "filled",
    "forget_specs",
    "hot_but_incomplete",
    "judged_by",
    "load_spec",
    "marks",
    "prepared",
    "run",
    "spec_for",
    "statement_of",
    "why",
]

"""What we think of somebody, by which definition, and why."""

from leads.filters import Marks
from scoring.explanation import Explanation, Line, Missing
from scoring.queries.specs import active_spec, filled, forget_specs, load_spec, prepared, run, statement_of
from scoring.queries.why import why

HOT_MARGIN = 10


def hot_but_incomplete() -> int | None:
    """Least score of leads that are worth a question: a little below the active threshold."""
    spec = active_spec()
    return spec.threshold - HOT_MARGIN if spec else None


def marks() -> Marks:
    """What the personas and exclusions on standings are called now. One small query."""
    spec = active_spec()
    if spec is None:
        return Marks()
    return Marks({row.id: row.name for row in spec.personas}, {row.id: row.name for row in spec.exclusions})


__all__ = [
    "Explanation",
    "Line",
    "Missing",
    "active_spec",
    "filled",
    "forget_specs",
    "hot_but_incomplete",
    "load_spec",
    "marks",
    "prepared",
    "run",
    "statement_of",
    "why",
]

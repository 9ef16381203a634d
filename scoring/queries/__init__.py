"""What we think of somebody, by which definition, and why."""

from scoring.explanation import Explanation, Line, Missing
from scoring.queries.marks import marks
from scoring.queries.specs import active_spec, filled, forget_specs, load_spec, prepared, run, statement_of
from scoring.queries.why import why

HOT_MARGIN = 10


def hot_but_incomplete() -> int | None:
    """Least score of leads that are worth a question: a little below the active threshold."""
    spec = active_spec()
    return spec.threshold - HOT_MARGIN if spec else None


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

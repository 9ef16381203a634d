"""What the personas and exclusions on standings are called now."""

from leads.filters import Marks
from scoring.queries.specs import active_specs


def marks() -> Marks:
    """Names by the ids that stand on standings; those of a definition that retired are not among them.

    One small query: a list asks only when one of its rows has such an id, or its filter wants one.
    """
    active = list(active_specs())
    return Marks(
        {row.id: row.name for spec in active for row in spec.personas},
        {row.id: row.name for spec in active for row in spec.exclusions},
    )

"""What the personas and exclusions on standings are called now."""

from leads.filters import Marks
from scoring.queries.specs import active_spec


def marks() -> Marks:
    """Names by the ids that stand on standings; those of a definition that retired are not among them.

    One small query: a list asks only when one of its rows has such an id, or its filter wants one.
    """
    spec = active_spec()
    if spec is None:
        return Marks()
    return Marks({row.id: row.name for row in spec.personas}, {row.id: row.name for row in spec.exclusions})

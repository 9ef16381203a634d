"""What is missing to somebody, asked of the database."""

from scoring.missing import Smallest
from scoring.queries.why import why


def smallest(contact_id: int, day: int) -> Smallest | None:
    """The smallest set of facts that would make this contact a prospect by the active definition; none without one.

    As many queries as `why`: whoever has an Explanation asks it for `smallest_set`.
    """
    explanation = why(contact_id, day)
    return explanation.smallest_set if explanation else None

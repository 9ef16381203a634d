"""The record as it was on past days: which snapshots there are, whose deals are meant, how deals stood."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.queries import NOBODY, Filters
from reports.models import ForecastSnapshot
from users.models import User

# how each deal stood on a day: its newest line until then
AS_OF = """
SELECT DISTINCT ON (opportunity_id) * FROM reports_forecastline
WHERE snapshot_id <= %(day)s ORDER BY opportunity_id, snapshot_id DESC
"""


@dataclass(frozen=True, slots=True)
class Whose:
    """The owners whose deals are meant; none: everybody's."""

    owners: frozenset[int] | None
    with_unowned: bool

    def holds(self, owner: int | None) -> bool:
        if owner is None:
            return self.with_unowned
        return self.owners is None or owner in self.owners

    @property
    def sql(self) -> dict[str, Any]:
        """Parameters of `OURS`."""
        return {
            "all": self.owners is None,
            "owners": sorted(self.owners or ()),
            "unowned": self.with_unowned,
        }


OURS = "(CASE WHEN owner_id IS NULL THEN %(unowned)s ELSE %(all)s OR owner_id = ANY(%(owners)s) END)"


def whose(user: User, filters: Filters) -> Whose:
    """What the filters ask for, as far as the user may see it. At most two queries."""
    seen = None if user.sees_everything else frozenset(user.visible_owner_ids)
    if filters.owner == NOBODY:
        return Whose(frozenset(), True)
    asked: frozenset[int] | None = None
    if filters.owner:
        asked = frozenset({int(filters.owner)})
    elif filters.team is not None:
        asked = frozenset(User.objects.filter(team=filters.team).values_list("pk", flat=True))
    if asked is None:
        return Whose(seen, True)
    return Whose(asked if seen is None else asked & seen, False)


def snapshot_until(day: date) -> date | None:
    """The newest snapshot that is not after this day."""
    return ForecastSnapshot.objects.filter(day__lte=day).order_by("-day").values_list("day", flat=True).first()


def first_snapshot() -> date | None:
    """When the record begins."""
    return ForecastSnapshot.objects.order_by("day").values_list("day", flat=True).first()

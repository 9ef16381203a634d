"""The record as it was on past days: which snapshots there are, whose deals are meant, how deals stood."""

from dataclasses import dataclass, replace
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


def counted_for(user: User, filters: Filters) -> Filters:
    """Whose forecast is meant; its sums, ranges, quotas, record and the lists behind them all follow from this.

    An opportunity counts once, for its owner: co-owners have it in their lists and not in their forecast. Who sees
    everything asks for all, a team or a person. A rep asks for somebody of the team or for what nobody owns; else it
    is the team's, to which what nobody owns does not belong. A person asked for is meant whatever team is asked.
    """
    own = user.sees_everything or filters.owner == NOBODY
    if filters.owner and (own or int(filters.owner) in user.visible_owner_ids):
        return replace(filters, team=None)
    if own:
        return filters
    return replace(filters, owner="" if user.team_id else str(user.pk), team=user.team_id)


def whose(user: User, filters: Filters) -> Whose:
    """The owners whom that means. At most two queries."""
    meant = counted_for(user, filters)
    if meant.owner:
        return Whose(frozenset() if meant.owner == NOBODY else frozenset({int(meant.owner)}), meant.owner == NOBODY)
    if meant.team is None:
        return Whose(None, True)
    return Whose(frozenset(User.objects.filter(team=meant.team).values_list("pk", flat=True)), False)


def snapshot_until(day: date) -> date | None:
    """The newest snapshot that is not after this day."""
    return ForecastSnapshot.objects.filter(day__lte=day).order_by("-day").values_list("day", flat=True).first()


def first_snapshot() -> date | None:
    """When the record begins."""
    return ForecastSnapshot.objects.order_by("day").values_list("day", flat=True).first()

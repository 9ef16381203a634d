"""The events behind one line of a score."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.models import EngagementEvent
from scoring.definitions import EngagementLine
from scoring.explanation import exact

MOST = 50


@dataclass(frozen=True, slots=True)
class Counted:
    """One event, and what it gives on a day before the cap of its rule."""

    at: datetime
    label: str
    what: str  # the page, form, campaign, asset or outcome that the kind looks at
    thousandths: int

    @property
    def points(self) -> str:
        return exact(self.thousandths)


def counted(contact_id: int, line: EngagementLine, day: int) -> tuple[list[Counted], bool]:
    """The newest events that a rule counts on a day, and whether there are older ones. One query.

    Of a rule that counts once only the newest one gives anything.
    """
    rows = EngagementEvent.objects.filter(
        contact_id=contact_id, kind_id=line.kind_id, day__gt=day - line.horizon, day__lte=day, is_quarantined=False
    )
    if line.facet_ids:
        rows = rows.filter(facet_id__in=line.facet_ids)
    found = list(rows.select_related("kind").order_by("-occurred_at", "-pk")[: MOST + 1])
    events = []
    for place, row in enumerate(found[:MOST]):
        gives = line.weights[day - row.day] if place == 0 or not line.first_only else 0
        events.append(Counted(row.occurred_at, row.kind.label, _what(row.properties, row.kind.facet_property), gives))
    return events, len(found) > MOST


def _what(properties: Mapping[str, Any], name: str) -> str:
    value = properties.get(name, "") if name else ""
    return value[:120] if isinstance(value, str) else ""

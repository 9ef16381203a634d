"""How somebody's score went, day by day under the active definition, and what moved it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from leads.days import date_of
from leads.models import EngagementEvent
from scoring.queries.specs import fetch, prepared, spec_for

DAYS = 182
LEAST_MOVE, MOST_MOVES = 3, 8


@dataclass(frozen=True, slots=True)
class Move:
    """A day on which the score rose or fell by itself or by what happened."""

    on: date
    by: int
    total: int
    events: str


@dataclass(frozen=True, slots=True)
class History:
    """The totals of past days, the oldest first, with the days that moved them most, the newest first."""

    version: int
    team: str  # whose definition it is; nothing for the one for all
    threshold: int
    totals: dict[date, int]
    weeks: list[dict[str, object]]
    moves: list[Move]

    def as_json(self) -> dict[str, Any]:
        """For the API: the total of each day, and the days that moved it most."""
        return {
            "definition": self.version,
            "definition_team": self.team or None,
            "threshold": self.threshold,
            "totals": [{"on": on.isoformat(), "total": total} for on, total in self.totals.items()],
            "moves": [
                {"on": move.on.isoformat(), "by": move.by, "total": move.total, "events": move.events}
                for move in self.moves
            ],
        }


def history(contact_id: int, day: int) -> History | None:
    """Half a year up to a day; none without a definition or contact. Three queries.

    By the definition that judges them now, with what we know of the person today: not what was said then, but what
    it would say.
    """
    spec = spec_for(contact_id)
    if spec is None:
        return None
    name = prepared(spec, "totals", "bigint[], int, int, int", lambda statement: statement.totals())
    rows = fetch(f"EXECUTE {name} (%s::bigint[], %s, %s, %s)", [[contact_id], day - DAYS, day, 1])
    totals = {row["day"]: row["total"] for row in rows}
    if not totals:
        return None
    changes = {d: totals[d] - totals[d - 1] for d in range(day - DAYS + 1, day + 1)}
    largest = sorted((d for d in changes if abs(changes[d]) >= LEAST_MOVE), key=lambda d: (-abs(changes[d]), -d))
    events = _events(contact_id, largest[:MOST_MOVES])
    top = max(1, spec.threshold, *totals.values())
    return History(
        version=spec.version,
        team=spec.team,
        threshold=spec.threshold,
        totals={date_of(d): totals[d] for d in range(day - DAYS, day + 1)},
        weeks=[
            {
                "label": f"{date_of(d):%-d %b}",
                "total": totals[d],
                "height": round(100 * max(0, totals[d]) / top, 1),
                "is_over": totals[d] >= spec.threshold,
            }
            for d in range(day - DAYS, day + 1, 7)
        ],
        moves=[
            Move(date_of(d), changes[d], totals[d], events.get(d, "nothing happened: it faded"))
            for d in sorted(largest[:MOST_MOVES], reverse=True)
        ],
    )


def _events(contact_id: int, days: list[int]) -> dict[int, str]:
    """What happened on these days, in words."""
    rows = EngagementEvent.objects.filter(contact_id=contact_id, day__in=days, is_quarantined=False)
    labels: dict[int, dict[str, int]] = {}
    for day, label in rows.order_by("occurred_at").values_list("day", "kind__label")[:500]:
        counted = labels.setdefault(day, {})
        counted[label] = counted.get(label, 0) + 1
    return {
        day: ", ".join(label if times == 1 else f"{label} ({times} times)" for label, times in counted.items())
        for day, counted in labels.items()
    }

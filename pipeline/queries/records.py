"""What the page of one opportunity asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipeline.exchange import CENT
from pipeline.models import Opportunity, OpportunityPerson, StageMove


@dataclass(frozen=True, slots=True)
class Stay:
    """How long it was in a stage."""

    move: StageMove
    left_at: datetime | None
    lasted: timedelta | None

    @property
    def words(self) -> str:
        """4 days here; nothing when it ended there."""
        if self.lasted is None:
            return ""
        days = self.lasted.days
        return "less than a day here" if days < 1 else f"{days} day{'' if days == 1 else 's'} here"


def history_of(opportunity: Opportunity, *, now: datetime) -> list[Stay]:
    """Every stage it has entered, newest first, and how long it stayed; in what it ended it does not stay."""
    moves = list(opportunity.moves.select_related("from_stage", "to_stage", "actor").order_by("at", "pk"))
    stays = []
    for index, move in enumerate(moves):
        left = moves[index + 1].at if index + 1 < len(moves) else (now if opportunity.is_open else None)
        stays.append(Stay(move, left, left - move.at if left else None))
    return stays[::-1]


def people_of(opportunity: Opportunity) -> Sequence[OpportunityPerson]:
    """The further people of the buying group."""
    return list(opportunity.people.select_related("contact__company", "contact__standing").order_by("pk")[:100])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Why it became a prospect, as it was at that moment."""

    at: datetime | None
    promoted_by: str
    reason: str
    judgement: dict[str, Any] | None
    evidence: list[dict[str, Any]]
    groups: list[tuple[str, int, list[dict[str, Any]]]]


LABELS = {
    "fit": "Fit",
    "content": "Content",
    "intent": "Intent",
    "conversation": "Conversation",
    "social": "Social",
    "product": "Product",
}


def snapshot_of(opportunity: Opportunity) -> Snapshot:
    """The stored snapshot; what an older one does not hold is empty."""
    stored = opportunity.snapshot if isinstance(opportunity.snapshot, dict) else {}
    judgement = stored.get("judgement") or None
    groups = []
    if judgement:
        points = {"fit": judgement.get("fit", 0), **judgement.get("categories", {})}
        for key, label in LABELS.items():
            lines = [_line(line) for line in judgement.get("lines", []) if line.get("category") == key]
            if lines or points.get(key):
                groups.append((label, points.get(key, 0), lines))
    at = stored.get("at")
    return Snapshot(
        at=datetime.fromisoformat(at) if isinstance(at, str) else None,
        promoted_by=stored.get("promoted_by", ""),
        reason=stored.get("reason", ""),
        judgement=judgement,
        evidence=[_evidence(row) for row in stored.get("evidence", [])],
        groups=groups,
    )


def _line(line: dict[str, Any]) -> dict[str, Any]:
    points = (Decimal(int(line.get("thousandths", 0))) / 1000).quantize(CENT, ROUND_HALF_UP)
    return line | {"points": f"{points:+,.2f}".rstrip("0").rstrip(".").replace("-", "−")}


def _evidence(row: dict[str, Any]) -> dict[str, Any]:
    amount = row.get("amount")
    day = row.get("on_date")
    on = f"{date.fromisoformat(day):%-d %b %Y}" if day else ""
    said = [row.get("text") or "", f"{Decimal(amount):,.0f}" if amount else "", on]
    return row | {"state": row.get("verdict", "unknown"), "said": " · ".join(part for part in said if part)}


def before_of(opportunity: Opportunity) -> list[dict[str, Any]]:
    """What became of earlier tries, as it was known when this one was opened: instant, what was said, note."""
    stored = opportunity.snapshot if isinstance(opportunity.snapshot, dict) else {}
    return [row | {"at": datetime.fromisoformat(row["at"])} for row in stored.get("before", [])]

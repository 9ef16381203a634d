"""Why a prospect went to one rep and not to another, read from what was kept when it was decided. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline.sharing import EVEN, WHOLE, plain


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the pool."""

    rep_id: int
    name: str
    capacity: str
    owed: float  # prospects, when it was decided; below zero: ahead of their share
    said: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """The decision as a page shows it."""

    because: str
    steps: list[str] = field(default_factory=list)  # what was looked at before, in order
    lines: list[Line] = field(default_factory=list)


def explained(kept: Mapping[str, Any]) -> Explained:
    """The stored decision; what an older one does not hold is left out."""
    steps = [f"{row['name']}: {row['why_not']}" for row in kept.get("passed", [])]
    steps += [f"Rule “{row['rule']}” {row['said']}" for row in kept.get("tried", [])]
    shares = kept.get("shares", [])
    chosen = next((row for row in shares if row["paid"]), None)
    return Explained(kept.get("because", ""), steps, [_line(row, chosen) for row in shares])


def _owed(row: Mapping[str, Any]) -> int:
    return int(row["before"]) + int(row["credited"])


def _line(row: Mapping[str, Any], chosen: Mapping[str, Any] | None) -> Line:
    is_chosen = row is chosen
    if is_chosen:
        said = "their turn"
    elif row["why_not"]:
        said = row["why_not"]
    elif chosen is None:
        said = ""
    elif round(_owed(row) / EVEN) == round(_owed(chosen) / EVEN):
        said = f"as much was owed to {chosen['name']}, who had waited longer"
    else:
        said = f"{_owed(row) / WHOLE:.2f} was owed, less than the {_owed(chosen) / WHOLE:.2f} of {chosen['name']}"
    if row.get("stands_in_for"):
        said = f"stands in for {row['stands_in_for']}; {said}"
    capacity = "no limit" if row["capacity"] is None else f"{plain(Decimal(row['capacity']))} a week"
    return Line(int(row["rep"]), row["name"], capacity, _owed(row) / WHOLE, said, is_chosen)


def why_not_me(kept: Mapping[str, Any], rep_id: int, got_by: str) -> str:
    """One sentence for a rep who did not get it."""
    for line in explained(kept).lines:
        if line.rep_id == rep_id and not line.is_chosen:
            return f"You: {line.said}."
        if line.rep_id == rep_id:
            return "It was your turn."
    if kept.get("shares"):
        needs = f", all with {', '.join(kept['skills'])}" if kept.get("skills") else ""
        return f"You were not among those who could get it{needs}. {kept.get('because', '')}."
    return f"It was nobody's turn: {kept.get('because', '') or got_by}."

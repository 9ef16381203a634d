"""A score with all its reasons, as values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from leads.days import date_of
from scoring.definitions import Required, Spec
from scoring.missing import Smallest, smallest
from scoring.missing.cases import case_of


def exact(thousandths: int) -> str:
    """Exact points, as text: 12, 4.25, −5.125."""
    digits = f"{abs(thousandths) % 1000:03d}".rstrip("0")
    whole = f"{'−' if thousandths < 0 else ''}{abs(thousandths) // 1000}"
    return f"{whole}.{digits}" if digits else whole


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule gives to a score, in thousandths of a point (fit rules: whole points × 1000)."""

    rule_id: int
    name: str
    category: str
    thousandths: int
    events: int = 0
    newest: date | None = None
    fades_on: date | None = None
    half_life_days: int | None = None
    is_capped: bool = False
    uncapped: int = 0  # thousandths before the cap
    persona: str = ""

    @property
    def points(self) -> str:
        return exact(self.thousandths)

    @property
    def before_cap(self) -> str:
        """The points before the cap; nothing when it took nothing away."""
        return exact(self.uncapped) if self.is_capped and self.uncapped != self.thousandths else ""

    @property
    def whole(self) -> str:
        """The points before the decimal point, with their sign."""
        return self.points.partition(".")[0]

    @property
    def decimals(self) -> str:
        """The decimal point and what follows it, or nothing."""
        return self.points.removeprefix(self.whole)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands between a lead and being a prospect."""

    what: str  # "score", "two_way" or a criterion's label
    sentence: str
    criterion_id: int | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score with all its reasons, for a day."""

    contact_id: int
    day: int
    version: int
    total: int
    grade: str
    fit: int
    categories: dict[str, int]
    threshold: int
    is_qualified: bool
    lines: list[Line] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    fades_on: date | None = None
    persona: str = ""  # the one that suits best; its rules are among the lines
    team: str = ""  # whose definition it is; nothing for the one for all
    excluded: str = ""  # what keeps them out whatever their score
    required: tuple[Required, ...] = ()  # what those of their persona must answer
    spec: Spec | None = field(default=None, repr=False, compare=False)
    facts: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)  # none of a past day
    open: Mapping[int, tuple[Required, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )  # unanswered: everybody's (0), of personas

    @property
    def smallest_set(self) -> Smallest | None:
        """The smallest set of facts that would make them a prospect; none of a past day. Worked out when asked."""
        if self.is_qualified or self.spec is None or self.facts is None:
            return None
        return smallest(case_of(self, self.spec, self.facts))

    @property
    def engagement(self) -> int:
        return self.total - self.fit

    @property
    def on(self) -> date:
        return date_of(self.day)

    def groups(self) -> list[tuple[str, int, list[Line]]]:
        """(category, its rounded points, its lines) for each part that has lines; the points add up to the total."""
        parts = [("fit", self.fit), *self.categories.items()]
        return [
            (name, points, [row for row in self.lines if row.category == name])
            for name, points in parts
            if points or any(row.category == name for row in self.lines)
        ]

    def as_json(self) -> dict[str, Any]:
        """For the API and for snapshots."""
        least = self.smallest_set
        return {
            "contact": self.contact_id,
            "on": self.on.isoformat(),
            "definition": self.version,
            "definition_team": self.team or None,
            "total": self.total,
            "grade": self.grade,
            "fit": self.fit,
            "categories": self.categories,
            "threshold": self.threshold,
            "is_qualified": self.is_qualified,
            "persona": self.persona,
            "excluded": self.excluded,
            "fades_on": self.fades_on.isoformat() if self.fades_on else None,
            "missing": [asdict(row) for row in self.missing],
            "smallest_set": least.as_json() if least else None,
            "lines": [
                asdict(row)
                | {
                    "newest": row.newest.isoformat() if row.newest else None,
                    "fades_on": row.fades_on.isoformat() if row.fades_on else None,
                }
                for row in self.lines
            ],
        }

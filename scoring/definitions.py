"""A definition as plain values: what the statement is compiled from and what pages describe."""

from dataclasses import dataclass, field
from typing import Any

from scoring import decay


@dataclass(frozen=True, slots=True)
class EngagementLine:
    """One engagement rule."""

    id: int
    name: str
    category: str
    kind_id: int
    facet_ids: tuple[int, ...]
    points: int
    half_life_days: int | None
    window_days: int
    cap: int | None
    first_only: bool = False

    @property
    def horizon(self) -> int:
        return decay.horizon(self.window_days, self.half_life_days)

    @property
    def weights(self) -> tuple[int, ...]:
        return decay.weights(self.points, self.half_life_days, self.window_days)


@dataclass(frozen=True, slots=True)
class FitLine:
    """One fit rule: a general one, or a persona's."""

    id: int
    name: str
    points: int
    conditions: dict[str, Any] = field(hash=False)
    persona_id: int | None = None


@dataclass(frozen=True, slots=True)
class ExclusionLine:
    """Whom the definition never lets through; the first one that holds is the reason."""

    id: int
    name: str
    conditions: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Required:
    """A criterion that must be answered at least this well."""

    criterion_id: int
    label: str
    question: str
    least: str
    fresh_days: int | None = None

    @property
    def accepted(self) -> tuple[str, ...]:
        return ("meets", "weak") if self.least == "weak" else ("meets",)


@dataclass(frozen=True, slots=True)
class PersonaLine:
    """A named group of fit rules; the best one counts if it gives more than nothing, the first of equals.

    `required` are the criteria that its people must answer instead of everybody's; none: everybody's.
    """

    id: int
    name: str
    required: tuple[Required, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole definition."""

    id: int
    version: int
    threshold: int
    two_way_days: int | None
    two_way_kinds: tuple[int, ...]
    grades: tuple[int, int, int, int]  # least fit for A, B; least engagement for 1, 2
    engagement: tuple[EngagementLine, ...]
    fit: tuple[FitLine, ...]
    required: tuple[Required, ...]  # of whoever's persona has none of its own
    personas: tuple[PersonaLine, ...] = ()
    exclusions: tuple[ExclusionLine, ...] = ()
    team_id: int | None = None  # whose leads it judges; none: of all who have no definition of their own
    team: str = ""
    is_shared: bool = False  # others are active beside it: what theirs wrote about somebody is wiped out

    def __hash__(self) -> int:
        return hash((self.id, self.version))  # asked for with every statement: not over all rules

    def persona(self, persona_id: int | None) -> str:
        """The name of one of its personas; nothing for none and for another definition's."""
        return next((row.name for row in self.personas if row.id == persona_id), "")

    def required_of(self, persona_id: int | None) -> tuple[Required, ...]:
        """What those of a persona must answer; everybody's for none, one without its own, and another definition's."""
        return self.own_required.get(persona_id or 0, self.required)

    @property
    def own_required(self) -> dict[int, tuple[Required, ...]]:
        """The criteria of the personas that have their own, by persona."""
        return {row.id: row.required for row in self.personas if row.required}

    @property
    def all_required(self) -> tuple[Required, ...]:
        """Everybody's, and then those of personas; a criterion may stand there several times."""
        return self.required + tuple(one for row in self.personas for one in row.required)

    def exclusion(self, exclusion_id: int | None) -> str:
        """The name of one of its exclusions; nothing for none and for another definition's."""
        return next((row.name for row in self.exclusions if row.id == exclusion_id), "")

    def grade(self, fit: int, engagement: int) -> str:
        """A–C for fit × 1–3 for engagement."""
        a, b, one, two = self.grades
        letter = "A" if fit >= a else "B" if fit >= b else "C"
        digit = "1" if engagement >= one else "2" if engagement >= two else "3"
        return letter + digit

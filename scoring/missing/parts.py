"""A lead as it stands, and a smallest set, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from scoring import decay

ANSWER, LEARN, TALK, HAPPEN = "answer", "learn", "talk", "happen"


@dataclass(frozen=True, slots=True)
class FitPart:
    """A fit rule; of the groups (personas) only the best one counts, what has no group always."""

    name: str
    points: int
    conditions: Mapping[str, Any] = field(hash=False)
    group: int | None = None


@dataclass(frozen=True, slots=True)
class EventPart:
    """An engagement rule and what it gives now, in thousandths. `once`: it counts only the newest event."""

    category: str
    points: int
    cap: int | None
    thousandths: int
    once: bool = False

    def after(self, times: int) -> int:
        """Its thousandths when it happens so many times more today."""
        if self.once:
            return decay.capped(1000 * self.points, self.cap)
        return decay.capped(self.thousandths + 1000 * self.points * times, self.cap)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something they can do, with the places of the engagement rules that it moves."""

    key: str
    label: str
    parts: tuple[int, ...]
    is_talk: bool = False  # a conversation: we can ask for it


@dataclass(frozen=True, slots=True)
class Gap:
    """A required criterion that is not answered well enough."""

    criterion_id: int
    label: str
    question: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that the answer depends on. `facts` as in `conditions.holds`."""

    threshold: int
    fit: Sequence[FitPart] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[EventPart] = ()
    happenings: Sequence[Happening] = ()
    gaps: Sequence[Gap] = ()
    gaps_of: Mapping[int, Sequence[Gap]] = field(default_factory=dict)  # of groups that ask for something else instead
    must_talk: bool = False
    blocked: str = ""  # why nothing helps

    def open(self, group: int) -> Sequence[Gap]:
        """What is not answered for those of a group; 0 for one that asks for nothing else."""
        return self.gaps_of.get(group, self.gaps)


@dataclass(frozen=True, slots=True)
class Step:
    """One fact: the answer to a criterion or a field, a conversation, or something they do by themselves."""

    do: str
    key: str
    label: str
    question: str = ""
    points: int = 0  # what it adds by itself, at best
    counts: str = ""  # which answer counts


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest set. `steps` can be asked for; when they are not enough, `needs` points are left, and each of
    `hopes` is a way in which they could come about.
    """

    steps: tuple[Step, ...] = ()
    below: int = 0
    needs: int = 0
    hopes: tuple[tuple[Step, ...], ...] = ()
    blocked: str = ""

    @property
    def is_enough(self) -> bool:
        """Whether good answers to all steps make them a prospect."""
        return not self.needs and not self.blocked

    @property
    def to_learn(self) -> tuple[Step, ...]:
        """The fields that have to be asked for."""
        return tuple(step for step in self.steps if step.do == LEARN)

    @property
    def sentence(self) -> str:
        """It in one sentence."""
        if self.blocked:
            return f"Nothing would do: {self.blocked}."
        if self.needs:
            points = f"{self.needs} point{'' if self.needs == 1 else 's'} more"
            return f"Nothing you can ask would do: needs {points} from what they do."
        if not self.steps:
            return "Nothing is missing."
        if len(self.steps) == 1:
            return "One good answer would do." if self.steps[0].do != TALK else "One conversation would do."
        return f"These {len(self.steps)} would do."

    def as_json(self) -> dict[str, Any]:
        return {
            "is_enough": self.is_enough,
            "sentence": self.sentence,
            "below": self.below,
            "needs": self.needs,
            "steps": [asdict(step) for step in self.steps],
            "hopes": [[asdict(step) for step in hope] for hope in self.hopes],
        }

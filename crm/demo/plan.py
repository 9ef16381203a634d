"""The demo as plain values, before anything is stored."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Calendar:
    """All instants are counted back from the last UTC midnight, so that the demo has the same shape on every day."""

    midnight: datetime

    def at(self, days_ago: float) -> datetime:
        return self.midnight - timedelta(days=days_ago)

    def office(self, rng: Random, days_ago: float) -> datetime:
        """An instant in working hours on about that day, never today; weekends move to their neighbours."""
        day = self.midnight - timedelta(days=max(1, int(days_ago)))
        minutes = rng.triangular(6 * 60, 18 * 60, 9 * 60)
        if day.weekday() == 5:
            day -= timedelta(days=1)
        elif day.weekday() == 6:
            day += timedelta(days=1 if day + timedelta(days=1) < self.midnight else -2)
        return day + timedelta(minutes=minutes, seconds=rng.randrange(60))

    def days_ago(self, instant: datetime) -> float:
        return (self.midnight - instant).total_seconds() / 86400


@dataclass(slots=True)
class Firm:
    """A company."""

    id: int
    name: str
    domain: str
    industry: str
    employees: int | None
    country: str


@dataclass(slots=True)
class Happening:
    """An engagement event to be."""

    at: datetime
    kind: str
    source: str
    properties: dict[str, Any]
    by: str = "email"  # kind of the identity it came under
    id: int = 0


@dataclass(slots=True)
class Answer:
    """A piece of evidence to be."""

    criterion: str
    verdict: str
    at: datetime
    text: str
    quote: str
    amount: Decimal | None = None
    on_date: date | None = None
    source: str = "manual"


@dataclass(slots=True)
class Entry:
    """A line of the timeline to be."""

    kind: str
    at: datetime
    title: str
    body: str = ""
    outcome: str = ""
    happening: Happening | None = None
    is_by_owner: bool = True


@dataclass(slots=True)
class Move:
    """A card enters a stage (a place in the row of open stages, or won or lost)."""

    at: datetime
    to: int | str
    amount: Decimal | None = None


@dataclass(slots=True)
class Deal:
    """An opportunity to be."""

    moves: list[Move]
    amount: Decimal | None = None
    expected_close: date | None = None
    next_step: str = ""
    lost_reason: str = ""
    lost_note: str = ""

    @property
    def opened_at(self) -> datetime:
        return self.moves[0].at

    @property
    def outcome(self) -> str:
        return str(self.moves[-1].to) if isinstance(self.moves[-1].to, str) else ""


@dataclass(slots=True)
class Turned:
    """The verdict turned."""

    at: datetime
    is_qualified: bool
    total: int
    grade: str
    reasons: list[str]


@dataclass(slots=True)
class Lifestep:
    """The lifecycle changed."""

    at: datetime
    stage: str
    reason: str


@dataclass(slots=True)
class Person:
    """A contact with all that is known about it."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    job_title: str
    firm: Firm | None
    country: str
    source: str
    created: datetime
    persona: str
    visitor: str = ""
    owner: str = ""  # e-mail of the rep
    tags: list[str] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    lifesteps: list[Lifestep] = field(default_factory=list)
    verdicts: list[Turned] = field(default_factory=list)
    snapshot: dict[str, Any] = field(default_factory=dict)
    deal: Deal | None = None

    @property
    def lifecycle(self) -> str:
        return self.lifesteps[-1].stage

    @property
    def deal_name(self) -> str:
        return self.firm.name if self.firm else self.name

    def deal_of(self) -> Deal:
        """The deal of somebody who has one."""
        if self.deal is None:
            raise LookupError(f"{self.name} has no deal")
        return self.deal

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def pick(rng: Random, weights: dict[Any, int]) -> Any:
    """One key, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]

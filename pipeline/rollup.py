"""From people to teams to the company: what the deals say, and beside it what managers make of it. Pure."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Own:
    """What one person's deals say, and their manager's figure where there is one."""

    key: Hashable
    team: Hashable | None
    original: Decimal
    called: Decimal | None = None

    @property
    def adjusted(self) -> Decimal:
        return self.original if self.called is None else self.called


@dataclass(slots=True)
class Sum:
    """Of a team or of all: the deals' figure is never replaced, the adjusted one stands beside it."""

    original: Decimal = ZERO
    adjusted: Decimal = ZERO
    called: Decimal | None = None  # of the team itself; it stands for all of its people
    is_adjusted: bool = False


@dataclass(slots=True)
class Rolled:
    """Everything."""

    teams: dict[Hashable | None, Sum] = field(default_factory=dict)
    all: Sum = field(default_factory=Sum)


def roll_up(people: Iterable[Own], team_calls: Mapping[Hashable, Decimal]) -> Rolled:
    """A team's own figure counts before those of its people; who has no team is summed up under None."""
    rolled = Rolled()
    for one in people:
        team = rolled.teams.setdefault(one.team, Sum())
        team.original += one.original
        team.adjusted += one.adjusted
        team.is_adjusted |= one.called is not None
    for key, amount in team_calls.items():
        team = rolled.teams.setdefault(key, Sum())
        team.called, team.adjusted, team.is_adjusted = amount, amount, True
    for team in rolled.teams.values():
        rolled.all.original += team.original
        rolled.all.adjusted += team.adjusted
        rolled.all.is_adjusted |= team.is_adjusted
    return rolled

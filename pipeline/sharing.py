"""Whose turn it is, so that everybody gets the share that their capacity deserves. Pure.

Deficit round robin with a ledger: each time something is given out, everybody who could take it is credited their part
of it, in proportion to their capacity, and whoever is owed most takes it and pays for the whole. A ledger adds up to
zero for ever. Nobody is credited while away, paused or full, so nobody is flooded when they come back.

While the same n people can take it, what somebody is owed stays within −1 and H(n) − 1 prospects, H(n) being
1 + 1/2 + … + 1/n: below a whole one for two or three people, below two for ten. (Emptying the fullest cup: the average
of the k fullest is at most 1/(k+1) + … + 1/n, by induction from k = n, where it is zero; compare Adler et al. 2003,
"A proportionate fair scheduling rule with good worst-case performance".) It does not grow with time.

Parts are whole millionths, so that sums are exact and 3.5 a week stays 3.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil

WHOLE = 1_000_000
USUAL = Decimal(10)  # a week; the part of somebody without a limit
EVEN = 1_000  # owed the same but for rounding
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may get it. `why_not` is empty when they can take it."""

    rep_id: int
    name: str
    capacity: Decimal | None = None  # prospects a week; none: no limit
    credit: int = 0
    last_at: datetime | None = None
    why_not: str = ""
    stands_in_for: str = ""

    @property
    def weight(self) -> Decimal:
        return USUAL if self.capacity is None else self.capacity


@dataclass(frozen=True, slots=True)
class Share:
    """What the decision did to somebody: owed before, credited, paid."""

    candidate: Candidate
    credited: int
    paid: int

    @property
    def owed(self) -> int:
        """Before it was paid for: what is compared."""
        return self.candidate.credit + self.credited

    @property
    def credit(self) -> int:
        """From now on."""
        return self.owed - self.paid


@dataclass(frozen=True, slots=True)
class Decision:
    """Who gets it, if anybody, and what happened to everybody's account."""

    chosen: Candidate | None
    shares: tuple[Share, ...]


def parts(weights: Sequence[Decimal]) -> list[int]:
    """A whole in proportion to the weights, in millionths that add up to it; the largest remainders round up."""
    total = sum(weights)
    if total <= 0:
        return [0] * len(weights)
    exact = [WHOLE * weight / total for weight in weights]
    floors = [int(one) for one in exact]
    missing = WHOLE - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[:missing]:
        floors[index] += 1
    return floors


def full_because(capacity: Decimal | None, last_week: int, last_weeks: int) -> str:
    """Why somebody is full, or nothing: `last_week` were given in seven days, `last_weeks` in four times as many.

    A fraction counts over four weeks: half a one a week is two in four weeks, and one in a week.
    """
    if capacity is None:
        return ""
    if capacity <= 0:
        return "takes none: capacity 0"
    if last_week >= ceil(capacity):
        return f"full: {last_week} in the last 7 days, capacity {plain(capacity)} a week"
    if last_weeks >= capacity * WEEKS:
        return f"full: {last_weeks} in the last 28 days, capacity {plain(capacity)} a week"
    return ""


def plain(number: Decimal) -> str:
    """Without zeros that say nothing: 3.50 is 3.5."""
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def share(candidates: Sequence[Candidate]) -> Decision:
    """Choose among those who can take it whom is owed most; of equals who has waited longest."""
    able = [one for one in candidates if not one.why_not]
    credited = dict(zip((one.rep_id for one in able), parts([one.weight for one in able]), strict=True))
    if able and not any(credited.values()):
        credited = dict(zip(credited, parts([USUAL] * len(able)), strict=True))
    chosen = min(able, key=lambda one: _turn(one, credited[one.rep_id])) if able else None
    return Decision(
        chosen,
        tuple(Share(one, credited.get(one.rep_id, 0), WHOLE if one is chosen else 0) for one in candidates),
    )


def _turn(one: Candidate, credited: int) -> tuple[int, bool, float, int]:
    owed = round((one.credit + credited) / EVEN)
    return -owed, one.last_at is not None, one.last_at.timestamp() if one.last_at else 0.0, one.rep_id

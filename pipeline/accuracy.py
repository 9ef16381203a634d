"""How right forecasts were: what was said against what came, added up and put into words. Pure.

A miss is what came less what was said, so that a forecast which promised too much "came in low". Small samples say so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
FEW = 3  # periods, below which nothing is said of a habit
NOTABLE = 5  # percent, from which a bias is worth a word


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a period, and what came."""

    said: Decimal
    came: Decimal

    @property
    def miss(self) -> Decimal:
        return self.came - self.said


@dataclass(frozen=True, slots=True)
class Score:
    """Several periods together."""

    periods: int
    said: Decimal
    came: Decimal
    missed: Decimal  # absolute misses added up

    @property
    def bias(self) -> float | None:
        """Percent by which more (or less) came than was said; none when nothing was said."""
        return None if not self.said else float(100 * (self.came - self.said) / self.said)

    @property
    def error(self) -> float | None:
        """Absolute misses in percent of what came; none when nothing came."""
        return None if not self.came else float(100 * self.missed / self.came)

    @property
    def is_small(self) -> bool:
        return self.periods < FEW


def score(rows: Iterable[Said]) -> Score:
    """All of them added up."""
    rows = list(rows)
    return Score(
        len(rows),
        sum((row.said for row in rows), ZERO),
        sum((row.came for row in rows), ZERO),
        sum((abs(row.miss) for row in rows), ZERO),
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often what came lay in the range that four in five are to lie in."""

    inside: int
    below: int
    above: int

    @property
    def periods(self) -> int:
        return self.inside + self.below + self.above


def coverage(rows: Sequence[tuple[Decimal, Decimal, Decimal]]) -> Coverage:
    """Of (low, high, came)."""
    below = sum(came < low for low, _, came in rows)
    above = sum(came > high for _, high, came in rows)
    return Coverage(len(rows) - below - above, below, above)


def words(name: str, found: Score, months: int) -> str:
    """A habit in a sentence: “Commit has come in 14 % low in the last 6 months.”"""
    if not found.periods:
        return f"{name} has no past yet: the record begins with the first snapshot."
    last = f"the last {months} months" if months > 1 else "the last month"
    if found.bias is None:
        return f"{name} said nothing in {last}."
    few = f" That is {found.periods} month{'' if found.periods == 1 else 's'}: too few for a habit."
    tail = few if found.is_small else ""
    size = round(abs(found.bias))
    if size < NOTABLE:
        return f"{name} has come in as said, within {max(size, 1)} %, in {last}.{tail}"
    return f"{name} has come in {size} % {'low' if found.bias < 0 else 'high'} in {last}.{tail}"


def covered_words(found: Coverage) -> str:
    """What became of the ranges."""
    if not found.periods:
        return "No range has met its month yet."
    text = f"In {found.inside} of {found.periods} months what came lay in the range; four in five should."
    sides = [f"{found.below} below" if found.below else "", f"{found.above} above" if found.above else ""]
    said = " and ".join(filter(None, sides))
    text += f" It was {said}." if said else ""
    return text + (" Too few months for a habit." if found.periods < FEW else "")

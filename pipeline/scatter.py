"""A map of what is open: a column for each stage, how long it has been there to the right, its value upwards. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10, sqrt

COLUMN, HEIGHT, LEFT, GAP = 180, 300, 48, 12  # units of the drawing
AGES = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Spot:
    """What is to be placed: in which column, for how many days, of what value."""

    column: int
    days: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Axes:
    """From which to which value, as powers of ten, and up to which age; both so that nothing falls outside."""

    low: int
    high: int
    oldest: int

    @classmethod
    def around(cls, spots: Iterable[Spot], patience: Sequence[int | None] = ()) -> "Axes":
        """Axes that hold the spots, and the days after which each column's cards rot."""
        spots = list(spots)
        known = [float(spot.amount) for spot in spots if spot.amount >= 1] or [1000.0]
        low, high = floor(log10(min(known))), ceil(log10(max(known)))
        oldest = max([spot.days for spot in spots] + [days for days in patience if days] + [14])
        return cls(low, max(high, low + 1), oldest)

    def x(self, spot: Spot) -> float:
        """Where a spot stands in its column."""
        return self.at(spot.column, spot.days)

    def at(self, column: int, days: int) -> float:
        """Ages by their roots: the first weeks matter most."""
        inside = COLUMN - 2 * GAP
        return round(LEFT + column * COLUMN + GAP + inside * sqrt(min(days, self.oldest) / self.oldest), 1)

    def y(self, amount: Decimal | float) -> float:
        """Values by their logarithms; less than the lowest power lies on the floor."""
        share = (log10(max(float(amount), 10**self.low)) - self.low) / (self.high - self.low)
        return round(HEIGHT * (1 - share), 1)

    @property
    def values(self) -> list[int]:
        """Powers of ten to write beside the axis."""
        return [10**power for power in range(self.low, self.high + 1)]

    @property
    def ages(self) -> list[int]:
        """Days to write below a column."""
        return [days for days in AGES if days <= self.oldest][-3:]

"""Shares with how sure we can be of them."""

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # 95 %
FEW = 30


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """None of nothing is unknown, not zero."""
        return self.hits / self.of if self.of else None

    @property
    def percent(self) -> str:
        """The share in words: "12 %", or – of nothing."""
        return "–" if self.value is None else f"{round(100 * self.value)} %"

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval (Wilson 1927, JASA 22)."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.hits / self.of
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def range(self) -> str:
        """The interval in words: "8–17 %"."""
        if not self.of:
            return "nothing to count yet"
        low, high = self.interval
        return f"{round(100 * low)}–{round(100 * high)} %"

    @property
    def is_few(self) -> bool:
        return self.of < FEW

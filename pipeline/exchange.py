"""Money of one currency in another, by the rate of a day; what has no rate is never guessed. Values only."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FINEST = Decimal("0.0000000001")
Group = tuple[str, date, Decimal, Decimal]  # currency, day of the rate, amount, weighted


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency is worth in `currency`: days and rates, oldest first."""

    currency: str
    known: Mapping[str, list[tuple[date, Decimal]]] = field(default_factory=dict)

    def on(self, code: str, day: date) -> tuple[date, Decimal] | None:
        """The newest rate up to the day, with its own day; none when there was none yet."""
        if code == self.currency:
            return day, Decimal(1)
        rows = self.known.get(code, [])
        place = bisect_right(rows, day, key=lambda row: row[0])
        return rows[place - 1] if place else None

    def convert(self, amount: Decimal, code: str, day: date) -> Decimal | None:
        """Exact, so that a sum does not depend on how it was grouped; none without a rate."""
        found = self.on(code, day)
        return None if found is None else amount * found[1]


@dataclass(slots=True)
class Together:
    """Sums of several currencies in one, and beside it what could not be converted."""

    currency: str
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    apart: dict[str, Decimal] = field(default_factory=dict)  # currencies without a rate
    used: dict[str, tuple[date, Decimal]] = field(default_factory=dict)  # the newest rate that was used of each

    @property
    def without(self) -> str:
        """What is not in the sum, in short."""
        return f"without {', '.join(sorted(self.apart))}: no rate" if self.apart else ""

    @property
    def words(self) -> str:
        """The rates, and what is not in the sum."""
        said = [
            f"1 {code} = {rate.normalize():f} {self.currency} ({day.day} {day:%b %Y})"
            for code, (day, rate) in sorted(self.used.items())
            if code != self.currency
        ]
        if self.apart:
            said.append(f"not in it, for want of a rate: {', '.join(sorted(self.apart))}")
        return "; ".join(said)


def in_cents(amount: Decimal) -> Decimal:
    """Rounded once, when everything is added up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def add_up(rates: Rates, groups: Iterable[Group]) -> Together:
    """The groups in one currency, in whole cents. What has no rate stands apart."""
    made = Together(rates.currency)
    for code, day, amount, weighted in groups:
        found = rates.on(code, day)
        if found is None:
            made.apart[code] = made.apart.get(code, Decimal(0)) + amount
            continue
        if code not in made.used or made.used[code][0] < found[0]:
            made.used[code] = found
        made.amount += amount * found[1]
        made.weighted += weighted * found[1]
    made.amount, made.weighted = in_cents(made.amount), in_cents(made.weighted)
    return made

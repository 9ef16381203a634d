"""Months, quarters and years of the calendar that a company reckons by. Pure; the year may begin in any month."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Unit(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
_KEYS = re.compile(r"((?:20|21)\d\d)(?:-(0[1-9]|1[0-2])|-Q([1-4]))?", re.ASCII)


def later(month: date, months: int) -> date:
    """The first day of the month so many months later (or earlier)."""
    years, index = divmod(month.month - 1 + months, 12)
    return date(month.year + years, index + 1, 1)


def month_of(text: str) -> date | None:
    """The first day of a month written 2026-06; none when it is not one."""
    match = _KEYS.fullmatch(text)
    return date(int(match[1]), int(match[2]), 1) if match and match[2] else None


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Some whole months. `opens` is the month (1 to 12) in which the year begins."""

    start: date
    unit: Unit
    opens: int = 1

    @property
    def end(self) -> date:
        """The day after."""
        return later(self.start, MONTHS[self.unit])

    @property
    def months(self) -> list[date]:
        return [later(self.start, step) for step in range(MONTHS[self.unit])]

    @property
    def last(self) -> date:
        """The first day of its last month."""
        return later(self.start, MONTHS[self.unit] - 1)

    @property
    def year(self) -> int:
        """The year that it belongs to: the one in which that ends."""
        begun = later(self.start, -((self.start.month - self.opens) % 12))
        return begun.year if self.opens == 1 else begun.year + 1

    @property
    def key(self) -> str:
        """As it stands in an address."""
        if self.unit == Unit.MONTH:
            return f"{self.start:%Y-%m}"
        return f"{self.year}-Q{self._quarter}" if self.unit == Unit.QUARTER else f"{self.year}"

    @property
    def label(self) -> str:
        """As it stands below a bar."""
        if self.unit == Unit.MONTH:
            return f"{self.start:%b}"
        return f"Q{self._quarter}" if self.unit == Unit.QUARTER else self._year

    @property
    def name(self) -> str:
        """In full."""
        if self.unit == Unit.MONTH:
            return f"{self.start:%B %Y}"
        return f"Q{self._quarter} {self._year}" if self.unit == Unit.QUARTER else self._year

    @property
    def _quarter(self) -> int:
        return (self.start.month - self.opens) % 12 // 3 + 1

    @property
    def _year(self) -> str:
        return f"{self.year}" if self.opens == 1 else f"FY {self.year}"

    def moved(self, by: int) -> "Period":
        """So many periods later."""
        return Period(later(self.start, by * MONTHS[self.unit]), self.unit, self.opens)

    def holds(self, day: date) -> bool:
        return self.start <= day < self.end


def period_of(day: date, unit: Unit, opens: int = 1) -> Period:
    """The period that a day lies in."""
    month = day.replace(day=1)
    return Period(later(month, -((month.month - opens) % 12 % MONTHS[unit])), unit, opens)


def around(day: date, unit: Unit, *, before: int, after: int, opens: int = 1) -> Iterator[Period]:
    """The period of a day, some before it and some after."""
    now = period_of(day, unit, opens)
    return (now.moved(by) for by in range(-before, after + 1))


def parse(key: str, opens: int = 1) -> Period | None:
    """The period that `key` names; none when it names none."""
    match = _KEYS.fullmatch(key)
    if match is None:
        return None
    year, month, quarter = int(match[1]), match[2], match[3]
    if month:
        return Period(date(year, int(month), 1), Unit.MONTH, opens)
    begins = date(year if opens == 1 else year - 1, opens, 1)
    return (
        Period(later(begins, 3 * (int(quarter) - 1)), Unit.QUARTER, opens)
        if quarter
        else Period(begins, Unit.YEAR, opens)
    )

"""What share gets to a step by an age, although the younger ones have not had that long. Values in, values out.

The life table of months since the cohort began: Kaplan & Meier 1958 (JASA 53:457), with Greenwood's 1926 variance and
the log(-log) interval of Kalbfleisch & Prentice. Who has not had a whole month of that age is left out of it
(censored), not counted as a no. Whoever is lost for good stays among those who may still get there, so that the share
is of all who came, and 1 - survival is what a person reads: "of a hundred, so many by the sixth month".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

Z = 1.959964  # 95 %
FEW = 30


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who came in the same month: how many, how many reached the step in each month of age, and how many months
    of age are over for them (a month that is still running is not)."""

    size: int
    reached: tuple[int, ...]
    complete: int


@dataclass(frozen=True, slots=True)
class Age:
    """Up to the end of this month of age: the share that has got there, with its 95 % interval."""

    age: int
    at_risk: int  # who had not got there before, and has had this month whole
    reached: int  # who got there in it
    share: float
    low: float
    high: float

    @property
    def is_few(self) -> bool:
        return self.at_risk < FEW


def by_age(cohorts: Sequence[Cohort], *, ages: int) -> list[Age]:
    """The table, as far as anybody is old enough."""
    table: list[Age] = []
    left, variance = 1.0, 0.0
    for age in range(ages):
        old_enough = [cohort for cohort in cohorts if cohort.complete > age]
        at_risk = sum(cohort.size - sum(cohort.reached[:age]) for cohort in old_enough)
        if not old_enough or not at_risk:
            break
        reached = sum(cohort.reached[age] for cohort in old_enough if len(cohort.reached) > age)
        left *= 1 - reached / at_risk
        if at_risk > reached:
            variance += reached / (at_risk * (at_risk - reached))
        low, high = _interval(left, variance)
        table.append(Age(age, at_risk, reached, 1 - left, low, high))
    return table


def _interval(left: float, variance: float) -> tuple[float, float]:
    """Of the share that has got there; it never leaves 0 to 1."""
    if left in (0.0, 1.0):
        return 1 - left, 1 - left
    half = Z * sqrt(variance) / abs(log(left))
    place = log(-log(left))
    return 1 - exp(-exp(place - half)), 1 - exp(-exp(place + half))

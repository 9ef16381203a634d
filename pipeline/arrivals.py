"""How many opportunities leads will become, and when. Pure; loads numpy (tasks and commands only).

Leads become opportunities by a chance that depends on how long they have been known, in steps of thirty days (discrete
hazards; who has not converted yet is censored, not lost). Each simulated future draws its own chances (Beta) and its
own pace of new leads (Gamma), so that few data give a wide range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.rates import Vector

STEP = 30  # days
STEPS = 24
YEAR = 12  # steps that are told as “within a year”
_PRIOR = 10.0  # leads that the overall chance is worth in each step


@dataclass(frozen=True, slots=True)
class Leads:
    """Counts of leads by how long they have been known and when they became opportunities, both in steps.

    `counts[known, opened]`: known for so many whole steps, an opportunity in step `opened` (-1: not so far).
    """

    counts: Mapping[tuple[int, int], int]
    lately: int  # new leads in the last `days`
    days: int = 90

    @property
    def a_month(self) -> float:
        return self.lately / self.days * 30.4


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New opportunities of each future and period, and the share of leads that convert in a year (p10, p50, p90)."""

    counts: Vector  # [future, period]
    conversion: tuple[float, float, float]


def arrivals(leads: Leads, *, ends: Sequence[float], runs: int, seed: int) -> Arrivals:
    """What today's leads and those still to come turn into, in the periods that end so many days from now."""
    random = np.random.default_rng(seed)
    watched, turned, waiting = np.zeros(STEPS), np.zeros(STEPS), np.zeros(STEPS + 1)
    for (known, opened), count in leads.counts.items():
        until = min(known, STEPS) if opened < 0 else min(opened + 1, known, STEPS)
        watched[:until] += count
        if 0 <= opened < min(known, STEPS):
            turned[opened] += count
        if opened < 0:
            waiting[min(known, STEPS)] += count
    overall = (turned.sum() + 0.5) / (watched.sum() + 50.0)
    bounds = np.array([0.0, *ends])
    counts = np.zeros((runs, len(ends)), dtype=int)
    within = np.empty(runs)
    for run in range(runs):
        chance = random.beta(turned + _PRIOR * overall, watched - turned + _PRIOR * (1 - overall))
        left = np.append(1.0, np.cumprod(1 - chance))  # share that is still waiting after so many steps
        within[run] = 1 - left[YEAR]
        pace = random.gamma(leads.lately + 0.5) / leads.days
        expected = np.diff(_of_today(left, waiting, bounds)) + pace * np.diff(_of_tomorrow(left, bounds))
        counts[run] = random.poisson(np.maximum(expected, 0.0))
    low, middle, high = np.quantile(within, [0.1, 0.5, 0.9])
    return Arrivals(counts, (float(low), float(middle), float(high)))


def _waiting(left: Vector, days: Vector) -> Vector:
    """Share that still waits after so many days; nobody converts later than all steps."""
    return np.interp(days / STEP, np.arange(len(left)), left)


def _of_today(left: Vector, waiting: Vector, bounds: Vector) -> Vector:
    """How many of today's leads have converted by each bound."""
    ages = (np.arange(len(waiting)) + 0.5) * STEP
    stay = _waiting(left, ages[:, None] + bounds) / np.maximum(_waiting(left, ages)[:, None], 1e-12)
    found: Vector = (waiting[:, None] * (1 - stay)).sum(axis=0)
    return found


def _of_tomorrow(left: Vector, bounds: Vector) -> Vector:
    """How many of the leads that come from now on, one a day, have converted by each bound."""
    days = np.arange(0.0, max(float(bounds[-1]), 1.0) + 1.0)
    converted = np.append(0.0, np.cumsum(1 - _waiting(left, days + 0.5)))
    found: Vector = np.interp(bounds, np.arange(len(converted)), converted)
    return found

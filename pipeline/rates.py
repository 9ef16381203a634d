"""How deals of the past went through their stages: how fast, and where to. Pure; loads numpy (tasks and commands only).

In each stage a deal leaves by a hazard that depends on the days it has been there (piecewise constant), for the next
stage, for won or for lost. What is known of each is a Gamma and a Dirichlet posterior; a simulated future draws its own
rates from them, so that few data give a wide range. What the stages say of themselves (their probabilities) is the
prior. Win rates that swing from period to period by more than chance are random effects (DerSimonian and Laird 1986);
so are the arrivals of a month (a negative binomial, by moments).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]

PACE_HALF_LIFE = 120.0  # days; how quickly old arrivals stop speaking for the pace of new ones
_STEPS_ALONE, _STEPS_EACH = 12, 5  # steps of the hazard where there is one stage, and in each of several
_HAZARD_PRIOR = 0.5  # exits that the stage's overall hazard is worth in each step
_TARGET_PRIOR = 20.0  # exits that the stage's overall shares are worth in each step
_STAGE_PRIOR = 4.0  # exits that a stage's own probability is worth
_UNTOLD_SWING = 0.3  # log-odds by which win rates may swing where fewer than three periods tell
_USUAL_WEIGHT = 3.0  # how many periods it is worth, at most, that they usually swing so much
_USUAL_UNEVENNESS = 0.02  # relative variance of a month's arrivals where fewer than three months tell
_MONTH = 30  # days
_LONGEST = 0.95  # a hazard a day above this is a day's


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as it is known; `closed` and `is_won` only once it is over, `amount` None where nobody knows it.

    `visits` are (number of the stage, day it was entered) in their order; none: one stage all its life.
    """

    created: int
    closed: int | None
    is_won: bool
    amount: float | None
    product: str = ""
    visits: tuple[tuple[int, int], ...] = ()
    owner: int = 0

    @property
    def ways(self) -> tuple[tuple[int, int], ...]:
        return self.visits or ((0, self.created),)


def as_known_on(deals: Sequence[Deal], day: int) -> list[Deal]:
    """The deals as they stood in the morning of a day: nothing from that day on is known."""
    known = []
    for deal in deals:
        if deal.created >= day:
            continue
        if deal.closed is not None and deal.closed >= day:
            seen = tuple(visit for visit in deal.visits if visit[1] < day)
            deal = Deal(deal.created, None, False, deal.amount, deal.product, seen, deal.owner)
        elif deal.visits and deal.visits[-1][1] >= day:
            seen = tuple(visit for visit in deal.visits if visit[1] < day)
            deal = Deal(deal.created, deal.closed, deal.is_won, deal.amount, deal.product, seen, deal.owner)
        known.append(deal)
    return known


@dataclass(frozen=True)
class Past:
    """Counts of what happened, by stage and step of the days in it; and the pace of arrivals, recent ones first."""

    edges: Vector  # [stage, step] days at which a step of the hazard begins; the last one never ends
    days: Vector  # [stage, step] deal-days watched
    exits: Vector  # [stage, step, target]: the stages, then won, then lost
    prior: Vector  # [stage, target] what the stages say of themselves
    starts: Vector  # share of new deals that begin in each stage
    owners: Vector  # share of new deals that each owner gets
    arrivals: float
    exposure: float  # days, weighted as the arrivals are
    unevenness: float  # relative variance of the arrivals of a month, beyond chance
    months: float  # how many months of arrivals the pace rests on
    ended: Sequence[Deal]

    @classmethod
    def of(cls, deals: Sequence[Deal], day: int, stages: Sequence[float], owners: int) -> "Past":
        """`stages` are the probabilities that the pipeline gives them, in their order."""
        ended = [deal for deal in deals if deal.closed is not None]
        # before the first closing nobody wrote closings down
        first = min((deal.closed for deal in ended if deal.closed is not None), default=day)
        count = len(stages)
        stays: list[tuple[int, int, int, int]] = []  # stage, entered, left, target (-1: still there)
        for deal in deals:
            ways = deal.ways
            for place, (stage, since) in enumerate(ways):
                if place + 1 < len(ways):
                    stays.append((stage, since, ways[place + 1][1], ways[place + 1][0]))
                elif deal.closed is not None:
                    stays.append((stage, since, deal.closed, count if deal.is_won else count + 1))
                else:
                    stays.append((stage, since, day - 1, -1))
        stages_of, entered, left, target = (np.array(column) for column in zip(*stays, strict=True))
        steps = _STEPS_ALONE if count == 1 else _STEPS_EACH
        edges = np.full((count, steps), np.inf)
        days, exits = np.zeros((count, steps)), np.zeros((count, steps, count + 2))
        for number in range(count):
            here = stages_of == number
            gone = here & (target >= 0) & (left >= first)
            begin = np.maximum(first - entered[here], 0.0)
            stop = (left[here] + 1 - entered[here]).astype(float)
            lives = np.maximum(left[gone] - entered[gone], 0).astype(float)
            own = np.unique(np.floor(np.quantile(lives, np.linspace(0, 1, steps + 1)[:-1]))) if len(lives) else None
            own = np.zeros(1) if own is None else own
            own[0] = 0.0
            edges[number, : len(own)] = own
            for step, (a, b) in enumerate(zip(own, np.append(own[1:], np.inf), strict=True)):
                days[number, step] = np.clip(np.minimum(stop, b) - np.maximum(begin, a), 0, None).sum()
            np.add.at(exits[number], (np.searchsorted(own, lives, side="right") - 1, target[gone]), 1.0)
        created = np.array([deal.created for deal in deals], dtype=float)
        weight = 0.5 ** ((day - created) / PACE_HALF_LIFE)
        watched = float(day - created.min())
        exposure = (1 - 0.5 ** (watched / PACE_HALF_LIFE)) * PACE_HALF_LIFE / np.log(2)
        # as many equally weighted arrivals as say equally much: the spread of a weighted count is that of its squares
        scale = float((weight**2).sum() / weight.sum())
        begun = np.bincount([deal.ways[0][0] for deal in deals], weights=weight, minlength=count)
        had = np.bincount([deal.owner for deal in deals], weights=weight, minlength=owners)
        return cls(
            edges,
            days,
            exits,
            _chain(stages),
            begun / begun.sum(),
            had / had.sum(),
            float(weight.sum()) / scale,
            max(exposure, 1.0) / scale,
            _unevenness(created, day),
            max(exposure, 1.0) / scale / _MONTH,
            ended,
        )

    def pace(self, random: np.random.Generator, runs: int, lengths: Vector) -> Vector:
        """Possible arrivals a day, for each future and period: what is known of the pace, and how it swings."""
        level = random.gamma(self.arrivals + 0.5, size=runs) / self.exposure
        level *= _about_one(random, self.unevenness / max(self.months, 1.0), (runs,))
        swings = [_about_one(random, self.unevenness * min(1.0, _MONTH / float(days)), (runs,)) for days in lengths]
        return np.asarray(level[:, None] * np.stack(swings, axis=1))

    def draw(self, random: np.random.Generator, runs: int) -> "Rates":
        """Possible hazards (a day) and shares per stage and step, another set for each future."""
        count = self.exits.sum(axis=2)
        everywhere = max(count.sum(), 1.0) / max(self.days.sum(), 30.0)
        of_stage = (count.sum(axis=1) + 1.0) / (self.days.sum(axis=1) + 1.0 / everywhere)
        drawn = random.gamma(count + _HAZARD_PRIOR, size=(runs, *count.shape))
        a_day = drawn / (self.days + _HAZARD_PRIOR / of_stage[:, None])
        hazard = -np.log1p(-np.minimum(a_day, _LONGEST))  # whole days are counted, time runs on
        share = _dirichlet(random, np.broadcast_to(self.exits.sum(axis=1) + self.prior, (runs, *self.prior.shape)))
        shares = _dirichlet(random, self.exits + _TARGET_PRIOR * share[:, :, None, :])
        return Rates(self.edges, hazard, shares)

    def swing(self, day: int, length: int, ahead: int = 0) -> tuple[float, float]:
        """(shift, spread) of the log-odds of winning in a period, from how past periods of its length differed.

        `ahead` is how many such periods lie between `day` and the period.
        """
        per_quarter = max(1, round(91 / length))
        periods: dict[int, list[int]] = {}
        for deal in self.ended:
            back = (day - 1 - (deal.closed or 0)) // length + 1  # 1 is the period just ended
            periods.setdefault(back, [0, 0])[0 if deal.is_won else 1] += 1
        counts = {back: (won + 0.5, lost + 0.5) for back, (won, lost) in periods.items() if won + lost >= 5}
        if len(counts) < 3:
            return 0.0, _UNTOLD_SWING
        backs = np.array(sorted(counts))
        won, lost = np.array([counts[back] for back in backs]).T
        odds, noise = np.log(won / lost), 1 / won + 1 / lost
        weight = 1 / noise
        middle = float((weight * odds).sum() / weight.sum())
        excess = float((weight * (odds - middle) ** 2).sum()) - (len(odds) - 1)
        told = max(0.0, excess / float(weight.sum() - (weight**2).sum() / weight.sum()))
        # a swing that a dozen periods cannot tell from chance is there all the same
        between = _shrunk(told, _UNTOLD_SWING**2, len(odds), noise=float(noise.mean()))
        unsure = between / len(odds)  # the middle itself is an average of so few swings
        if per_quarter == 1:
            return 0.0, float(np.sqrt(between + unsure))
        # the place in the quarter is believed as far as places differ by more than swings explain
        weight = 1 / (between + noise)
        places = (backs + ahead) % per_quarter
        means, vague = {}, {}
        for place in set(places.tolist()):
            here = weight * (places == place)
            means[place], vague[place] = float((here * (odds - middle)).sum() / here.sum()), 1 / float(here.sum())
        habit = max(0.0, float(np.mean([means[place] ** 2 - vague[place] for place in means])))
        belief = habit / (habit + vague[0]) if habit and 0 in means else 0.0
        shift = belief * means[0] if belief else 0.0
        return shift, float(np.sqrt(max(between - belief * habit, 0.25 * between) + unsure))


@dataclass(frozen=True)
class Rates:
    """How simulated futures go: hazards a day, and where those go who leave; [future, stage, step]."""

    edges: Vector
    hazard: Vector
    shares: Vector

    def walk(
        self,
        random: np.random.Generator,
        run: Vector,
        stage: Vector,
        been: Vector,
        start: Vector,
        bounds: Vector,
        swings: Vector,
    ) -> tuple[Vector, Vector]:
        """(day won, day lost) of deals that are in a stage for `been` days at `start` of the future `run`.

        Both are days from now, infinite where it does not happen before the last bound. `swings` are those of each
        future's periods between bounds.
        """
        stages = len(self.edges)
        widths = np.diff(np.where(np.isinf(self.edges), 0.0, self.edges), axis=1)
        gone = np.zeros_like(self.hazard)
        gone[:, :, 1:] = np.cumsum(self.hazard[:, :, :-1] * np.maximum(widths, 0.0), axis=2)
        gone[:, np.isinf(self.edges)] = np.inf
        won, lost = np.full(len(stage), np.inf), np.full(len(stage), np.inf)
        at, alive = start.astype(float), np.arange(len(stage))
        stage, been = stage.copy(), been.astype(float)
        for _ in range(8 * stages):
            if not len(alive):
                break
            of, here, days = run[alive], stage[alive], been[alive]
            row = np.arange(len(alive))
            edges, spent = self.edges[here], gone[of, here]
            hazard = self.hazard[of, here]
            step = (days[:, None] >= edges).sum(axis=1) - 1
            until = spent[row, step] + hazard[row, step] * (days - edges[row, step])
            until = until + random.exponential(size=len(alive))
            step = (until[:, None] >= spent).sum(axis=1) - 1
            at[alive] += edges[row, step] + (until - spent[row, step]) / hazard[row, step] - days
            kept = at[alive] < bounds[-1]
            alive, of, here, step = alive[kept], of[kept], here[kept], step[kept]
            shares = self.shares[of, here, step]
            shares[:, -1] *= np.exp(-swings[of, np.searchsorted(bounds, at[alive], side="right")])
            sums = np.cumsum(shares, axis=1)
            target = (random.random(len(alive))[:, None] * sums[:, -1:] >= sums).sum(axis=1)
            target = np.minimum(target, stages + 1)
            won[alive[target == stages]] = at[alive[target == stages]]
            lost[alive[target == stages + 1]] = at[alive[target == stages + 1]]
            stage[alive], been[alive] = target, 0.0
            alive = alive[target < stages]
        return won, lost


def _shrunk(told: float, usual: float, periods: int, *, noise: float) -> float:
    """A variance between periods, shrunk to the usual one by as many periods as chance leaves it unclear."""
    weight = min(_USUAL_WEIGHT, 2 * ((told + noise) / usual) ** 2)
    return (periods * told + weight * usual) / (periods + weight)


def _unevenness(created: Vector, day: int) -> float:
    """Relative variance of the arrivals of a month beyond chance (moments of a negative binomial), shrunk to usual."""
    back = ((day - 1 - created[created < day]) // _MONTH).astype(int)
    if not len(back):
        return _USUAL_UNEVENNESS
    counts = np.bincount(back)[: min(int(back.max()), 24)].astype(float)  # whole months, the newest first
    if len(counts) < 3 or not counts.any():
        return _USUAL_UNEVENNESS
    mean = float(counts.mean())
    # what arrivals grow or shrink by from year to year is no swing: neighbours are compared
    told = max(0.0, float((np.diff(counts) ** 2).mean()) / 2 - mean) / mean**2
    return _shrunk(told, _USUAL_UNEVENNESS, len(counts), noise=1 / mean)


def _chain(stages: Sequence[float]) -> Vector:
    """Exits that are believed in before any were seen: on to the next stage or lost, so that the probabilities hold."""
    count = len(stages)
    prior = np.zeros((count, count + 2))
    if count == 1:
        prior[0, 1:] = 1.0
        return prior
    for number, chance in enumerate(stages):
        then = stages[number + 1] if number + 1 < count else 1.0
        on = float(np.clip(chance / then if then else 0.5, 0.05, 0.95))
        prior[number, number + 1] = _STAGE_PRIOR * on
        prior[number, count + 1] = _STAGE_PRIOR * (1 - on)
    return prior


def _about_one(random: np.random.Generator, variance: float, size: tuple[int, ...]) -> Vector:
    drawn: Vector = random.gamma(1 / variance, variance, size=size)
    return drawn


def _dirichlet(random: np.random.Generator, counts: Vector) -> Vector:
    drawn: Vector = random.gamma(counts + 1e-9)
    shares: Vector = drawn / np.maximum(drawn.sum(axis=-1, keepdims=True), 1e-300)
    return shares

"""What will be won until a day, as a range: simulated from what this pipeline's own past says. Seeded, no clock.

Open deals close by a hazard that depends on their age (piecewise constant, competing outcomes won and lost), new deals
arrive at the recent pace, amounts are drawn from those won before. Every simulated future also draws its own rates from
what the history leaves possible (Gamma and Beta posteriors, Bayesian bootstrap of amounts), so few data give a wide
range. Win rates that swing from period to period by more than chance widen it further, or shift it where the same part
of a quarter swung the same way before (random effects after DerSimonian and Laird 1986). Loads numpy: only tasks and
commands import it. Days are day numbers, amounts are in one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]

PACE_HALF_LIFE = 120.0  # days; how quickly old arrivals stop speaking for the pace of new ones
_AGES = 12  # steps of the hazard
_HAZARD_PRIOR = 0.5  # closings that the overall hazard is worth in each step
_WIN_PRIOR = 20.0  # closings that the overall win rate is worth in each step
_UNTOLD_SWING = 0.3  # log-odds by which win rates may swing where fewer than three periods tell
_LEAST_OF_PRODUCT = 8  # won deals of a product, from which its own amounts are drawn


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as it is known; `closed` and `is_won` only once it is over, `amount` None where nobody knows it."""

    created: int
    closed: int | None
    is_won: bool
    amount: float | None
    product: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """What comes in: the middle of the simulated futures and the bounds of four in five of them."""

    p10: float
    p50: float
    p90: float
    mean: float
    open_deals: int
    closed_deals: int  # how many ended deals it rests on


def as_known_on(deals: Sequence[Deal], day: int) -> list[Deal]:
    """The deals as they stood in the morning of a day: nothing from that day on is known."""
    known = []
    for deal in deals:
        if deal.created >= day:
            continue
        if deal.closed is not None and deal.closed >= day:
            deal = Deal(deal.created, None, False, deal.amount, deal.product)
        known.append(deal)
    return known


def forecast(
    deals: Sequence[Deal], *, day: int, until: int, seed: int = 7, runs: int = 2000, amounts_known: bool = False
) -> Range:
    """The range of what is won from `day` to the day before `until`, knowing `deals` as they stood on `day`.

    `amounts_known`: an open deal's amount is what it will bring; otherwise it is drawn from deals won before.
    """
    ended = [deal for deal in deals if deal.closed is not None]
    open_deals = [deal for deal in deals if deal.closed is None]
    won = [deal for deal in ended if deal.is_won and deal.amount is not None]
    if not won:
        return Range(0.0, 0.0, 0.0, 0.0, len(open_deals), len(ended))
    random = np.random.default_rng(seed)
    past = _Past.of(deals, ended, day)
    horizon = float(until - day)
    ages = np.array([day - deal.created for deal in open_deals], dtype=float)
    price = _Prices(won, open_deals, amounts_known)
    swing, spread = past.swing(day, until)
    totals = np.empty(runs)
    for run in range(runs):
        closing, winning = past.draw(random, swing + spread * random.standard_normal())
        chance = past.chance(ages, horizon, closing, winning)
        wins = random.random(len(ages)) < chance
        arrived = np.linspace(0, horizon, 15)[1:] - horizon / 28 - 0.5
        fresh = float(past.chance(np.zeros(len(arrived)), horizon - arrived, closing, winning).mean())
        pace = random.gamma(past.arrivals + 0.5) / past.exposure
        totals[run] = price.of(random, wins, random.poisson(pace * horizon * fresh))
    p10, p50, p90 = np.quantile(totals, [0.1, 0.5, 0.9])
    return Range(float(p10), float(p50), float(p90), float(totals.mean()), len(open_deals), len(ended))


@dataclass(frozen=True)
class _Past:
    """Counts of what happened, in steps of age; and the pace of arrivals, recent ones counting most."""

    edges: Vector  # ages at which a step of the hazard begins; the last one never ends
    days: Vector  # deal-days watched per step
    won: Vector
    lost: Vector
    arrivals: float
    exposure: float  # days, weighted as the arrivals are
    ended: Sequence[Deal]

    @classmethod
    def of(cls, deals: Sequence[Deal], ended: Sequence[Deal], day: int) -> "_Past":
        first = min(deal.closed for deal in ended if deal.closed is not None)  # earlier, nobody wrote closings down
        lives = np.array([deal.closed - deal.created for deal in ended if deal.closed is not None], dtype=float)
        edges = np.unique(np.floor(np.quantile(lives, np.linspace(0, 1, _AGES + 1)[:-1])))
        edges[0] = 0.0
        created = np.array([deal.created for deal in deals], dtype=float)
        stops = np.array([day if deal.closed is None else deal.closed + 1 for deal in deals], dtype=float)
        upper = np.append(edges[1:], np.inf)
        start, stop = np.maximum(first - created, 0.0), stops - created
        days = np.array(
            [
                np.clip(np.minimum(stop, b) - np.maximum(start, a), 0, None).sum()
                for a, b in zip(edges, upper, strict=True)
            ]
        )
        step = np.searchsorted(edges, lives, side="right") - 1
        is_won = np.array([deal.is_won for deal in ended])
        size = len(edges)
        weight = 0.5 ** ((day - created) / PACE_HALF_LIFE)
        watched = float(day - created.min())
        exposure = (1 - 0.5 ** (watched / PACE_HALF_LIFE)) * PACE_HALF_LIFE / np.log(2)
        # as many equally weighted arrivals as say equally much: the spread of a weighted count is that of its squares
        scale = float((weight**2).sum() / weight.sum())
        return cls(
            edges,
            days,
            np.bincount(step[is_won], minlength=size).astype(float),
            np.bincount(step[~is_won], minlength=size).astype(float),
            float(weight.sum()) / scale,
            max(exposure, 1.0) / scale,
            ended,
        )

    def draw(self, random: np.random.Generator, swing: float) -> tuple[Vector, Vector]:
        """One possible pair of closing hazards (a day) and win shares per step; `swing` in log-odds."""
        closings = self.won + self.lost
        overall = closings.sum() / max(self.days.sum(), 1.0)
        prior = _HAZARD_PRIOR
        closing = random.gamma(closings + prior) / (self.days + prior / overall)
        share = random.beta(self.won.sum() + 1, self.lost.sum() + 1)
        winning = random.beta(self.won + _WIN_PRIOR * share + 1e-9, self.lost + _WIN_PRIOR * (1 - share) + 1e-9)
        odds = winning / np.maximum(1 - winning, 1e-12) * np.exp(swing)
        return closing, odds / (1 + odds)

    def chance(self, ages: Vector, horizon: float | Vector, closing: Vector, winning: Vector) -> Vector:
        """Probability that a deal of this age, open now, is won within the horizon."""
        widths = np.diff(self.edges)
        gone = np.concatenate([[0.0], np.cumsum(closing[:-1] * widths)])  # cumulative hazard at each edge
        alive = np.exp(-gone)
        wins = np.concatenate([[0.0], np.cumsum(winning[:-1] * (alive[:-1] - alive[1:]))])

        def won_by(age: Vector) -> tuple[Vector, Vector]:
            step = np.searchsorted(self.edges, age, side="right") - 1
            left = np.exp(-(gone[step] + closing[step] * (age - self.edges[step])))
            return wins[step] + winning[step] * (alive[step] - left), left

        before, left = won_by(ages)
        after, _ = won_by(ages + horizon)
        return np.clip((after - before) / np.maximum(left, 1e-12), 0.0, 1.0)

    def swing(self, day: int, until: int) -> tuple[float, float]:
        """(shift, spread) of the log-odds of winning in this period, from how past periods of its length differed."""
        length = until - day
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
        between = max(0.0, excess / float(weight.sum() - (weight**2).sum() / weight.sum()))
        if between == 0.0:
            return 0.0, 0.0
        same = backs % per_quarter == 0
        trust = between / (between + noise)
        effects = trust * (odds - middle)
        seen = int(same.sum())
        belief = seen / (seen + 1.0) if per_quarter > 1 else 0.0  # once may be chance, often is a habit
        shift = belief * float(effects[same].mean()) if seen and per_quarter > 1 else 0.0
        return shift, float(np.sqrt(between * (1 - 0.5 * belief)))


class _Prices:
    """What won deals bring: the deal's own amount, else drawn from deals won before (of its product, if enough)."""

    def __init__(self, won: Sequence[Deal], open_deals: Sequence[Deal], amounts_known: bool) -> None:
        every = np.array([deal.amount for deal in won], dtype=float)
        by_product: dict[str, list[float]] = {}
        for deal in won:
            by_product.setdefault(deal.product, []).append(float(deal.amount or 0))
        names = [name for name, amounts in by_product.items() if len(amounts) >= _LEAST_OF_PRODUCT]
        self._pools = [every, *(np.array(by_product[name]) for name in names)]
        number = {name: n for n, name in enumerate(names, 1)}
        self._pool_of = np.array([number.get(deal.product, 0) for deal in open_deals], dtype=int)
        own = [deal.amount if amounts_known and deal.amount is not None else np.nan for deal in open_deals]
        self._own = np.array(own, dtype=float)

    def of(self, random: np.random.Generator, wins: Vector, new: int) -> float:
        """The sum of one simulated future: these open deals and so many new ones are won."""
        own = self._own[wins]
        total = float(np.nansum(own))
        unpriced = self._pool_of[wins][np.isnan(own)]
        counts = np.bincount(unpriced, minlength=len(self._pools))
        counts[0] += new
        for pool, count in zip(self._pools, counts, strict=True):
            if count:
                # a bootstrap of the bootstrap: which amounts are typical is not certain either
                typical = pool[random.integers(0, len(pool), min(len(pool), 2000))]
                total += float(typical[random.integers(0, len(typical), count)].sum())
        return total

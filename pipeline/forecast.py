"""What will be won in the coming periods, as a range, simulated from this pipeline's own past. Seeded, no clock.

Each simulated future draws its own rates (pipeline/rates.py), lets every open deal walk on from the stage and the age
that it has, lets new deals arrive at the recent pace, and adds up what is won. A deal's own amount counts where amounts
are known before the end; others are drawn from deals won before (Bayesian bootstrap). Bigger deals may win less often
than small ones: wins are thinned, or losses turned, by what each third of the sizes won before, shrunk to the whole.
Loads numpy: only tasks and commands import it. Days are day numbers, amounts are in one currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.rates import Deal, Past, Rates, Vector, as_known_on

__all__ = ["Deal", "Futures", "Range", "as_known_on", "forecast", "futures"]

_LEAST_OF_PRODUCT = 8  # won deals of a product, from which its own amounts are drawn
_LEAST_OF_SIZES = 90  # ended deals with an amount, from which their size may say something
_AT_ONCE = 150_000  # deals that are walked together, of as many futures as that makes
_SIZE_PRIOR = 20.0  # deals that the overall win rate is worth in each third of the sizes


@dataclass(frozen=True, slots=True)
class Range:
    """What comes in: the middle of the simulated futures and the bounds of four in five of them."""

    p10: float
    p50: float
    p90: float
    mean: float
    open_deals: int
    closed_deals: int  # how many ended deals it rests on


@dataclass(frozen=True)
class Futures:
    """What is won in each simulated future, by period and owner."""

    totals: Vector  # [future, period, owner]
    open_deals: int
    closed_deals: int

    def range(self, periods: Iterable[int], *, owners: Iterable[int] | None = None, closed: float = 0.0) -> Range:
        """Of these periods together, for these owners (none: all), on top of what is closed already."""
        chosen = self.totals[:, list(periods), :]
        sums = (chosen if owners is None else chosen[:, :, list(owners)]).sum(axis=(1, 2)) + closed
        p10, p50, p90 = np.quantile(sums, [0.1, 0.5, 0.9])
        return Range(float(p10), float(p50), float(p90), float(sums.mean()), self.open_deals, self.closed_deals)


def forecast(
    deals: Sequence[Deal], *, day: int, until: int, seed: int = 7, runs: int = 2000, amounts_known: bool = False
) -> Range:
    """The range of what is won from `day` to the day before `until`, knowing `deals` as they stood on `day`."""
    found = futures(deals, day=day, bounds=[until], seed=seed, runs=runs, amounts_known=amounts_known)
    return found.range([0])


def futures(
    deals: Sequence[Deal],
    *,
    day: int,
    bounds: Sequence[int],
    stages: Sequence[float] = (0.5,),
    owners: int = 1,
    seed: int = 7,
    runs: int = 2000,
    amounts_known: bool = False,
    arrivals: Vector | None = None,
    only_new: bool = False,
) -> Futures:
    """What is won from `day` to the first bound, from there to the next, and so on.

    `stages` are their probabilities in order, which speak while deals are few. `amounts_known`: an open deal's amount
    is what it will bring; otherwise it is drawn from deals won before. `arrivals` are the new deals of each future and
    period ([future, period]); none: as many as lately. `only_new` leaves the open deals out. `owners` is how
    many there are, numbered from 0; with one, whose deal it is does not matter.
    """
    ended = [deal for deal in deals if deal.closed is not None]
    open_deals = [deal for deal in deals if deal.closed is None]
    totals = np.zeros((runs, len(bounds), owners))
    found = Futures(totals, len(open_deals), len(ended))
    won = [deal for deal in ended if deal.is_won and deal.amount is not None]
    priced = won or ([deal for deal in deals if deal.amount is not None] if len(stages) > 1 else [])
    if not priced:
        return found
    random = np.random.default_rng(seed)
    past = Past.of(deals, day, stages, owners)
    walkers = [] if only_new else open_deals
    price = _Prices(priced, walkers, amounts_known)
    size = _Sizes(ended, walkers, amounts_known)
    ends = np.array(bounds, dtype=float) - day
    begins = np.append(0.0, ends[:-1])
    stage = np.array([deal.ways[-1][0] for deal in walkers], dtype=int)
    been = np.maximum([float(day - deal.ways[-1][1]) for deal in walkers], 0.0)
    whose = np.array([deal.owner if owners > 1 else 0 for deal in walkers], dtype=int)
    middle = [round(float(a + b) / 2 / max(b - a, 1.0) - 0.5) for a, b in zip(begins, ends, strict=True)]
    swings = [past.swing(day, round(float(b - a)), n) for a, b, n in zip(begins, ends, middle, strict=True)]
    shift, spread = np.array(swings).T
    expected = len(walkers) + past.arrivals / past.exposure * float(ends[-1])
    at_once = int(np.clip(_AT_ONCE / max(expected, 1.0), 1, 500))
    for first in range(0, runs, at_once):
        count = min(at_once, runs - first)
        rates: Rates = past.draw(random, count)
        if arrivals is None:
            counts = random.poisson(past.pace(random, count, ends - begins) * (ends - begins))
        else:
            counts = arrivals[first : first + count]
        fresh, many = int(counts.sum()), counts.ravel()
        # days begin whole: who arrives on the last day still has that day
        lengths = np.repeat(np.tile(ends - begins, count), many)
        arrive = np.repeat(np.tile(begins, count), many) + np.floor(random.random(fresh) * lengths)
        begun = random.choice(len(past.starts), size=fresh, p=past.starts)
        of = random.choice(owners, size=fresh, p=past.owners[:owners]) if owners > 1 else np.zeros(fresh, dtype=int)
        run = np.concatenate(
            [np.repeat(np.arange(count), len(walkers)), np.repeat(np.arange(count), counts.sum(axis=1))]
        )
        when, lost = rates.walk(
            random,
            run,
            np.concatenate([np.tile(stage, count), begun]),
            np.concatenate([np.tile(been, count), np.zeros(fresh)]),
            np.concatenate([np.zeros(len(walkers) * count), arrive]),
            ends,
            np.hstack([shift + spread * random.standard_normal((count, len(ends))), np.zeros((count, 1))]),
        )
        size.tell(random, when, lost, count)
        wins = np.flatnonzero(np.isfinite(when))
        period = np.searchsorted(ends, when[wins], side="right")
        owner = np.concatenate([np.tile(whose, count), of])[wins]
        amounts = price.of(random, wins, run[wins], count)
        place = (run[wins] * len(ends) + period) * owners + owner
        sums = np.bincount(place, weights=amounts, minlength=count * len(ends) * owners)
        totals[first : first + count] = sums.reshape(count, len(ends), owners)
    return found


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

    def of(self, random: np.random.Generator, wins: Vector, run: Vector, runs: int) -> Vector:
        """The amounts of what is won in some futures; numbers past their open deals are new ones."""
        own, pool_of = np.full(len(wins), np.nan), np.zeros(len(wins), dtype=int)
        is_old = wins < len(self._own) * runs
        if len(self._own):
            number = wins[is_old] % len(self._own)
            own[is_old], pool_of[is_old] = self._own[number], self._pool_of[number]
        for place, pool in enumerate(self._pools):
            asked = np.isnan(own) & (pool_of == place)
            if asked.any():
                # a bootstrap of the bootstrap: which amounts are typical is not certain either
                typical = pool[random.integers(0, len(pool), (runs, min(len(pool), 2000)))]
                own[asked] = typical[run[asked], random.integers(0, typical.shape[1], int(asked.sum()))]
        return own


class _Sizes:
    """How much likelier or less likely deals of a size are won than all that have an amount."""

    def __init__(self, ended: Sequence[Deal], open_deals: Sequence[Deal], amounts_known: bool) -> None:
        known = [(deal.amount, deal.is_won) for deal in ended if deal.amount is not None]
        self._kept: Vector | None = None
        if not amounts_known or len(known) < _LEAST_OF_SIZES:
            return
        amounts, is_won = np.array([row[0] for row in known]), np.array([row[1] for row in known])
        overall = float(is_won.mean())
        if not 0 < overall < 1:
            return
        limits = np.quantile(amounts, [1 / 3, 2 / 3])
        third = np.searchsorted(limits, amounts)
        wins, all_of = np.bincount(third[is_won], minlength=3), np.bincount(third, minlength=3)
        rate = (wins + _SIZE_PRIOR * overall) / (all_of + _SIZE_PRIOR)
        kept, turned = np.minimum(rate / overall, 1.0), np.clip((rate - overall) / (1 - overall), 0.0, 1.0)
        own = np.array([np.nan if deal.amount is None else deal.amount for deal in open_deals], dtype=float)
        of = np.searchsorted(limits, np.nan_to_num(own))
        self._kept = np.where(np.isnan(own), 1.0, kept[of])
        self._turned = np.where(np.isnan(own), 0.0, turned[of])

    def tell(self, random: np.random.Generator, won: Vector, lost: Vector, runs: int) -> None:
        """Take wins from sizes that win less often, and give to those that win more often; in place."""
        if self._kept is None:
            return
        kept, turned = np.tile(self._kept, runs), np.tile(self._turned, runs)
        count = len(kept)
        chance = random.random(count)
        was_won = np.isfinite(won[:count])
        won[:count][was_won & (chance >= kept)] = np.inf
        turns = ~was_won & np.isfinite(lost[:count]) & (chance < turned)
        won[:count][turns] = lost[:count][turns]

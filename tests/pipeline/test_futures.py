"""The range through the stages: simulated pipelines whose truth is known, several periods at once, whose deals they are."""

from datetime import date

import numpy as np
import pytest

from pipeline.arrivals import Leads, arrivals
from pipeline.forecast import Deal, as_known_on, futures
from pipeline.rates import Past

STAGES = (0.1, 0.3, 0.7)
# days in each stage on average, and the chance to go on from it
WAY = ((10.0, 0.5), (15.0, 0.6), (12.0, 0.7))


def pipeline(seed: int, *, days: int = 420, a_day: float = 0.8, growth: float = 0.0, swing: float = 0.0) -> list[Deal]:
    """Deals that walk through three stages, bigger ones winning less often; known until `days`."""
    random = np.random.default_rng(seed)
    moods = random.normal(0, swing, days // 30 + 20)
    deals: list[Deal] = []
    for day in range(days):
        for _ in range(random.poisson(a_day * (1 + growth * day / days))):
            amount = float(np.exp(random.normal(8, 0.7)))
            at, visits, closed, is_won = float(day), [], None, False
            for stage, (stay, on) in enumerate(WAY):
                if int(at) >= days:
                    break
                visits.append((stage, int(at)))
                at += random.exponential(stay)
                odds = on / (1 - on) * np.exp(moods[int(at) // 30] - 0.2 * (np.log(amount) - 8))
                if random.random() >= odds / (1 + odds):
                    closed = int(at)
                    break
            else:
                closed, is_won = int(at), True
            if closed is not None and closed >= days:
                closed, is_won = None, False
            deals.append(Deal(day, closed, is_won, amount, visits=tuple(visits), owner=len(deals) % 2))
    return deals


@pytest.mark.parametrize(("growth", "swing"), [(0.0, 0.0), (0.0, 0.25), (0.5, 0.0)])
def test_four_in_five_sums_lie_in_the_range(growth: float, swing: float) -> None:
    """Two months and a quarter of 40 worlds each: 80 % within three standard errors, and the middle in the middle."""
    inside, below, told, came, judged = 0, 0, 0.0, 0.0, 0
    for seed in range(40):
        deals = pipeline(500 + seed, growth=growth, swing=swing, a_day=0.6 + seed / 50)
        day, bounds = 330, [360, 390, 420]
        found = futures(
            as_known_on(deals, day), day=day, bounds=bounds, stages=STAGES, seed=seed, runs=200, amounts_known=True
        )
        for periods, start, until in (([0], 330, 360), ([1], 360, 390), ([0, 1, 2], 330, 420)):
            actual = sum(deal.amount or 0 for deal in deals if deal.is_won and start <= (deal.closed or 0) < until)
            seen = found.range(periods)
            judged, inside, below = judged + 1, inside + (seen.p10 <= actual <= seen.p90), below + (actual < seen.p10)
            told, came = told + seen.mean, came + actual
    assert 0.68 * judged <= inside <= 0.92 * judged, (inside, below, judged)
    assert below <= 0.2 * judged
    assert (judged - inside - below) <= 0.2 * judged
    assert told / came == pytest.approx(1, abs=0.1)


def test_a_deal_far_ahead_is_likelier_and_sooner_than_one_at_the_start() -> None:
    history = [deal for deal in pipeline(1) if deal.closed is not None]

    def worth(stage: int, days: int = 3) -> tuple[float, float]:
        visits = tuple((number, 400) for number in range(stage + 1))
        deals = [*history, *(Deal(400, None, False, 1e6, visits=visits) for _ in range(20))]
        found = futures(deals, day=403, bounds=[433, 583], stages=STAGES, runs=200, amounts_known=True)
        return found.range([0]).mean, found.range([0, 1]).mean

    soon, ever = zip(*(worth(stage) for stage in range(3)), strict=True)
    assert soon[0] < soon[1] < soon[2]
    assert ever[0] < ever[1] < ever[2]
    assert ever[2] / 20e6 == pytest.approx(0.7, abs=0.12)  # the truth of the last stage


def test_periods_and_owners_add_up() -> None:
    deals = as_known_on(pipeline(3), 390)
    found = futures(deals, day=390, bounds=[400, 420, 450], stages=STAGES, owners=2, runs=100, amounts_known=True)
    assert found.totals.shape == (100, 3, 2)
    one, two = (found.range([0, 1, 2], owners=[owner]).mean for owner in (0, 1))
    assert one + two == pytest.approx(found.range([0, 1, 2]).mean)
    assert sum(found.range([period]).mean for period in range(3)) == pytest.approx(found.range(range(3)).mean)
    assert found.range([0], closed=1000.0).p10 == pytest.approx(found.range([0]).p10 + 1000)
    again = futures(deals, day=390, bounds=[400, 420, 450], stages=STAGES, owners=2, runs=100, amounts_known=True)
    assert np.array_equal(found.totals, again.totals)
    other = futures(deals, day=390, bounds=[400, 420, 450], stages=STAGES, owners=2, runs=100, seed=8)
    assert not np.array_equal(found.totals, other.totals)


def test_while_there_is_no_history_the_stages_speak() -> None:
    deals = [Deal(0, None, False, 100.0, visits=((0, 0), (2, 5))) for _ in range(50)]
    found = futures(deals, day=10, bounds=[100], stages=STAGES, runs=300, amounts_known=True)
    assert found.closed_deals == 0
    none = np.zeros((300, 1), dtype=int)
    open_only = futures(
        deals,
        day=10,
        bounds=[2000],
        stages=STAGES,
        runs=300,
        amounts_known=True,
        arrivals=none,
    )
    assert 0.45 < open_only.range([0]).mean / 5000 < 0.85  # 70 % of the last stage, weakly believed


def test_bigger_deals_win_less_often_where_the_past_says_so() -> None:
    random = np.random.default_rng(4)
    history = []
    for day in range(300):
        amount = float(random.choice([100.0, 1000.0, 10_000.0]))
        history.append(Deal(day, day + 20, bool(random.random() < (0.2 if amount > 5000 else 0.6)), amount))

    def share(amount: float) -> float:
        deals = [*history, *(Deal(318, None, False, amount) for _ in range(50))]
        none = np.zeros((200, 1), dtype=int)
        found = futures(deals, day=320, bounds=[400], runs=200, amounts_known=True, arrivals=none)
        return found.range([0]).mean / (50 * amount)

    assert share(10_000.0) < 0.32 < 0.5 < share(100.0)


def test_what_went_back_or_was_written_down_backwards_counts() -> None:
    deals = [
        Deal(0, 9, True, 5.0, visits=((0, 0), (2, 3), (1, 6))),
        Deal(5, 2, False, 5.0, visits=((0, 5),)),  # closed before it was opened
        Deal(4, None, False, None, visits=((0, 4), (1, 4), (2, 4))),
        Deal(30, None, False, 1e12, visits=((1, 30),)),
    ]
    past = Past.of(deals, 20, STAGES, 1)
    assert past.exits.sum() == 2 + 1 + 2 + 1  # moves on, won, lost
    found = futures(deals, day=20, bounds=[50], stages=STAGES, runs=50, amounts_known=True)
    assert np.isfinite(found.totals).all()


def test_nothing_is_known_before_its_day() -> None:
    deals = [Deal(0, 50, True, 9.0, visits=((0, 0), (1, 10), (2, 30))), Deal(60, None, False, 1.0)]
    assert as_known_on(deals, 30) == [Deal(0, None, False, 9.0, visits=((0, 0), (1, 10)))]
    assert as_known_on(deals, 31)[0].visits == ((0, 0), (1, 10), (2, 30))
    start = date(2026, 1, 1).toordinal()
    assert as_known_on([Deal(start, None, False, None)], start) == []


# --- from leads ---


def test_leads_become_as_many_opportunities_as_they_did() -> None:
    # of 1000 leads a month one in ten converts, half of them at once, half in the step after
    counts: dict[tuple[int, int], int] = {}
    for known in range(24):
        early, late = 50, 50 if known else 0
        counts |= {(known, 0): early, (known, -1): 1000 - early - late}
        if late:
            counts[known, 1] = late
    found = arrivals(Leads(counts, lately=3000), ends=[30.0, 60.0, 90.0], runs=400, seed=1)
    low, middle, high = found.conversion
    assert low < middle < high
    assert middle == pytest.approx(0.1, abs=0.015)
    assert found.counts.mean(axis=0)[1:] == pytest.approx([100, 100], rel=0.2)
    assert np.array_equal(found.counts, arrivals(Leads(counts, 3000), ends=[30.0, 60.0, 90.0], runs=400, seed=1).counts)


def test_few_leads_give_a_wide_interval() -> None:
    few = arrivals(Leads({(13, -1): 9, (13, 0): 1}, 10), ends=[30.0], runs=300, seed=1).conversion
    many = arrivals(Leads({(13, -1): 9000, (13, 0): 1000}, 10_000), ends=[30.0], runs=300, seed=1).conversion
    assert (few[2] - few[0]) > 5 * (many[2] - many[0])


def test_no_leads_make_nothing() -> None:
    found = arrivals(Leads({}, 0), ends=[30.0, 60.0], runs=50, seed=1)
    assert found.counts.mean() < 0.5

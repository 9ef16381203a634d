"""The range of what will be won: from deals with a known truth, without looking ahead, the same from the same seed."""

from datetime import date

import numpy as np
import pytest

from pipeline.backtest import WINNOW, backtest, by_stage, futures_enough, knows_amounts, months, won_between
from pipeline.forecast import Deal, as_known_on, forecast
from pipeline.rates import Past


def pipeline(
    seed: int, *, days: int = 400, a_day: float = 1.5, wins: float = 0.4, life: float = 40.0, swing: float = 0.0
) -> list[Deal]:
    """Poisson arrivals, gamma lives, lognormal amounts, known until `days`; arrivals may swing from month to month."""
    random = np.random.default_rng(seed)
    deals = []
    months = np.exp(swing * np.random.default_rng(1000 + seed).standard_normal(days // 30 + 1))
    for day in range(days):
        for _ in range(random.poisson(a_day * months[day // 30])):
            closed = day + int(random.gamma(2.0, life / 2)) + 1
            is_won = bool(random.random() < wins)
            amount = float(np.exp(random.normal(8, 0.6)))
            is_over = closed < days
            deals.append(
                Deal(day, closed if is_over else None, is_won and is_over, amount if is_won and is_over else None)
            )
    return deals


def test_what_is_known_on_a_day_holds_nothing_from_that_day_on() -> None:
    deals = [
        Deal(1, 10, True, 5.0),
        Deal(2, 9, False, None, "Chair"),
        Deal(10, 12, True, 7.0),
        Deal(3, None, False, None),
    ]
    assert as_known_on(deals, 10) == [
        Deal(1, None, False, 5.0),
        Deal(2, 9, False, None, "Chair"),
        Deal(3, None, False, None),
    ]


def test_the_same_seed_gives_the_same_range_and_another_one_another() -> None:
    deals = as_known_on(pipeline(1), 370)
    first = forecast(deals, day=370, until=400, seed=3, runs=200)
    assert first == forecast(deals, day=370, until=400, seed=3, runs=200)
    assert first != forecast(deals, day=370, until=400, seed=4, runs=200)
    assert first.p10 < first.p50 < first.p90
    assert first.closed_deals == sum(deal.closed is not None for deal in deals)
    assert first.open_deals == len(deals) - first.closed_deals


def test_without_a_won_deal_nothing_is_promised() -> None:
    found = forecast([Deal(1, 5, False, None), Deal(2, None, False, 900.0)], day=10, until=40)
    assert (found.p10, found.p50, found.p90, found.open_deals, found.closed_deals) == (0, 0, 0, 1, 1)


def test_four_in_five_actual_sums_lie_in_the_range() -> None:
    """60 months of 20 stationary worlds: within three standard errors of 80 %, and not mostly on one side."""
    inside, below, above = 0, 0, 0
    for seed in range(20):
        deals = pipeline(100 + seed, days=360, a_day=0.8 + seed / 10, wins=0.2 + seed / 50, life=20.0 + 4 * seed)
        for back in range(3):
            until = 360 - 30 * back
            known = as_known_on(deals, until - 30)
            found = forecast(known, day=until - 30, until=until, seed=seed, runs=150)
            actual = won_between(deals, until - 30, until)
            below += actual < found.p10
            above += actual > found.p90
            inside += found.p10 <= actual <= found.p90
    assert 39 <= inside <= 57, (inside, below, above)
    assert below <= 14
    assert above <= 14


def test_arrivals_that_swing_widen_the_range() -> None:
    """Forty quarters of worlds whose arrivals differ from month to month by a half, and of steady ones."""
    covered = {}
    for swing in (0.0, 0.5):
        inside = 0
        for seed in range(40):
            deals = pipeline(300 + seed, days=450, a_day=1.2, life=25.0, swing=swing)
            found = forecast(as_known_on(deals, 360), day=360, until=450, seed=seed, runs=150)
            inside += found.p10 <= won_between(deals, 360, 450) <= found.p90
        covered[swing] = inside
    assert all(26 <= inside <= 38 for inside in covered.values()), covered


def test_a_habit_of_the_quarter_is_told_from_chance() -> None:
    """Two in three are won in the last month of each quarter, one in five in the others; then no such habit."""
    random = np.random.default_rng(5)
    ended = [(day, day // 30 % 3 == 2) for day in range(0, 720) for _ in range(2)]
    habit = [Deal(day, day, bool(random.random() < (0.66 if is_last else 0.2)), 9.0) for day, is_last in ended]
    chance = [Deal(day, day, bool(random.random() < 0.35), 9.0) for day, _ in ended]
    shifts = {
        name: [Past.of(deals, 720, (0.5,), 1).swing(720, 30, ahead)[0] for ahead in range(3)]
        for name, deals in (("habit", habit), ("chance", chance))
    }
    assert shifts["habit"][2] > 0.7
    assert max(shifts["habit"][:2]) < -0.3
    assert max(map(abs, shifts["chance"])) < 0.15


def test_few_deals_give_a_wider_range_than_many() -> None:
    many = forecast(as_known_on(pipeline(5, a_day=4), 370), day=370, until=400, runs=300)
    few = forecast(as_known_on(pipeline(5, a_day=0.2), 370), day=370, until=400, runs=300)
    assert (few.p90 - few.p10) / few.p50 > 1.5 * (many.p90 - many.p10) / many.p50


def test_amounts_that_are_known_are_used() -> None:
    history = [Deal(day, day + 10, True, 100.0) for day in range(100)]
    deals = [*history, Deal(95, None, False, 1_000_000.0)]
    rich = forecast(deals, day=111, until=141, runs=200, amounts_known=True)
    poor = forecast(deals, day=111, until=141, runs=200, amounts_known=False)
    assert rich.p50 > 1_000_000 > poor.p90


def test_calendar_periods() -> None:
    first, last = date(2025, 11, 15).toordinal(), date(2026, 3, 1).toordinal()
    assert [name for name, _, _ in months(first, last, 1)] == ["2025-12", "2026-01", "2026-02"]
    assert list(months(first, date(2026, 4, 1).toordinal(), 3)) == [
        ("2026-Q1", date(2026, 1, 1).toordinal(), date(2026, 4, 1).toordinal())
    ]


def test_deals_that_are_due_count_with_the_win_rate() -> None:
    known = [
        Deal(0, 10, True, 100.0),
        Deal(0, 10, False, None),
        Deal(5, None, False, None),
        Deal(95, None, False, None),
    ]
    assert by_stage(known, 20, 50, amounts_known=False) == pytest.approx(50.0)  # one is due: half a chance of 100


def test_whether_amounts_are_written_before_the_end() -> None:
    assert knows_amounts([Deal(0, 5, False, 80.0)])
    assert not knows_amounts([Deal(0, 5, False, None), Deal(0, 5, True, 80.0)])


def test_the_record_of_past_periods_adds_up() -> None:
    start = date(2025, 1, 1).toordinal()
    deals = [
        Deal(deal.created + start, deal.closed and deal.closed + start, deal.is_won, deal.amount)
        for deal in pipeline(9, days=365)
    ]
    records = {record.method: record for record in backtest(deals, as_of=start + 365, runs=100, history=3)}
    ours = records[WINNOW].periods
    assert [judged.period for judged in ours] == [f"2025-{month:02}" for month in range(5, 13)]
    assert sum(judged.actual for judged in ours) == pytest.approx(
        won_between(deals, date(2025, 5, 1).toordinal(), date(2026, 1, 1).toordinal())
    )
    repeated = records["repeat_last"].periods
    assert [judged.forecast for judged in repeated[1:]] == [judged.actual for judged in repeated[:-1]]
    assert [judged.covered for judged in repeated[:3]] == [None, None, None]  # a range needs three misses
    assert records[WINNOW].mape is not None and records[WINNOW].coverage is not None


def test_nothing_from_the_period_itself_is_used() -> None:
    """The forecast of a month is the same whatever happens in it and after."""
    deals = pipeline(11, days=365)
    start = date(2025, 1, 1).toordinal()
    real = [Deal(d.created + start, d.closed and d.closed + start, d.is_won, d.amount) for d in deals]
    december = date(2025, 12, 1).toordinal()
    other = [d for d in real if d.created < december]
    other = [Deal(d.created, december + 1, True, 9e9) if (d.closed or 1e9) >= december else d for d in other]
    seen = [
        next(r for r in backtest(world, as_of=start + 365, runs=100) if r.method == WINNOW).periods[-1]
        for world in (real, other)
    ]
    assert seen[0].forecast == seen[1].forecast
    assert seen[0].actual != seen[1].actual


def test_fewer_futures_do_where_deals_are_many() -> None:
    """Open ones and those that will come as lately; never fewer than 300, nor more than were asked for."""
    few = [Deal(100, None, False, 5.0)] * 100
    many = [Deal(100, None, False, 5.0)] * 2000 + [Deal(10, 20, True, 5.0)] * 9000
    assert futures_enough(few, 130, 160, 2000) == 2000
    assert futures_enough(many, 130, 160, 2000) == 2_000_000 // 4000
    assert futures_enough(many * 10, 130, 160, 2000) == 300
    assert futures_enough(many * 10, 130, 160, 100) == 100

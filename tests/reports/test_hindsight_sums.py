"""Survival, attribution, differences, spreads and costs as values, held against examples worked by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import Refused
from reports.attribution import MODELS, WHOLE, credits_of, position, rounded
from reports.costing import Cost, amount_of, columns_of, cost_of, is_day_first, per, time_named, times
from reports.difference import Counted, Effect, explain
from reports.queries.comparison import _tenths
from reports.spread import spread
from reports.survival import Cohort, by_age

# --- survival ---


def test_not_yet_is_not_no() -> None:
    """100 came six months ago, 10 won in their first month and 9 in their second; 50 came last month, 5 won at once.

    First month: 15 of 150. Second: 9 of the 90 who were left of those old enough; of 150 the naive share says 16 %.
    """
    table = by_age([Cohort(100, (10, 9), 6), Cohort(50, (5,), 1)], ages=3)
    assert [(one.at_risk, one.reached) for one in table] == [(150, 15), (90, 9), (81, 0)]
    assert [round(one.share, 6) for one in table] == [0.1, 0.19, 0.19]


def test_the_interval_is_greenwoods() -> None:
    """By hand for 15 of 150: variance of log survival 15/(150·135) = 0.000741; log(-log 0.9) = -2.2504; half 0.5063."""
    age = by_age([Cohort(150, (15,), 1)], ages=1)[0]
    assert (round(age.low, 4), round(age.high, 4)) == (0.0615, 0.1604)
    assert not age.is_few


def test_a_month_that_still_runs_is_left_out() -> None:
    assert by_age([Cohort(40, (40,), 0)], ages=5) == []
    assert [one.share for one in by_age([Cohort(40, (40,), 1)], ages=5)] == [1.0]  # nobody is left to look at
    assert by_age([], ages=5) == []


@given(some.lists(some.tuples(some.integers(0, 50), some.lists(some.integers(0, 9), max_size=4), some.integers(0, 6))))
def test_shares_grow_and_stay_within_their_interval(given_rows: list[tuple[int, list[int], int]]) -> None:
    cohorts = [Cohort(size + sum(got), tuple(got), complete) for size, got, complete in given_rows]
    table = by_age(cohorts, ages=6)
    shares = [one.share for one in table]
    assert shares == sorted(shares)
    assert all(0 <= one.low <= one.share + 1e-9 and one.share <= one.high + 1e-9 <= 1 + 2e-9 for one in table)


# --- attribution ---


def test_parts_worked_by_hand() -> None:
    ads, mail, direct = "google / cpc", "news / email", "direct / direct"
    parts = credits_of([(ads, False), (mail, False), (direct, True), (mail, False), (direct, True)])
    assert dict(zip(MODELS, parts[ads], strict=True)) == {"first": 1000, "last": 0, "linear": 200, "position": 400}
    assert dict(zip(MODELS, parts[mail], strict=True)) == {"first": 0, "last": 1000, "linear": 400, "position": 133}
    assert dict(zip(MODELS, parts[direct], strict=True)) == {"first": 0, "last": 0, "linear": 400, "position": 467}
    assert position(4) == [400, 100, 100, 400]
    assert credits_of([]) == {}


@given(some.lists(some.tuples(some.sampled_from("abcdef"), some.booleans()), min_size=1, max_size=40))
def test_parts_of_a_person_add_up_to_one(touches: list[tuple[str, bool]]) -> None:
    parts = credits_of(touches)
    for place in range(len(MODELS)):
        assert sum(of[place] for of in parts.values()) == WHOLE
        assert all(of[place] >= 0 for of in parts.values())


@given(some.lists(some.integers(0, 10_000), max_size=30))
def test_rounded_parts_add_up_to_the_rounded_sum(parts: list[int]) -> None:
    low = rounded(parts)
    assert sum(low) == (sum(parts) + 50) // 100 * 100
    assert all(abs(one - part) <= 100 and one % 100 == 0 for one, part in zip(low, parts, strict=True))


# --- the difference ---

COUNTED = some.builds(
    lambda came, missed: Counted(came, max(0, came - missed)), some.integers(0, 99), some.integers(0, 99)
)
PERIOD = some.dictionaries(some.sampled_from(["form", "api", "webinar", "import"]), COUNTED)


def _effects(one: Effect) -> list[float]:
    return [float(value) for value in (one.volume, one.mix, one.rate)]


def test_a_difference_worked_by_hand() -> None:
    """100 came by form (10 won) and 100 by webinar (30 won); then 300 by form (30) and 100 by webinar (40).

    Twice as many came: +40 as before. The form's share rose from 1/2 to 3/4: 400 · 1/4 · 10 % = +10, the webinar's
    fell: −30. The webinar's rate rose from 30 to 40 %: 400 · 1/4 · 10 % = +10. Together 70 − 40 = +30.
    """
    found = explain(
        {"form": Counted(100, 10), "webinar": Counted(100, 30)}, {"form": Counted(300, 30), "webinar": Counted(100, 40)}
    )
    assert _effects(found.whole) == [40, -20, 10]
    form, webinar = found.parts
    assert _effects(form) == [10, 10, 0]
    assert _effects(webinar) == [30, -30, 10]


@given(PERIOD, PERIOD)
def test_volume_mix_and_rate_add_up_exactly(before: dict[str, Counted], after: dict[str, Counted]) -> None:
    found = explain(before, after)
    for one in (*found.parts, found.whole):
        assert one.whole == one.after.got - one.before.got
    assert sum((part.whole for part in found.parts), Fraction(0)) == found.whole.whole


@given(some.lists(some.fractions(-50, 50), max_size=12))
def test_tenths_add_up(values: list[Fraction]) -> None:
    tenths = _tenths(values)
    assert abs(sum(tenths) - 10 * sum(values, Fraction(0))) <= Fraction(6, 10)
    assert all(abs(tenth - 10 * value) <= Fraction(11, 10) for tenth, value in zip(tenths, values, strict=True))


# --- days ---


def test_quartiles_are_days_that_somebody_took() -> None:
    found = spread([([0, 3], [2, 1]), ([3, 10], [1, 4])])  # 0 0 3 3 10 10 10 10
    assert found is not None
    assert (found.people, found.low, found.median, found.high, found.is_few) == (8, 0, 3, 10, True)
    assert spread([]) is None


# --- costs ---


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1234.5", "1234.50"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("12,5", "12.50"), ("€ 1 200", "1200.00"),
     ("1,234,567", "1234567.00"), ("0", "0.00")],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, amount: str) -> None:
    assert str(amount_of(text)) == amount


@pytest.mark.parametrize("text", ["", "free", "-5", "1e99", "NaN", "Infinity", "9" * 30, "\0", "١٢٣ EUR"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        amount_of(text)


@pytest.mark.parametrize("text", ["2026-06", "2026-6", "2026-06-15", "06/2026", "15.06.2026", "June 2026", "Jun 26"])
def test_months_as_people_write_them(text: str) -> None:
    assert time_named(text)[0] == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [("2026-06-15", None, 15), ("15.06.2026", None, 15), ("15/06/2026", True, 15), ("06/07/2026", False, 7),
     ("07/06/2026", True, 7), ("6/6/2026", None, 6), ("Jun 7, 2026", None, 7), ("2026-06", None, 0)],
)  # fmt: skip
def test_days_as_people_write_them(text: str, day_first: bool | None, day: int) -> None:
    assert time_named(text, day_first=day_first) == (date(2026, 6, 1), date(2026, 6, day) if day else None)


def test_what_may_be_two_days_is_refused_where_nothing_tells() -> None:
    assert is_day_first(["03/04/2026", "03/25/2026"]) is False
    assert is_day_first(["03/04/2026", "25/03/2026"]) is True
    assert is_day_first(["03/04/2026", "2026-05", ""]) is None
    with pytest.raises(Refused, match="may be two days"):
        time_named("03/04/2026")


@pytest.mark.parametrize(
    ("amount", "given", "code"),
    [("€5", "", "EUR"), ("£5", "", "GBP"), ("$5", "USD", "USD"), ("5", "", "CHF"), ("£5", "EUR", "EUR")],
)
def test_a_sign_says_which_money_where_no_column_does(amount: str, given: str, code: str) -> None:
    columns = {"month": 0, "campaign": 1, "amount": 2, "currency": 3}
    assert cost_of(["2026-06", "x", amount, given], columns, "CHF").currency == code
    assert cost_of(["2026-06", "x", "$5", ""], columns, "USD").currency == "USD"
    with pytest.raises(Refused, match="which dollars"):
        cost_of(["2026-06", "x", "$5", ""], columns, "EUR")


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "sometime", "9999-01", "\0"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        time_named(text)


def test_a_line_by_its_columns() -> None:
    columns = columns_of(["Spend", "UTM_Campaign", " Month ", "Clicks"])
    assert cost_of(["10", " Spring  SALE", "2026-06", "7"], columns, "EUR") == Cost(
        date(2026, 6, 1), "spring sale", Decimal("10.00"), "EUR"
    )
    with pytest.raises(Refused, match="amount is missing"):
        columns_of(["campaign", "month"])


def test_unknown_is_not_zero() -> None:
    assert per(Decimal(100), 2500) == Decimal("40.00")
    assert (per(None, 1000), per(Decimal(100), 0), times(Decimal(5), None)) == (None, None, None)
    assert (times(Decimal(250), Decimal(100)), per(Decimal(0), 1000)) == (Decimal("2.50"), Decimal("0.00"))

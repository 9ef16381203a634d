"""Months, quarters and years of a company whose year may begin in any month."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.periods import Period, Unit, around, later, month_of, parse, period_of

DAYS = st.dates(date(2001, 1, 1), date(2190, 1, 1))
OPENS = st.integers(1, 12)


@pytest.mark.parametrize(
    ("day", "unit", "opens", "key", "name", "start", "end"),
    [
        (date(2026, 6, 15), Unit.MONTH, 1, "2026-06", "June 2026", date(2026, 6, 1), date(2026, 7, 1)),
        (date(2026, 6, 15), Unit.QUARTER, 1, "2026-Q2", "Q2 2026", date(2026, 4, 1), date(2026, 7, 1)),
        (date(2026, 12, 31), Unit.YEAR, 1, "2026", "2026", date(2026, 1, 1), date(2027, 1, 1)),
        # from April on it is the year that ends in the next one
        (date(2026, 6, 15), Unit.QUARTER, 4, "2027-Q1", "Q1 FY 2027", date(2026, 4, 1), date(2026, 7, 1)),
        (date(2026, 3, 31), Unit.QUARTER, 4, "2026-Q4", "Q4 FY 2026", date(2026, 1, 1), date(2026, 4, 1)),
        (date(2026, 3, 31), Unit.YEAR, 4, "2026", "FY 2026", date(2025, 4, 1), date(2026, 4, 1)),
        (date(2026, 1, 1), Unit.QUARTER, 12, "2026-Q1", "Q1 FY 2026", date(2025, 12, 1), date(2026, 3, 1)),
    ],
)
def test_which_period(day: date, unit: Unit, opens: int, key: str, name: str, start: date, end: date) -> None:
    found = period_of(day, unit, opens)
    assert (found.key, found.name, found.start, found.end) == (key, name, start, end)
    assert parse(key, opens) == found


@given(day=DAYS, unit=st.sampled_from(Unit), opens=OPENS)
def test_every_day_lies_in_one_period_and_its_key_names_it(day: date, unit: Unit, opens: int) -> None:
    found = period_of(day, unit, opens)
    assert found.holds(day)
    assert parse(found.key, opens) == found
    assert period_of(found.end - timedelta(days=1), unit, opens) == found
    assert period_of(found.end, unit, opens) == found.moved(1)
    assert found.months[0] == found.start
    assert later(found.months[-1], 1) == found.end


def test_around() -> None:
    shown = [one.key for one in around(date(2026, 1, 31), Unit.QUARTER, before=1, after=2)]
    assert shown == ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "1999", "26-01", "2026-1", "٢٠٢٦", "x"]
)
def test_what_names_no_period(text: str) -> None:
    assert parse(text) is None
    assert month_of(text) is None


def test_a_month_is_named_by_month_only() -> None:
    assert month_of("2026-06") == date(2026, 6, 1)
    assert month_of("2026-Q2") is None
    assert month_of("2026") is None
    assert isinstance(parse("2026"), Period)

"""Working time: hours on the wall, time that really passes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import working_time
from pipeline.working_time import Hours, Unreadable

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = working_time.week_of(["9-17"] * 5 + ["", ""])
OFFICE = Hours("Europe/Berlin", NINE_TO_FIVE)


def berlin(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("", ()),
        ("9-17", ((540, 1020),)),
        ("09:00–12:30, 13:30-17", ((540, 750), (810, 1020))),
        ("0-24", ((0, 1440),)),
    ],
)
def test_hours_are_read_and_written(text: str, intervals: tuple[tuple[int, int], ...]) -> None:
    assert working_time.parse(text) == intervals
    assert working_time.parse(working_time.as_text(intervals)) == intervals


@pytest.mark.parametrize(
    "text", ["nine", "9", "17-9", "9-9", "9-25", "9:60-10", "9-12 11-13", "1-2 3-4 5-6 7-8 9-10", "٩-١٧", "-", "9--1"]
)
def test_what_are_no_hours_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        working_time.parse(text)


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        (berlin(2026, 6, 15, 10), 4, berlin(2026, 6, 15, 14)),  # a Monday
        (berlin(2026, 6, 15, 15), 4, berlin(2026, 6, 16, 11)),  # overnight
        (berlin(2026, 6, 19, 15), 4, berlin(2026, 6, 22, 11)),  # over the week-end
        (berlin(2026, 6, 20, 3), 4, berlin(2026, 6, 22, 13)),  # from a Saturday
        (berlin(2026, 6, 15, 9), 8, berlin(2026, 6, 15, 17)),  # the last minute counts
        (berlin(2026, 6, 15, 9), 40, berlin(2026, 6, 19, 17)),
    ],
)
def test_hours_are_added_in_working_time(since: datetime, hours: int, until: datetime) -> None:
    assert working_time.later(OFFICE, since, timedelta(hours=hours)) == until
    assert working_time.between(OFFICE, since, until) == timedelta(hours=hours)


def test_holidays_and_absences_are_no_working_time() -> None:
    away = Hours(
        "Europe/Berlin", NINE_TO_FIVE, frozenset({date(2026, 6, 16)}), ((date(2026, 6, 17), date(2026, 6, 18)),)
    )
    assert working_time.later(away, berlin(2026, 6, 15, 16), timedelta(hours=2)) == berlin(2026, 6, 19, 10)


def test_somebody_who_never_works_has_no_working_time() -> None:
    never = Hours("UTC", ((),) * 7)
    now = datetime(2026, 6, 15, tzinfo=UTC)
    assert working_time.later(never, now, timedelta(hours=1)) is None
    assert working_time.next_working(never, now) is None
    assert working_time.between(never, now, now + timedelta(days=9)) == timedelta(0)


# --- the clock is put forward and back (Berlin: 29 March 2026 from 2 to 3, 25 October 2026 from 3 to 2) ---


def night(text: str, zone: str = "Europe/Berlin") -> Hours:
    return Hours(zone, (working_time.parse(text),) * 7)


@pytest.mark.parametrize(
    ("text", "day", "really"),
    [
        ("1-5", date(2026, 3, 29), 3),  # four hours on the wall
        ("1-5", date(2026, 10, 25), 5),
        ("2:30-5", date(2026, 3, 29), 2),  # begins at an hour that does not exist: at three
        ("1-2:30", date(2026, 3, 29), 1),  # ends at one
        ("2:30-5", date(2026, 10, 25), 3.5),  # begins when it is half past two for the first time
        ("1-2:30", date(2026, 10, 25), 2.5),  # ends when it is half past two for the second time
        ("2-3", date(2026, 3, 29), 0),
        ("2-3", date(2026, 10, 25), 2),
        ("9-17", date(2026, 3, 29), 8),
        ("0-24", date(2026, 3, 29), 23),
        ("0-24", date(2026, 10, 25), 25),
    ],
)
def test_what_counts_is_the_time_that_passes(text: str, day: date, really: float) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=BERLIN)
    tomorrow = day + timedelta(days=1)
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=BERLIN)
    assert working_time.between(night(text), begin, end) == timedelta(hours=really)


def test_half_an_hour_of_lord_howe() -> None:
    """Their clock moves by thirty minutes, from 2 to 2:30 on 4 October 2026."""
    zone = ZoneInfo("Australia/Lord_Howe")
    begin = datetime(2026, 10, 4, tzinfo=zone)
    assert working_time.between(night("1-4", "Australia/Lord_Howe"), begin, begin + timedelta(hours=20)) == timedelta(
        hours=2.5
    )


def test_an_offer_over_the_change_of_the_clock_ends_at_the_same_time_on_the_wall() -> None:
    friday = berlin(2026, 3, 27, 15)
    assert working_time.later(OFFICE, friday, timedelta(hours=4)) == berlin(2026, 3, 30, 11)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    after=st.integers(0, 3 * 365 * 24 * 60),
    minutes=st.integers(1, 60 * 60),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    text=st.sampled_from(["9-17", "0-24", "1-4", "22-24", "1:30-2:30 2:45-3:15"]),
)
def test_adding_and_counting_are_the_same(after: int, minutes: int, zone: str, text: str) -> None:
    since = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=after)
    hours = Hours(zone, (working_time.parse(text),) * 5 + ((), ()))
    by = timedelta(minutes=minutes)
    until = working_time.later(hours, since, by)
    assert until is not None
    assert working_time.between(hours, since, until) == by


# --- away ---


def test_a_free_evening_is_no_absence_and_a_week_away_is() -> None:
    week = Hours("Europe/Berlin", NINE_TO_FIVE, absences=((date(2026, 6, 22), date(2026, 6, 26)),))
    assert working_time.away_until(week, berlin(2026, 6, 18, 20)) is None  # works tomorrow
    assert working_time.away_until(week, berlin(2026, 6, 19, 18)) == berlin(2026, 6, 29, 9)  # Friday evening
    assert working_time.away_until(week, berlin(2026, 6, 24, 12)) == berlin(2026, 6, 29, 9)
    assert working_time.away_until(week, berlin(2026, 6, 27, 12)) is None  # Saturday: back on Monday


def test_a_holiday_is_told_apart() -> None:
    free = Hours("Europe/Berlin", NINE_TO_FIVE, frozenset({date(2026, 6, 22)}))
    assert working_time.away_until(free, berlin(2026, 6, 22, 10)) is None
    assert working_time.holiday_until(free, berlin(2026, 6, 22, 10)) == berlin(2026, 6, 23, 9)
    assert working_time.holiday_until(free, berlin(2026, 6, 23, 10)) is None

"""What a question is worth: exact values of the formula, and what follows from it."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.asking import MOST, REACH, Lead, next_morning, value, words

ONE = Lead(below=0, seen_days=0, open=1)


@pytest.mark.parametrize(
    ("lead", "worth"),
    [
        (ONE, 850),
        (replace(ONE, below=10), 425),
        (replace(ONE, below=-40), 850),  # above the line it is no nearer than at it
        (replace(ONE, seen_days=14), 531),  # ¼ + ¾ × ½
        (replace(ONE, seen_days=None), 212),
        (replace(ONE, open=2), 722),
        (replace(ONE, open=0, no=1), 250),
        (replace(ONE, open=0, must_talk=True), 1000),
        (replace(ONE, permille=40, base=0.02), 1700),
        (replace(ONE, permille=900, base=0.02), 1700),  # never more than twice
        (replace(ONE, permille=1, base=0.02), 425),
        (replace(ONE, permille=40), 850),  # without a base rate a probability says nothing
    ],
)
def test_exact_values(lead: Lead, worth: int) -> None:
    assert value(lead) == worth


@pytest.mark.parametrize(
    "lead", [replace(ONE, below=REACH + 1), Lead(below=3, seen_days=0), Lead(below=-9, seen_days=0)]
)
def test_who_is_too_far_away_or_has_nothing_to_say_is_not_asked(lead: Lead) -> None:
    assert value(lead) == 0


LEADS = st.builds(
    Lead,
    below=st.integers(-200, REACH),
    seen_days=st.none() | st.integers(0, 4000),
    open=st.integers(0, 8),
    no=st.integers(0, 8),
    must_talk=st.booleans(),
    permille=st.none() | st.integers(0, 1000),
    base=st.none() | st.floats(0.001, 0.9),
)


@given(LEADS, st.integers(1, 10), st.integers(1, 100))
def test_further_away_longer_silent_and_more_to_ask_is_never_worth_more(lead: Lead, points: int, days: int) -> None:
    worth = value(lead)
    assert 0 <= worth <= MOST
    if not worth:
        return
    assert value(replace(lead, below=lead.below + points)) <= worth
    assert value(replace(lead, open=lead.open + 1)) <= worth
    assert value(replace(lead, no=lead.no + 1)) <= worth
    if lead.seen_days is not None:
        assert value(replace(lead, seen_days=lead.seen_days + days)) <= worth


def test_why_in_words() -> None:
    assert words(Lead(below=1, seen_days=1, open=2, no=1, must_talk=True)) == [
        "1 point below the line",
        "2 open questions",
        "1 answered no",
        "has not talked to us lately",
        "here yesterday",
    ]
    assert words(Lead(below=-3, seen_days=None, open=1)) == ["above the line", "1 open question", "never seen"]


def test_the_next_morning_is_a_working_day_where_the_person_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    friday = datetime(2026, 3, 27, 16, 30, tzinfo=berlin)  # the clocks go forward on Sunday
    assert next_morning(friday).astimezone(UTC) == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert next_morning(friday, 7) == datetime(2026, 4, 3, 9, 0, tzinfo=berlin)

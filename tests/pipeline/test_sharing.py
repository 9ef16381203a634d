"""The fair share: nobody gets more or less than their part, and nobody who cannot take it gets any."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import sharing
from pipeline.sharing import WHOLE, Candidate

START = datetime(2026, 6, 15, tzinfo=UTC)
CAPACITIES = st.integers(25, 4000).map(lambda hundredths: Decimal(hundredths) / 100)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine


def play(people: list[Candidate], rounds: int) -> tuple[dict[int, int], list[list[Candidate]]]:
    """How many each got, and the accounts after each round."""
    got, history = dict.fromkeys((one.rep_id for one in people), 0), []
    for number in range(rounds):
        decision = sharing.share(people)
        assert decision.chosen is not None
        got[decision.chosen.rep_id] += 1
        at = START + timedelta(minutes=number)
        people = [
            replace(one.candidate, credit=one.credit, last_at=at if one.paid else one.candidate.last_at)
            for one in decision.shares
        ]
        history.append(people)
    return got, history


@PATIENT
@given(st.lists(CAPACITIES, min_size=1, max_size=9), st.integers(1, 120))
def test_the_error_of_a_share_stays_within_its_bound(capacities: list[Decimal], rounds: int) -> None:
    people = [Candidate(number, f"Rep {number}", capacity) for number, capacity in enumerate(capacities)]
    _, history = play(people, rounds)
    harmonic = sum(Fraction(1, k) for k in range(1, len(people) + 1))
    slack = Fraction(2 * len(people) * sharing.EVEN, WHOLE)  # equal but for rounding
    for accounts in history:
        owed = [Fraction(one.credit, WHOLE) for one in accounts]
        assert sum(owed) == 0
        assert max(owed) <= harmonic - 1 + slack
        assert min(owed) >= -1


@PATIENT
@given(st.lists(CAPACITIES, min_size=2, max_size=6), st.integers(1, 200))
def test_what_somebody_got_is_what_they_deserve_but_for_the_account(capacities: list[Decimal], rounds: int) -> None:
    people = [Candidate(number, f"Rep {number}", capacity) for number, capacity in enumerate(capacities)]
    got, history = play(people, rounds)
    total = sum(capacities)
    for one in history[-1]:
        deserved = Fraction(rounds) * Fraction(capacities[one.rep_id]) / Fraction(total)
        assert abs(deserved - got[one.rep_id] - Fraction(one.credit, WHOLE)) <= Fraction(rounds, WHOLE)


@PATIENT
@given(
    st.lists(CAPACITIES, min_size=2, max_size=6),
    st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=80),
)
def test_nobody_who_is_away_gets_any_or_is_owed_more(capacities: list[Decimal], away: list[set[int]]) -> None:
    people = [Candidate(number, f"Rep {number}", capacity) for number, capacity in enumerate(capacities)]
    for absent in away:
        now = [replace(one, why_not="away" if one.rep_id in absent else "") for one in people]
        decision = sharing.share(now)
        able = [one for one in now if not one.why_not]
        assert (decision.chosen is None) == (not able)
        for one in decision.shares:
            if one.candidate.why_not:
                assert (one.credited, one.paid) == (0, 0)
        assert sum(one.credit for one in decision.shares) == 0
        people = [replace(one.candidate, credit=one.credit) for one in decision.shares]


def test_equal_people_take_turns_and_a_new_one_is_next() -> None:
    people = [Candidate(pk, f"Rep {pk}") for pk in (1, 2, 3)]
    got, history = play(people, 3)
    assert got == {1: 1, 2: 1, 3: 1}
    decision = sharing.share([*history[-1], Candidate(4, "New")])
    assert decision.chosen is not None
    assert decision.chosen.rep_id == 4


def test_fractions_are_kept() -> None:
    """Fourteen in four weeks beside seven a week: one third, not zero."""
    got, _ = play([Candidate(1, "Half", Decimal("3.5")), Candidate(2, "Whole", Decimal(7))], 42)
    assert got == {1: 14, 2: 28}


def test_parts_add_up_to_a_whole() -> None:
    assert sharing.parts([Decimal(1)] * 3) == [333_334, 333_333, 333_333]
    assert sum(sharing.parts([Decimal("0.1"), Decimal("7.77"), Decimal(3)])) == WHOLE
    assert sharing.parts([Decimal(0), Decimal(0)]) == [0, 0]


@pytest.mark.parametrize(
    ("capacity", "week", "weeks", "why"),
    [
        (None, 99, 400, ""),
        (Decimal(0), 0, 0, "takes none: capacity 0"),
        (Decimal(2), 1, 7, ""),
        (Decimal(2), 2, 2, "full: 2 in the last 7 days, capacity 2 a week"),
        (Decimal("3.5"), 3, 13, ""),
        (Decimal("3.5"), 3, 14, "full: 14 in the last 28 days, capacity 3.5 a week"),
        (Decimal("0.5"), 0, 1, ""),
        (Decimal("0.5"), 0, 2, "full: 2 in the last 28 days, capacity 0.5 a week"),
        (Decimal("0.5"), 1, 1, "full: 1 in the last 7 days, capacity 0.5 a week"),
        (Decimal(10), 10, 10, "full: 10 in the last 7 days, capacity 10 a week"),
    ],
)
def test_who_is_full(capacity: Decimal | None, week: int, weeks: int, why: str) -> None:
    assert sharing.full_because(capacity, week, weeks) == why

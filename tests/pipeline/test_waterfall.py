"""The waterfall between two days: it always adds up, and each kind is what its name says."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.waterfall import Kind, Span, Stood, counted, steps, waterfall

JUNE = Span(date(2026, 6, 1), date(2026, 7, 1))
IN, OUT = date(2026, 6, 10), date(2026, 8, 1)


def deal(amount: int | str | None, expected: date | None = IN, state: str = "open", **more: bool) -> Stood:
    return Stood(state, None if amount is None else Decimal(amount), expected, **more)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, deal(100), {Kind.NEW: 100}),
        (None, deal(None), {Kind.NEW: 0}),
        (deal(5, state="gone"), deal(100), {Kind.NEW: 100}),
        (None, deal(100, OUT), {}),
        (deal(100), deal(100), {}),
        (deal(100), deal(130), {Kind.GREW: 30}),
        (deal(100), deal("99.99"), {Kind.SHRANK: Decimal("-0.01")}),
        (deal(None), deal(40), {Kind.GREW: 40}),
        (deal(100, OUT), deal(120), {Kind.PULLED_IN: 120}),
        (deal(100, None), deal(120), {Kind.PULLED_IN: 120}),
        (deal(100), deal(120, OUT), {Kind.PUSHED_OUT: -100}),
        (deal(100), deal(120, None), {Kind.PUSHED_OUT: -100}),
        (deal(100), deal(100, is_omitted=True), {Kind.PUSHED_OUT: -100}),
        (deal(100), deal(80, IN, "won"), {Kind.SHRANK: -20, Kind.WON: -80}),
        (deal(100), deal(100, OUT, "won"), {Kind.WON: -100}),
        (deal(100), deal(140, IN, "lost"), {Kind.LOST: -100}),
        (deal(100), deal(100, IN, "gone"), {Kind.GONE: -100}),
        (deal(100), None, {Kind.GONE: -100}),
        (deal(100, IN, "lost"), deal(90), {Kind.REOPENED: 90}),
        (deal(100, IN, "won"), deal(90), {Kind.REOPENED: 90}),
        (deal(100, is_ours=False), deal(100), {Kind.HANDED_IN: 100}),
        (deal(100), deal(100, is_ours=False), {Kind.HANDED_OUT: -100}),
        # in neither sum, and yet it happened
        (None, deal(70, IN, "won"), {Kind.NEW: 70, Kind.WON: -70}),
        (None, deal(70, IN, "lost"), {Kind.NEW: 70, Kind.LOST: -70}),
        (deal(60, OUT), deal(70, IN, "won"), {Kind.PULLED_IN: 70, Kind.WON: -70}),
        (deal(60, IN, "lost"), deal(70, IN, "won"), {Kind.REOPENED: 70, Kind.WON: -70}),
        (deal(70, IN, "won"), deal(70, IN, "won"), {}),
        (deal(60, OUT), deal(60, IN, "lost"), {}),
        (None, deal(70, IN, "won", is_ours=False), {}),
    ],
)
def test_what_a_deal_did(before: Stood | None, after: Stood | None, expected: dict[Kind, int]) -> None:
    assert steps(before, after, JUNE) == expected


def test_without_a_period_no_date_counts_out() -> None:
    assert steps(deal(10, None), deal(12, OUT), Span()) == {Kind.GREW: 2}


STOOD = st.builds(
    Stood,
    st.sampled_from(["open", "open", "won", "lost", "gone"]),
    st.none() | st.decimals(0, 10**12, places=2),
    st.sampled_from([None, IN, OUT, date(2026, 6, 1), date(2026, 7, 1), date(2026, 5, 31)]),
    st.booleans(),
    st.booleans(),
)
DAY = st.dictionaries(st.integers(1, 30), STOOD)
SPAN = st.sampled_from([JUNE, Span(), Span(date(2026, 6, 1), None)])


@given(before=DAY, after=DAY, span=SPAN)
def test_it_adds_up_to_the_cent(before: dict[int, Stood], after: dict[int, Stood], span: Span) -> None:
    found = waterfall(before, after, span)
    assert found.first + sum(found.total(kind) for kind in Kind) == found.last
    assert found.last == sum(counted(one, span) for one in after.values())
    assert len({(change.deal, change.kind) for change in found.changes}) == len(found.changes)
    gains = {Kind.NEW, Kind.REOPENED, Kind.PULLED_IN, Kind.GREW, Kind.HANDED_IN}
    for change in found.changes:
        assert change.amount >= 0 if change.kind in gains else change.amount <= 0


@given(days=st.lists(DAY, min_size=3, max_size=3), span=SPAN)
def test_two_steps_make_the_same_difference_as_one(days: list[dict[int, Stood]], span: Span) -> None:
    first, middle, last = days
    whole, one, two = waterfall(first, last, span), waterfall(first, middle, span), waterfall(middle, last, span)
    assert whole.last - whole.first == (one.last - one.first) + (two.last - two.first)

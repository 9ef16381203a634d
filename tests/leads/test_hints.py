"""What may be an answer: a hint, never an answer. And what speaks against one."""

from datetime import date
from decimal import Decimal

import pytest

from leads.doubts import Said, doubts
from leads.hints import Deed, Hint, Words, heard, hints

TODAY = date(2026, 6, 15)
LATELY = date(2026, 6, 1)


def test_looking_at_prices_often_enough_hints_at_a_budget() -> None:
    assert hints([Deed("page_view", "Pricing", 3, LATELY)], [], TODAY) == [
        Hint("budget", "Looked at prices 3 times in 30 days.", LATELY)
    ]


@pytest.mark.parametrize(
    "deed",
    [
        Deed("page_view", "Pricing", 1, LATELY),
        Deed("page_view", "Blog", 9, LATELY),
        Deed("page_view", "Pricing", 9, date(2026, 5, 1)),
        Deed("email_opened", "", 9, LATELY),
    ],
)
def test_too_seldom_too_old_or_something_else_hints_at_nothing(deed: Deed) -> None:
    assert hints([deed], [], TODAY) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We have put aside €40k. Call me!", [("budget", "We have put aside €40k.")]),
        ("Around 40,000 euros.", [("budget", "Around 40,000 euros.")]),
        ("It has to run by September", [("timeline", "It has to run by September")]),
        ("Our contract ends in Q3.", [("timeline", "Our contract ends in Q3.")]),
        ("My boss signs.", [("authority", "My boss signs.")]),
        ("Planning by hand takes us two days.", [("need", "Planning by hand takes us two days.")]),
        ("Thanks, 12 people liked it.", []),
        ("He may come back in the morning.", []),
        ("", []),
        ("\u202e\u05e9\u05dc\u05d5\u05dd \U0001f642\x00", []),
    ],
)
def test_sentences_that_sound_like_an_answer(text: str, found: list[tuple[str, str]]) -> None:
    assert heard(text) == found


def test_their_own_words_come_first_the_newest_and_only_one_per_criterion() -> None:
    said = [
        Words("A budget of 10k.", date(2026, 5, 2), "Reply"),
        Words("The budget is 30k now.", date(2026, 6, 2), "Call"),
    ]
    found = hints([Deed("page_view", "Pricing", 3, LATELY), Deed("demo_requested", "", 1, LATELY)], said, TODAY)
    assert [(hint.criterion, hint.quote or hint.text) for hint in found] == [
        ("budget", "The budget is 30k now."),
        ("budget", "Looked at prices 3 times in 30 days."),
        ("need", "Asked for a demo."),
    ]


def test_a_megabyte_of_words_is_read_quickly() -> None:
    assert heard("x" * 1_000_000) == []
    assert len(heard("budget " * 200_000)[0][1]) == 240


YES = Said("meets", date(2026, 6, 1), "Rita", Decimal(40_000))


def test_nothing_speaks_against_a_lone_answer() -> None:
    assert doubts(YES, [], TODAY) == []


def test_a_yes_beside_a_no_is_a_contradiction() -> None:
    assert doubts(YES, [Said("fails", date(2026, 5, 3), "Ravi")], TODAY) == ["On 3 May 2026 (Ravi) it was a no."]
    assert doubts(Said("fails", TODAY), [YES], TODAY) == ["On 1 Jun 2026 (Rita) it was a yes."]


def test_weak_contradicts_nothing() -> None:
    assert doubts(YES, [Said("weak", date(2026, 5, 3))], TODAY) == []


def test_amounts_that_are_far_apart_are_a_contradiction() -> None:
    assert doubts(YES, [Said("meets", LATELY, amount=Decimal(20_001))], TODAY) == []
    assert doubts(YES, [Said("meets", LATELY, amount=Decimal(20_000))], TODAY) == [
        "On 1 Jun 2026 it was 20,000, not 40,000."
    ]


def test_a_day_that_has_passed_is_in_doubt() -> None:
    said = Said("meets", date(2026, 3, 1), by_when=date(2026, 6, 14))
    assert doubts(said, [], TODAY) == ["The day they named, 14 Jun 2026, has passed."]
    assert doubts(said, [], date(2026, 6, 14)) == []

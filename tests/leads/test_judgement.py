"""What a badge, a chip and a pill say of somebody."""

import re
from types import SimpleNamespace as Thing

import pytest

from leads.components import judgement


def words(markup: str) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).strip()


def test_score_badge_splits_its_bar() -> None:
    drawn = judgement.score_badge(Thing(total=72, grade="B1", fit=31, engagement=41, day=20000))
    assert words(drawn) == "72 B1"
    assert 'class="is-fit" style="width:31%"' in drawn
    assert 'class="is-engagement" style="width:41%"' in drawn
    assert 'aria-label="72 B1: score of fit 31 and engagement 41"' in drawn


def test_score_badge_stays_within_its_bar() -> None:
    over = judgement.score_badge(Thing(total=250, grade="A1", fit=50, engagement=200, day=1))
    assert 'class="is-fit" style="width:20%"' in over
    assert 'class="is-engagement" style="width:80%"' in over
    below = judgement.score_badge(Thing(total=-5, grade="C3", fit=-5, engagement=0, day=1))
    assert 'class="is-fit" style="width:0%"' in below


def test_score_badge_with_an_address_is_a_real_link() -> None:
    drawn = judgement.score_badge(Thing(total=72, grade="B1", fit=31, engagement=41, day=1), href="/why/7")
    assert 'href="/why/7" data-dialog' in drawn


@pytest.mark.parametrize("standing", [None, Thing(total=0, grade="C3", fit=0, engagement=0, day=None)])
def test_what_was_never_scored_is_not_zero(standing: object) -> None:
    assert words(judgement.score_badge(standing)) == "– Not scored yet"


def test_chips_say_more_than_a_colour() -> None:
    drawn = judgement.chips(
        [
            Thing(letter="B", label="Budget", state="meets", tooltip='"40k"', url="/b"),
            Thing(letter="T", label="Timeline", state="unknown", tooltip="", url=""),
            Thing(letter="X", label="Odd", state="surprise", tooltip="", url=""),
        ]
    )
    assert 'title="Budget: meets. &quot;40k&quot;" aria-label="Budget: meets"' in drawn
    assert 'href="/b" data-dialog' in drawn
    assert 'aria-label="Timeline: not known yet"' in drawn
    assert drawn.count("chip-unknown") == 2


def test_lifecycle_is_a_word() -> None:
    assert words(judgement.lifecycle("prospect")) == "Prospect"
    assert "pill-plain" in judgement.lifecycle("<odd>")
    assert "&lt;odd&gt;" in judgement.lifecycle("<odd>")

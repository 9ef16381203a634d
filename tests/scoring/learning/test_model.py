"""What is learned from little, from nothing, and from an honest signal; what knows the answer is left out."""

from typing import Any

import numpy as np
import pytest

from scoring.learning import card
from scoring.learning.cells import Cell
from scoring.learning.leaks import suspects
from scoring.learning.model import Learned, base_rate, learn
from scoring.learning.points import suggested

Made = tuple[dict[str, list[Cell]], Any]


def people(rows: int, *, seed: int = 1, strength: float = 2.0) -> Made:
    """Visits matter as strongly as said; colour never does; the budget is often unknown."""
    rng = np.random.default_rng(seed)
    visits = rng.integers(0, 10, rows)
    chance = 1 / (1 + np.exp(-(strength * (visits - 6) / 2)))
    frame: dict[str, list[Cell]] = {
        "visits": [float(n) for n in visits],
        "colour": [str(c) for c in rng.choice(["red", "green", "blue"], rows)],
        "budget": [str(b) for b in rng.choice(["yes", "Select", ""], rows)],
    }
    return frame, (rng.random(rows) < chance).astype(int)


@pytest.fixture(scope="module")
def taught() -> tuple[Learned, dict[str, list[Cell]], Any]:
    frame, label = people(800)
    return learn(frame, label, np.arange(800), seed=7), frame, label


def test_without_a_signal_everybody_gets_the_base_rate() -> None:
    frame, _ = people(600, strength=0)
    label = np.arange(600) % 5 == 0
    model = learn(frame, label.astype(int), np.arange(600), seed=7)
    assert not model.has_signal
    assert set(model.probability(frame)) == {base_rate(label)}
    assert model.influences(frame, most=3) == [[]] * 600


def test_after_one_win_it_says_about_the_base_rate() -> None:
    frame, _ = people(1)
    assert learn(frame, np.array([1]), np.zeros(1), seed=7).probability(frame)[0] == pytest.approx(2 / 11)
    frame, _ = people(40)
    label = np.zeros(40, dtype=int)
    label[3] = 1
    assert learn(frame, label, np.arange(40), seed=7).probability(frame).max() == pytest.approx(2 / 50)


def test_an_honest_signal_is_found_and_is_right_about_others(taught: tuple[Learned, Any, Any]) -> None:
    model = taught[0]
    assert model.has_signal
    unseen, label = people(800, seed=2)
    said = model.probability(unseen)
    measured = card.measured(label, said, np.full(800, model.base_rate), np.arange(800))
    assert measured["is_useful"]
    assert measured["auc"] > 0.85
    assert measured["ece"] < 0.08
    assert measured["log_loss"] < 0.75 * measured["base_log_loss"]
    assert card.importance(model, unseen, label)[0][0] == "visits"


def test_more_of_what_helps_never_lowers_the_probability_much(taught: tuple[Learned, Any, Any]) -> None:
    model = taught[0]
    visits: list[Cell] = [float(n) for n in range(10)]
    said = model.probability({"visits": visits, "colour": ["red"] * 10, "budget": [None] * 10})
    assert said[9] > 0.7 > 0.2 > said[0]
    assert (np.diff(said) > -0.05).all()


def test_reasons_name_what_is_known_and_strongest_first(taught: tuple[Learned, Any, Any]) -> None:
    model = taught[0]
    record: dict[str, Cell] = {"visits": 9.0, "colour": "red", "budget": "Select"}
    moved = model.influence(record)
    assert moved[0][0] == "visits"
    assert moved[0][1] > 0
    assert "budget" not in dict(moved)  # unknown is no reason
    assert [abs(size) for _, size in moved] == sorted((abs(size) for _, size in moved), reverse=True)


def test_rows_of_late_companies_are_judged_by_models_that_knew_neither(taught: tuple[Learned, Any, Any]) -> None:
    _, frame, label = taught
    early, late = np.arange(600), np.arange(600, 800)
    said, base = card.unseen(frame, label, np.arange(800) % 150, early=early, late=late, seed=7)
    assert len(said) == len(base) == 200
    assert ((base > 0.1) & (base < 0.9)).all()
    # the answer of a company's early rows, planted as a column, does not help to judge its late ones
    secret: dict[str, list[Cell]] = {"company": [float(n % 150) for n in range(800)]}
    outcome = (np.arange(800) % 150 < 40).astype(int)[np.random.default_rng(0).permutation(800)]
    guess, _ = card.unseen(secret, outcome, np.arange(800) % 150, early=early, late=late, seed=7)
    assert set(np.round(guess, 1)) <= {0.2, 0.3}


def test_a_field_that_knows_the_answer_is_named_and_an_honest_strong_one_is_kept() -> None:
    frame, label = people(1500, strength=0.8)
    rng = np.random.default_rng(9)
    knows = np.where(rng.random(1500) < 0.97, label, 1 - label)
    planted: dict[str, list[Cell]] = {**frame, "contract": ["signed" if k else "" for k in knows]}
    found = suspects(planted, label, np.arange(1500), seed=7)
    assert [suspect.name for suspect in found] == ["contract"]
    assert "by itself" in found[0].why
    assert suspects(frame, label, np.arange(1500), seed=7) == []


def test_points_follow_who_bought_and_are_unsure_with_few() -> None:
    rng = np.random.default_rng(4)
    masks = [int(mask) for mask in rng.integers(0, 4, 2000)]
    bought = [int(rng.random() < (0.5 if mask & 1 else 0.1)) for mask in masks]
    found = suggested(masks, bought, list(range(2000)), [5, 5])
    helps, idle = found[0], found[1]
    assert helps[1] > idle[2]  # the intervals don't touch
    assert idle[1] <= 0 <= idle[2]
    same = suggested(masks * 4, bought * 4, list(range(2000)) * 4, [5, 5])[1]
    assert same[2] - same[1] >= 0.7 * (idle[2] - idle[1])  # asking the same people four times proves nothing new
    assert suggested(masks[:50], [0] * 31 + [1] * 19, list(range(50)), [5, 5]) == {}

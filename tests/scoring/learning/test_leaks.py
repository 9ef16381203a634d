"""Columns that know the answer are named, of whatever kind; honest ones are kept, however strong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.errors import Refused
from scoring.learning.cells import Cell
from scoring.learning.evaluation import evaluate, labels
from scoring.learning.leaks import suspects
from scoring.learning.measures import auc

ROWS = 2000
Values = list[Cell]


def honest(seed: int = 5, share: float = 0.25) -> tuple[dict[str, Values], Any, Any]:
    """A base on which some things matter, who bought, and a source of chance."""
    rng = np.random.default_rng(seed)
    visits, employees = rng.poisson(3, ROWS), rng.lognormal(4, 1.2, ROWS)
    role = rng.choice(["head", "buyer", "student", "unknown"], ROWS)
    push = 0.45 * visits + 0.5 * np.log(employees) + np.where(role == "student", -1.5, 0.0) + rng.logistic(0, 1, ROWS)
    label = (push > np.quantile(push, 1 - share)).astype(int)
    frame: dict[str, Values] = {
        "visits": [float(n) for n in visits],
        "employees": [f"{n:.0f}" for n in employees],
        "role": [str(r) for r in role],
        "colour": [str(c) for c in rng.choice(["red", "green", "blue"], ROWS)],
    }
    return frame, label, rng


def named(frame: dict[str, Values], label: Any) -> list[str]:
    return [found.name for found in suspects(frame, label, np.arange(len(label)), seed=7)]


def after_the_call(label: Any, rng: Any) -> Values:
    """How long they talked: nobody buys in the first minute, and buyers talk for long."""
    seconds = np.where(label == 1, rng.lognormal(6.2, 0.5, len(label)), rng.lognormal(5.2, 0.9, len(label)))
    return [float(round(n)) for n in seconds]


def copied(label: Any, rng: Any) -> Values:
    return [str(one) for one in np.where(rng.random(len(label)) < 0.94, label, 1 - label)]


def filled_for_buyers(label: Any, rng: Any) -> Values:
    """A number that most buyers have, and nobody else; which number it is says nothing."""
    return [
        str(int(n)) if one and n > 25_000 else ""
        for one, n in zip(label, rng.integers(0, 10**5, len(label)), strict=True)
    ]


def blank_for_buyers(label: Any, rng: Any) -> Values:
    """Why it was lost: filled for most of the others."""
    words = rng.choice(["price", "timing", "rival"], len(label))
    return [
        "" if one or chance > 0.8 else str(w)
        for one, w, chance in zip(label, words, rng.random(len(label)), strict=True)
    ]


def numbered(label: Any, rng: Any) -> Values:
    """Records that were sorted by how they ended before they got their numbers."""
    order = np.argsort(label + rng.normal(0, 0.05, len(label)))
    numbers = np.empty(len(label), dtype=int)
    numbers[order] = np.arange(len(label)) + 10_000
    return [str(n) for n in numbers]


def dated(label: Any, rng: Any) -> Values:
    """The day of the signature, which only those have who signed."""
    return [f"2024-{1 + n % 12:02}-{1 + n % 28:02}" if one else "" for n, one in enumerate(label)]


@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("talked_for", after_the_call),
        ("flag", copied),
        ("reference", filled_for_buyers),
        ("remark", blank_for_buyers),
        ("record", numbered),
        ("id", numbered),
        ("signed", dated),
        ("stamp", dated),
    ],
)
def test_a_planted_leak_is_named_and_nothing_else(name: str, plant: Callable[[Any, Any], Values]) -> None:
    frame, label, rng = honest()
    assert named({**frame, name: plant(label, rng)}, label) == [name]


def test_a_number_that_raises_the_chance_step_by_step_is_no_leak() -> None:
    """It ranks more than nine of ten pairs right, and yet never jumps."""
    rng = np.random.default_rng(1)
    intent = rng.normal(size=ROWS)
    label = (rng.random(ROWS) < 1 / (1 + np.exp(-4 * intent))).astype(int)
    frame: dict[str, Values] = {
        "intent": [float(n) for n in intent.round(3)],
        "noise": [float(n) for n in rng.normal(size=ROWS).round(2)],
    }
    assert named(frame, label) == []


@pytest.mark.parametrize("scale", ["even", "skewed"])
def test_the_far_end_of_a_strong_number_is_no_mark_of_hindsight(scale: str) -> None:
    """Hundreds of rows at one end without a buyer: as many as a curve that rises evenly expects there."""
    rng = np.random.default_rng(3)
    intent = rng.normal(size=ROWS)
    label = (rng.random(ROWS) < 1 / (1 + np.exp(2 - 3 * intent))).astype(int)
    numbers = intent if scale == "even" else np.exp(4 + intent)
    frame: dict[str, Values] = {
        "intent": [float(n) for n in numbers.round(3)],
        "noise": [float(n) for n in rng.normal(size=ROWS).round(2)],
    }
    assert label[intent < -1].sum() == 0 < 300 < (intent < -1).sum()
    assert 0.90 < auc(label, numbers) < 0.95
    assert named(frame, label) == []
    # the same end, but what follows it jumps: only a sale fills it in
    leak = np.where(label == 1, rng.lognormal(8, 1, ROWS), 0.0).round()
    assert named({**frame, "paid": [float(n) for n in leak]}, label) == ["paid"]


def test_a_copy_of_the_answer_is_seen_in_few_rows() -> None:
    rng = np.random.default_rng(2)
    label = (np.arange(30) % 5 < 1).astype(int)
    frame: dict[str, Values] = {
        "size": [float(n) for n in rng.integers(0, 9, 30)],
        "state": [("running", "over")[one] for one in label],
    }
    assert named(frame, label) == ["state"]


def test_one_leak_does_not_hide_another() -> None:
    frame, label, rng = honest()
    planted = {**frame, "flag": copied(label, rng), "duration": after_the_call(label, rng), "signed": dated(label, rng)}
    assert set(named(planted, label)) == {"flag", "duration", "signed"}


def strong_number(label: Any, rng: Any) -> Values:
    """Alone it ranks more than four of five pairs right: a value that most don't have, and buyers often."""
    has = rng.random(len(label)) < np.where(label == 1, 0.75, 0.10)
    return [float(round(n, 1)) if one else 0.0 for n, one in zip(rng.lognormal(3, 1, len(label)), has, strict=True)]


def strong_word(label: Any, rng: Any) -> Values:
    chance = np.where(label == 1, 0.75, 0.2)
    return [str(w) for w in np.where(rng.random(len(label)) < chance, "asked for a demo", "read the blog")]


def often_unknown(label: Any, rng: Any) -> Values:
    """Known of most who bought, for they were asked; and of many others."""
    known = rng.random(len(label)) < np.where(label == 1, 0.85, 0.4)
    words = rng.choice(["yes", "no"], len(label))
    return [str(w) if one else "Select" for w, one in zip(words, known, strict=True)]


def smooth(label: Any, rng: Any) -> Values:
    return [float(n) for n in np.round(rng.normal(1.6 * label, 1.0, len(label)), 2)]


@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("page_values", strong_number),
        ("annual_revenue", strong_number),
        ("asked", strong_word),
        ("marital_status", strong_word),
        ("budget", often_unknown),
        ("orders_last_year", smooth),
        ("webinar_attended", strong_word),
        ("session_duration", strong_number),
    ],
)
def test_what_is_honest_is_kept_however_strong(name: str, plant: Callable[[Any, Any], Values]) -> None:
    frame, label, rng = honest()
    assert named({**frame, name: plant(label, rng)}, label) == []


@pytest.mark.parametrize(
    ("yes", "no"),
    [("yes", "no"), ("1", "0"), ("True", "False"), ("Won", "Lost"), ("Closed Won", "Closed Lost"), ("1.0", "0.0")],
)
def test_who_was_won_may_be_said_in_many_ways(yes: str, no: str) -> None:
    assert labels([yes, no, "", no, yes])[1].tolist() == [1, 0, 0, 1]
    with pytest.raises(Refused, match=r"It says"):
        labels([yes, yes, ""])


def test_a_table_as_it_comes() -> None:
    """Blanks, a constant, free text, numbers of records, dates, copies of rows: it neither stumbles nor suspects."""
    frame, label, rng = honest()
    frame |= {
        "constant": ["x"] * ROWS,
        "empty": [""] * ROWS,
        "note": [f"Spoke to them about number {n}" for n in range(ROWS)],
        "uuid": [f"{rng.integers(0, 2**60):x}" for _ in range(ROWS)],
        "made": [f"{1 + n % 28}.{1 + n % 12}.2024" for n in range(ROWS)],
    }
    frame = {name: (cells * 2)[: ROWS + 300] for name, cells in frame.items()}
    said = np.where(label == 1, "Won", "Lost").tolist()
    frame["won?"] = (said * 2)[: ROWS + 300]
    frame["won?"][7] = ""
    found = evaluate(frame, label="won?", n_folds=2)
    assert found.rows == ROWS + 299
    assert found.suspected_leaks == [] and found.verdict == "useful"
    assert found.auc > 0.75 and found.ece < 0.05
    assert found.log_loss < found.base_log_loss


def test_200_columns_of_nothing_are_no_signal() -> None:
    rng = np.random.default_rng(1)
    frame: dict[str, Values] = {f"column {n}": [float(v) for v in rng.normal(0, 1, 300).round(2)] for n in range(200)}
    frame["label"] = [str(v) for v in rng.integers(0, 2, 300)]
    found = evaluate(frame, label="label", n_folds=2)
    assert found.suspected_leaks == []
    assert found.log_loss <= found.base_log_loss and found.verdict == "no useful signal"

"""The evaluation of tables: what it refuses, and how well it does on real ones (skipped where they are absent)."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from core.errors import Refused
from scoring.learning.cells import Cell
from scoring.learning.evaluation import NOTHING, USEFUL, evaluate, labels

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
KEYS = "rows base_rate auc log_loss base_log_loss brier base_brier ece lift_top_decile suspected_leaks verdict"


def table(rows: int = 400, seed: int = 0) -> dict[str, list[Cell]]:
    rng = np.random.default_rng(seed)
    visits = rng.integers(0, 10, rows)
    bought = rng.random(rows) < np.where(visits > 5, 0.8, 0.15)
    return {
        "id": [str(n) for n in range(rows)],
        "when": [f"2024-{1 + n * 11 // rows:02}-{1 + n % 28:02}" for n in range(rows)],
        "visits": [str(n) if n % 3 else "Select" for n in visits],
        "noise": [str(n) for n in rng.integers(0, 5, rows)],
        "colour": [("red", "green", "blue")[n % 3] for n in range(rows)],
        "bought": ["Yes" if b else "No" for b in bought],
    }


def written(path: Path, frame: dict[str, list[Cell]], *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(frame)
    writer.writerows(zip(*frame.values(), strict=True))
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def run(path: Path, *more: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate_model", "--csv", str(path), *more, stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    found: dict[str, Any] = json.loads(lines[0])
    return found


def test_labels_take_what_people_write() -> None:
    rows, outcome = labels(["Won", "Lost", "In Progress", "", "won"])
    assert (rows.tolist(), outcome.tolist()) == ([0, 1, 4], [1, 0, 1])
    assert labels(["Converted", "Open", "Open"])[1].tolist() == [1, 0, 0]
    assert labels([1, 0, 0])[1].tolist() == [1, 0, 0]
    with pytest.raises(Refused) as refused:
        labels(["red", "green"])
    assert "green, red" in refused.value.fields["label"]


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("Paid", "Unpaid"),
        ("Interested", "Not interested"),
        ("Purchased", "not-purchased"),
        ("Closed - Won", "CLOSED_LOST"),
    ],
)
def test_a_label_and_its_opposite(yes: str, no: str) -> None:
    assert labels([no, yes, "", yes])[1].tolist() == [0, 1, 1]
    assert labels([no, no, yes])[1].tolist() == [0, 0, 1]


@pytest.mark.parametrize("won", [1, 3])
def test_after_a_win_or_three_it_says_the_base_rate(won: int) -> None:
    frame = table(60)
    frame["bought"] = ["Yes" if n < won else "No" for n in range(60)]
    found = evaluate(frame, label="bought")
    assert (found.rows, found.verdict, found.auc, found.lift_top_decile) == (60, NOTHING, 0.5, 1.0)
    assert found.base_rate == won / 60
    assert found.log_loss == found.base_log_loss < 0.3


def test_all_rows_alike_are_one_group() -> None:
    found = evaluate({"colour": ["red"] * 30, "won": ["Yes", "No", "No"] * 10}, label="won")
    assert (found.rows, found.verdict) == (30, NOTHING)


def test_columns_that_form_groups_together_still_teach_what_they_share() -> None:
    """The tester's way to keep equal rows together: to name all columns."""
    frame = {name: cells for name, cells in table(600).items() if name in {"visits", "noise", "colour", "bought"}}
    found = evaluate(frame, label="bought", group=["visits", "noise", "colour"], n_folds=3)
    assert found.verdict == USEFUL
    assert found.auc > 0.6
    alone = evaluate(frame, label="bought", group=["visits"], exclude=["noise", "colour"], n_folds=3)
    assert alone.verdict == NOTHING  # what was said of other groups says nothing of this one


def test_time_itself_teaches_nothing() -> None:
    frame = table(600)
    frame["number"] = [float(n) for n in range(600)]
    frame["bought"] = ["Yes" if n > 300 else "No" for n in range(600)]
    found = evaluate(frame, label="bought", order="number", exclude=["id", "when"], n_folds=2)
    assert (found.verdict, found.suspected_leaks) == (NOTHING, [])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"label": "nothing"}, "label"),
        ({"label": "colour"}, "label"),
        ({"label": "bought", "group": ["gone"]}, "group"),
        ({"label": "bought", "order": "gone"}, "order"),
        ({"label": "bought", "exclude": ["gone"]}, "exclude"),
        ({"label": "bought", "train_until": "2024-05-01"}, "train_until"),
        ({"label": "bought", "order": "when", "train_until": "2030-01-01"}, "train_until"),
    ],
)
def test_what_cannot_be_evaluated_is_named(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        evaluate(table(), **more)
    assert list(refused.value.fields) == [field]


def test_the_command_prints_one_line_with_all_keys(tmp_path: Path) -> None:
    found = run(written(tmp_path / "a.csv", table()), "--label", "bought", "--exclude", "noise", "--folds", "3")
    assert list(found) == KEYS.split()
    assert found["rows"] == 400
    assert found["verdict"] == USEFUL
    assert found["suspected_leaks"] == []


def test_other_encodings_and_delimiters_give_the_same(tmp_path: Path) -> None:
    frame = table(200)
    plain = run(written(tmp_path / "a.csv", frame), "--label", "bought", "--folds", "2")
    odd = run(written(tmp_path / "b.csv", frame, delimiter=";", encoding="utf-16"), "--label", "BOUGHT", "--folds", "2")
    assert odd == plain


def test_the_future_does_not_teach(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", table(600))
    found = run(path, "--label", "bought", "--order", "when", "--train-until", "2024-08-01")
    assert 0 < found["rows"] < 300


@pytest.mark.parametrize(
    ("more", "option"),
    [
        (["--label", "gone"], "--label"),
        (["--label", "bought", "--group", "gone"], "--group"),
        (["--label", "bought", "--train-until", "2024-05-01"], "--train-until"),
        (["--label", "bought", "--folds", "1"], "--folds"),
    ],
)
def test_bad_arguments_name_the_option(tmp_path: Path, more: list[str], option: str) -> None:
    with pytest.raises(CommandError, match=option):
        run(written(tmp_path / "a.csv", table(60)), *more)


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"only,a,header\n", bytes(range(256))):
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(CommandError):
            run(tmp_path / "a.csv", "--label", "bought")
    with pytest.raises(CommandError, match="--csv"):
        run(tmp_path / "gone.csv", "--label", "bought")
    (tmp_path / "a.csv").write_bytes(b'a,bought\n"' + b"x" * 21 * 1024 * 1024)
    with pytest.raises(CommandError, match="not closed"):
        run(tmp_path / "a.csv", "--label", "bought")


def test_noise_gets_the_base_rate() -> None:
    frame = table()
    rng = np.random.default_rng(3)
    frame["bought"] = [str(n) for n in rng.integers(0, 2, 400)]
    found = evaluate(frame, label="bought", exclude=["id", "when"], n_folds=3)
    assert found.verdict == NOTHING
    assert found.log_loss == found.base_log_loss
    assert found.auc == 0.5


def test_who_comes_later_and_is_like_somebody_before_is_judged_all_the_same() -> None:
    """Few answers make many rows alike; only copies of the same time are one and the same."""
    frame = {name: cells for name, cells in table(600).items() if name in {"colour", "noise", "bought"}}
    frame["when"] = [f"2024-{1 + n // 50:02}-{1 + n % 28:02}" for n in range(600)]
    found = evaluate(frame, label="bought", order="when", train_until="2024-06-30")
    assert found.rows == 300

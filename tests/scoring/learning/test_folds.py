import numpy as np

from scoring.learning import folds
from scoring.learning.cells import Cell


def test_a_group_is_on_one_side_only_and_every_row_is_tested_once() -> None:
    rng = np.random.default_rng(5)
    groups, label = rng.integers(0, 60, 400), rng.integers(0, 2, 400)
    tested = []
    for learn, test in folds.by_group(label, groups, folds=5, seed=7):
        assert not set(groups[learn]) & set(groups[test])
        tested += list(test)
    assert sorted(tested) == list(range(400))


def test_by_time_no_model_knows_what_comes_after_what_it_judges() -> None:
    rng = np.random.default_rng(5)
    days = rng.integers(0, 50, 300)
    order: list[Cell] = [float(day) for day in days]
    splits = list(folds.by_time(order, np.arange(300), folds=4))
    assert len(splits) == 4
    for learn, test in splits:
        assert days[learn].max() < days[test].min()  # ties are never torn, either
    assert days[splits[-1][1]].max() == days.max()


def test_by_time_leaves_out_who_was_seen_before() -> None:
    order: list[Cell] = [float(n) for n in range(40)]
    groups = np.array([n % 20 for n in range(40)])
    for learn, test in folds.by_time(order, groups, folds=3):
        assert not set(groups[learn]) & set(groups[test])


def test_until_takes_the_day_itself_into_the_past() -> None:
    order: list[Cell] = ["2024-01-01", "2024-02-01", "", "2024-03-01"]
    learn, test = next(folds.until(order, "2024-02-01", np.arange(4)))
    assert (learn.tolist(), test.tolist()) == ([0, 1, 2], [3])


def test_exact_copies_are_one_group() -> None:
    frame: dict[str, list[Cell]] = {"a": ["x", "y", "x"], "b": ["1", "1", "1"]}
    assert folds.groups_of(frame).tolist() == [0, 1, 0]
    assert folds.groups_of(frame, ["b"]).tolist() == [0, 0, 0]
    crossed: dict[str, list[Cell]] = {"a": ["x", "y", "x", "y", "x"], "b": ["2", "1", "1", "2", "2"]}
    assert folds.groups_of(crossed).tolist() == [0, 1, 2, 3, 0]

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from scoring.learning.cells import Cell, Cells, day, known, number, ordinal, puts_month_first, take
from scoring.learning.columns import OTHER, UNKNOWN, Encoder, look_at


@pytest.mark.parametrize("cell", ["", "  ", "Select", "select one", "Unknown", "n/a", "NULL", "?", None, float("nan")])
def test_what_says_nothing_is_one_unknown(cell: Cell) -> None:
    assert known(cell) is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1200", 1200),
        ("1,200.50", 1200.5),
        ("12,5", 12.5),
        ("1.200,50", 1200.5),
        ("12.5 %", 12.5),
        ("€ 3", 3),
        ("-4", -4),
        ("abc", None),
        ("1e400", None),
        ("", None),
        ("1.2.3", None),
    ],
)
def test_numbers_as_people_write_them(cell: str, expected: float | None) -> None:
    assert number(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-03-31", (2024, 3, 31)),
        ("31.3.2024", (2024, 3, 31)),
        ("3/31/2024", (2024, 3, 31)),
        ("2024/3/31", (2024, 3, 31)),
        ("31/3/24 09:15", (2024, 3, 31)),
        ("31-3-2024", (2024, 3, 31)),
        ("31-Mar-24", (2024, 3, 31)),
        ("31 march 2024", (2024, 3, 31)),
        ("Mar 31, 2024", (2024, 3, 31)),
        ("1/2/99", (1999, 2, 1)),
        ("31-Foo-24", None),
        ("2024-02-30", None),
        ("next week", None),
    ],
)
def test_days(cell: str, expected: tuple[int, int, int] | None) -> None:
    from datetime import date

    assert day(cell) == (None if expected is None else date(*expected).toordinal())


def test_whether_the_month_comes_first_is_seen_in_the_column() -> None:
    american = [f"{1 + n % 12}/{1 + n % 28}/2024" for n in range(60)]
    assert puts_month_first(american)
    assert not puts_month_first(["5/6/2024", "", None, 3.0])
    assert not puts_month_first(["5/13/2024", "14/5/2024"])  # one of the two is wrong, and nobody knows which
    days = Cells.of(["5/6/2024", "12/31/2024"]).days
    assert [date.fromordinal(int(day)).month for day in days] == [5, 12]


def test_a_column_that_is_read_once_says_the_same_of_any_rows() -> None:
    frame: dict[str, list[Cell]] = {
        "source": ["Web", "", "web", "Ads", "Web"],
        "visits": ["3", "Select", 4.0, "x", "1e3"],
    }
    rows = np.array([4, 1, 1, 2])
    taken = take(frame, rows)
    assert {name: list(cells) for name, cells in taken.items()} == {
        "source": ["Web", "", "", "web"],
        "visits": ["1e3", "Select", "Select", 4.0],
    }
    assert taken["source"].is_known.tolist() == [True, False, False, True]
    assert np.nan_to_num(taken["visits"].numbers, nan=-1).tolist() == [1000, -1, -1, 4]
    assert len(set(taken["source"].said[[0, 3]])) == 1  # in any case


def test_blank_select_and_unknown_are_the_same_level_and_no_no() -> None:
    cells = ["Web", "No", "Select", "", "unknown", None, "web"] * 60
    column = look_at("source", cells)
    assert column.kind == "category"
    read = column.read(cells)
    assert set(read[[2, 3, 4, 5]]) == {column.levels.index(UNKNOWN)}
    assert read[0] == read[6] != read[1]
    assert column.levels[:2] == (UNKNOWN, OTHER)


def test_a_level_that_was_never_seen_is_other() -> None:
    column = look_at("source", ["a", "b", "c"] * 100)
    assert column.read(["new"])[0] == column.levels.index(OTHER)


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("lead number", [str(n) for n in range(500)], "identifier"),
        ("email", [f"a{n}@b.example" for n in range(500)], "identifier"),
        ("created", [f"2024-01-{1 + n % 28:02}" for n in range(500)], "date"),
        ("same", ["x"] * 500, "constant"),
        ("nothing", [""] * 500, "constant"),
        ("visits", [str(n % 30) for n in range(500)], "number"),
    ],
)
def test_how_a_column_is_read(name: str, cells: list[Cell], kind: str) -> None:
    column = look_at(name, cells)
    assert column.kind == kind
    assert column.is_used is (kind == "number")


def test_an_indicator_of_unknown_stands_beside_the_bins() -> None:
    frame: dict[str, list[Cell]] = {"visits": [*(float(n) for n in range(100)), None]}
    encoder = Encoder.of(frame)
    codes = encoder.codes(frame)
    assert np.isnan(codes[100, 0])
    indicators = encoder.indicators(codes).toarray()
    assert (np.count_nonzero(indicators[:, :-1], axis=1) == 1).all()
    assert indicators[:, 0].tolist() == [0.0] * 100 + [1.0]
    scaled = indicators[:, -1]  # the number itself, in spreads from the middle
    assert scaled[:100].round(3).tolist() == [round((n - 49.5) / 28.8661, 3) for n in range(100)]
    assert scaled[100] == 0


def test_a_very_uneven_number_is_scaled_by_its_logarithm_and_nothing_runs_away() -> None:
    revenue = look_at("revenue", [float(10 ** (n % 7)) for n in range(700)])
    assert revenue.scale is not None and revenue.scale.is_log
    assert revenue.scale.read(np.array([np.nan, 1e3, -5.0, 1e300])).round(2).tolist() == [0.0, -0.03, -1.58, 4.0]
    steady = look_at("visits", [float(n % 7) for n in range(700)])
    assert steady.scale is not None and not steady.scale.is_log
    # a model that was kept before there were scales has bins alone
    before = Encoder([replace(steady, scale=None)])
    assert before.indicators(np.array([[1.0], [np.nan]])).shape == (2, len(steady.edges) + 2)


def test_order_knows_hours_and_puts_unknown_first() -> None:
    cells = ["2024-05-02 10:00", "", "2024-05-02 09:00", "2024-05-01"]
    assert sorted(cells, key=ordinal) == ["", "2024-05-01", "2024-05-02 09:00", "2024-05-02 10:00"]


def test_of_many_levels_trees_know_the_common_ones_and_the_linear_model_all() -> None:
    frame: dict[str, list[Cell]] = {"company": [f"c{n}" for n in range(300) for _ in range(9 if n < 200 else 6)]}
    encoder = Encoder.of(frame)
    codes = encoder.codes(frame)
    assert encoder.is_wide and len(np.unique(codes)) == 300
    common = encoder.common(codes)
    assert len(np.unique(common)) == 201  # the others are one
    assert set(common[-600:, 0]) == {float(encoder.columns[0].levels.index(OTHER))}
    assert encoder.indicators(codes).shape == (2400, 302)

"""Habits of forecasts, in figures and in words."""

from decimal import Decimal
from typing import Any

import pytest

from pipeline.accuracy import Coverage, Said, coverage, covered_words, score, words


def said(*pairs: tuple[int, int]) -> list[Said]:
    return [Said(Decimal(a), Decimal(b)) for a, b in pairs]


def test_bias_and_error() -> None:
    found: Any = score(said((100, 80), (100, 110), (100, 68)))
    assert (found.periods, found.said, found.came, found.missed) == (3, 300, 258, 62)
    assert found.bias == pytest.approx(-14.0)
    assert found.error == pytest.approx(100 * 62 / 258)
    assert not found.is_small


def test_of_nothing_nothing_is_said() -> None:
    assert (score([]).bias, score([]).error) == (None, None)
    assert score(said((0, 50))).bias is None
    assert score(said((50, 0))).error is None


@pytest.mark.parametrize(
    ("rows", "months", "expected"),
    [
        (said((100, 80), (100, 110), (100, 68)), 6, "Commit has come in 14 % low in the last 6 months."),
        (said((100, 120), (100, 110), (100, 100)), 3, "Commit has come in 10 % high in the last 3 months."),
        (said((100, 99), (100, 100), (100, 100)), 3, "Commit has come in as said, within 1 %, in the last 3 months."),
        (said((0, 0), (0, 5), (0, 0)), 3, "Commit said nothing in the last 3 months."),
        (
            said((100, 50)),
            1,
            "Commit has come in 50 % low in the last month. That is 1 month: too few for a habit.",
        ),
        ([], 6, "Commit has no past yet: the record begins with the first snapshot."),
    ],
)
def test_in_words(rows: list[Said], months: int, expected: str) -> None:
    assert words("Commit", score(rows), months) == expected


def test_coverage() -> None:
    rows = [(Decimal(a), Decimal(b), Decimal(c)) for a, b, c in ((1, 3, 1), (1, 3, 3), (1, 3, 0), (1, 3, 4), (1, 3, 2))]
    found = coverage(rows)
    assert found == Coverage(3, 1, 1)
    assert covered_words(found) == (
        "In 3 of 5 months what came lay in the range; four in five should. It was 1 below and 1 above."
    )
    assert covered_words(coverage([])) == "No range has met its month yet."
    assert covered_words(Coverage(1, 0, 0)).endswith("Too few months for a habit.")

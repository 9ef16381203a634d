"""Cells of tables as people have them: which say nothing, numbers, dates; and columns that are read only once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cell = str | float | None
Frame = Mapping[str, Sequence[Cell]]
Matrix = NDArray[Any]

_BLANKS = frozenset(
    [
        "",
        "-",
        "--",
        "?",
        "select",
        "select one",
        "please select",
        "choose",
        "unknown",
        "n/a",
        "#n/a",
        "na",
        "nan",
        "none",
        "null",
        "nil",
        "not specified",
        "not provided",
    ]
)
_DATE = re.compile(
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?"
    r"|(?P<one>\d{1,2})(?P<sign>[/.-])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})(?: .*)?"
    r"|(?P<day>\d{1,2})[ -](?P<month>[a-z]{3})[a-z]*\.?[ -](?P<its>\d{4}|\d{2})(?: .*)?"
    r"|(?P<named>[a-z]{3})[a-z]*\.? (?P<of>\d{1,2}),? (?P<in>\d{4})(?: .*)?",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def known(cell: Cell) -> str | float | None:
    """The cell, or None where it says nothing: blank, “Select”, “unknown”, not a number."""
    if isinstance(cell, str):
        text = cell.strip()
        return None if text.lower() in _BLANKS else text
    return None if cell is None or cell != cell else cell


def number(cell: str | float) -> float | None:
    """The number a cell holds: 1200, 1,200.50, 1.200,50, 12.5 %, € 3; None when it is none."""
    if not isinstance(cell, str):
        return float(cell)
    text = re.sub(r"[\s%€$£]", "", cell)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"-?(\d+|\d{1,3}(\.\d{3})+),\d+", text):
        text = text.replace(".", "").replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) and abs(value) < 1e30 else None


def day(cell: str | float, *, month_first: bool = False) -> float | None:
    """Days since year 1 of a date as 2024-03-31, 31.3.2024, 31/3/24, 31-Mar-24 or Mar 31, 2024.

    Of two numbers that may be either, the first is the day unless told otherwise.
    """
    found = _DATE.fullmatch(cell) if isinstance(cell, str) else None
    if found is None:
        return None
    part = found.groupdict()
    try:
        if part["y"]:
            return float(date(int(part["y"]), int(part["m"]), int(part["d"])).toordinal())
        if part["one"]:
            one, two = int(part["one"]), int(part["two"])
            month, of_month = (one, two) if two > 12 or (month_first and one <= 12) else (two, one)
            return float(date(_year(part["year"]), month, of_month).toordinal())
        month = _MONTHS.index((part["month"] or part["named"]).lower()) + 1
        return float(date(_year(part["its"] or part["in"]), month, int(part["day"] or part["of"])).toordinal())
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) if len(text) > 2 else 2000 + int(text) - (100 if int(text) > 68 else 0)


def puts_month_first(cells: Sequence[Cell]) -> bool:
    """Whether dates like 5/6/2024 are of May here: somewhere the second number can be no month, nowhere the first."""
    seen = False
    for cell in cells:
        found = _DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if found and found["one"]:
            if int(found["one"]) > 12:
                return False
            seen = seen or int(found["two"]) > 12
    return seen


def ordinal(cell: Cell, *, month_first: bool = False) -> tuple[int, float, str]:
    """A key to sort cells by time or size: unknown first, then numbers and dates, then words."""
    value = known(cell)
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, str) and len(value) > 10 and (found := _instant(value)) is not None:
        return (1, found, "")
    size = day(value, month_first=month_first)
    if size is None:
        size = number(value)
    return (2, 0.0, str(value)) if size is None else (1, size, "")


def _instant(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.toordinal() + (at.hour * 3600 + at.minute * 60 + at.second) / 86_400


def word(value: str | float) -> str:
    return value.lower() if isinstance(value, str) else f"{value:g}"


class _Different:
    """The different cells of a column, each read once."""

    def __init__(self, cells: list[Cell]) -> None:
        self.cells = cells

    @cached_property
    def known(self) -> list[str | float | None]:
        return [known(cell) for cell in self.cells]

    @cached_property
    def words(self) -> tuple[list[str], Matrix]:
        """The different words, and which of them each cell says; -1 says nothing."""
        places: dict[str, int] = {}
        said = [-1 if value is None else places.setdefault(word(value), len(places)) for value in self.known]
        return list(places), np.array(said, dtype=int)

    @cached_property
    def numbers(self) -> Matrix:
        return _floats([None if value is None else number(value) for value in self.known])

    @cached_property
    def days(self) -> Matrix:
        month_first = puts_month_first(self.cells)
        return _floats([None if value is None else day(value, month_first=month_first) for value in self.known])


def _floats(values: list[float | None]) -> Matrix:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


class Cells(Sequence[Cell]):
    """A column as its different cells and the place of each row's among them: however often it is taught, read once."""

    def __init__(self, different: _Different, places: Matrix) -> None:
        self.different = different
        self.places = places

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "Cells":
        if isinstance(cells, cls):
            return cells
        index: dict[Cell, int] = {}
        places = np.array([index.setdefault(cell, len(index)) for cell in cells], dtype=int)
        return cls(_Different(list(index)), places)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, row: Any) -> Any:
        return self.different.cells[self.places[row]]

    def __iter__(self) -> Iterator[Cell]:
        return (self.different.cells[place] for place in self.places)

    def take(self, rows: Matrix) -> "Cells":
        return Cells(self.different, self.places[rows])

    @property
    def is_known(self) -> Matrix:
        return self.said >= 0

    @property
    def said(self) -> Matrix:
        """Which word each row says; -1 says nothing."""
        return self.different.words[1][self.places]

    @property
    def numbers(self) -> Matrix:
        return self.different.numbers[self.places]

    @property
    def days(self) -> Matrix:
        return self.different.days[self.places]


def take(frame: Frame, rows: Matrix) -> dict[str, Cells]:
    """These rows of a frame."""
    return {name: Cells.of(cells).take(rows) for name, cells in frame.items()}


def read_once(frame: Frame) -> dict[str, Cells]:
    """The same frame, so kept that taking rows and reading them again costs little."""
    return {name: Cells.of(cells) for name, cells in frame.items()}

"""What a column holds, and how models see it: blanks are a value of their own, never a "no"."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cell = str | float | None
Frame = Mapping[str, Sequence[Cell]]
Matrix = NDArray[Any]

UNKNOWN = "(unknown)"
OTHER = "(other)"
MAX_LEVELS = 60
_RARE = 5  # a level seen less often is "other"
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
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}[/.]\d{1,2}[/.]\d{4}( .*)?")
_ID_NAME = re.compile(r"(^|[\W_])(id|uuid|guid|key|number|no|nr)$", re.IGNORECASE)


def known(cell: Cell) -> str | float | None:
    """The cell, or None where it says nothing: blank, “Select”, “unknown”, not a number."""
    if isinstance(cell, str):
        text = cell.strip()
        return None if text.lower() in _BLANKS else text
    return None if cell is None or cell != cell else cell


def number(cell: str | float) -> float | None:
    """The number a cell holds: 1200, 1,200.50, 12.5 %, € 3; None when it is none."""
    if not isinstance(cell, str):
        return float(cell)
    text = re.sub(r"[\s%€$£]", "", cell)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"-?\d+,\d+", text):
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) and abs(value) < 1e30 else None


def day(cell: str | float) -> float | None:
    """Days since year 1 of a date as 2024-03-31 or 31.3.2024 (month first only where the day could be no month)."""
    if not isinstance(cell, str) or not _DATE.fullmatch(cell):
        return None
    try:
        if cell[4:5] == "-":
            parts = cell[:10].replace("T", " ").split(" ")[0].split("-")
            return float(date(int(parts[0]), int(parts[1]), int(parts[2])).toordinal())
        first, second, year = (int(part) for part in re.split(r"[/.]", cell.split(" ")[0]))
        return float(date(year, *((first, second) if second > 12 else (second, first))).toordinal())
    except ValueError:
        return None


def ordinal(cell: Cell) -> tuple[int, float, str]:
    """A key to sort cells by time or size: unknown first, then numbers and dates, then words."""
    value = known(cell)
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, str) and len(value) > 10 and (found := _instant(value)) is not None:
        return (1, found, "")
    size = day(value)
    if size is None:
        size = number(value)
    return (2, 0.0, str(value)) if size is None else (1, size, "")


def _instant(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.toordinal() + (at.hour * 3600 + at.minute * 60 + at.second) / 86_400


@dataclass(frozen=True)
class Column:
    """How one column is read: as `number` or `category`, or not at all (`date`, `constant`, `identifier`).

    A date says when, not who: a model that learns from dates has nothing to say about tomorrow's.
    """

    name: str
    kind: str
    levels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()  # of bins, for the linear model

    @property
    def is_used(self) -> bool:
        return self.kind in {"number", "category"}

    def read(self, cells: Sequence[Cell]) -> Matrix:
        """One float per cell: the number, the day, or the index of the level; NaN is unknown."""
        values = [known(cell) for cell in cells]
        if self.kind == "category":
            index = {level: float(n) for n, level in enumerate(self.levels)}
            other = index.get(OTHER, np.nan)
            unknown = index[UNKNOWN]
            return np.array([unknown if value is None else index.get(_word(value), other) for value in values])
        parse = day if self.kind == "date" else number
        parsed = [None if value is None else parse(value) for value in values]
        return np.array([np.nan if value is None else value for value in parsed], dtype=float)


def look_at(name: str, cells: Sequence[Cell]) -> Column:
    """Decide from what stands in it how a column is read."""
    values = [value for value in map(known, cells) if value is not None]
    words = Counter(_word(value) for value in values)
    if not values or (len(words) == 1 and len(values) == len(cells)):
        return Column(name, "constant")
    for kind, parse in (("date", day), ("number", number)):
        parsed = [found for value in values if (found := parse(value)) is not None]
        if len(parsed) >= 0.95 * len(values):
            is_key = len(set(parsed)) == len(cells) and _ID_NAME.search(name) is not None
            if kind == "number" and is_key:
                return Column(name, "identifier")
            if len(set(parsed)) > 2:
                edges = np.unique(np.quantile(parsed, np.linspace(0, 1, 9)[1:-1]))
                return Column(name, kind, edges=tuple(map(float, edges)))
            break
    if len(words) > 0.5 * len(values) and len(words) > 20:
        return Column(name, "identifier")  # names, addresses, free text: every row its own
    rare = 1 if len(cells) < 200 else _RARE
    levels = [level for level, count in words.most_common(MAX_LEVELS) if count >= rare]
    return Column(name, "category", levels=(UNKNOWN, OTHER, *sorted(levels)))


def _word(value: str | float) -> str:
    return value.lower() if isinstance(value, str) else f"{value:g}"


@dataclass
class Encoder:
    """Turns rows into the two matrices that models take. Made from training rows alone."""

    columns: list[Column] = field(default_factory=list)

    @classmethod
    def of(cls, frame: Frame, *, without: frozenset[str] = frozenset()) -> "Encoder":
        looked = [look_at(name, cells) for name, cells in frame.items() if name not in without]
        return cls([column for column in looked if column.is_used])

    @property
    def categorical(self) -> list[bool]:
        return [column.kind == "category" for column in self.columns]

    def codes(self, frame: Frame) -> Matrix:
        """A row per record, a column per used column; for trees."""
        if not self.columns:
            return np.zeros((_height(frame), 0))
        return np.column_stack([column.read(frame[column.name]) for column in self.columns])

    def indicators(self, codes: Matrix) -> Matrix:
        """One 0/1 per level or bin, and one for unknown; for the linear model. Takes what `codes` gives."""
        parts: list[Matrix] = []
        for column, values in zip(self.columns, codes.T, strict=True):
            if column.kind == "category":
                parts.append(values[:, None] == np.arange(len(column.levels)))
                continue
            unknown = np.isnan(values)
            bins = np.searchsorted(column.edges, np.nan_to_num(values), side="right")
            bins[unknown] = -1
            parts.append(bins[:, None] == np.arange(-1, len(column.edges) + 1))
        return np.hstack(parts).astype(float) if parts else np.zeros((len(codes), 0))


def _height(frame: Frame) -> int:
    return max((len(cells) for cells in frame.values()), default=0)


def take(frame: Frame, rows: Matrix) -> dict[str, list[Cell]]:
    """These rows of a frame."""
    return {name: [cells[row] for row in rows] for name, cells in frame.items()}

"""How models see a column: as number or category, or not at all; blanks are a value of their own, never a "no"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoring.learning.cells import Cell, Cells, Frame, Matrix

UNKNOWN = "(unknown)"
OTHER = "(other)"
MAX_LEVELS = 200  # for trees
_MOST_LEVELS = 3000  # for the linear model, which shrinks each
_UNEVEN = 2.0  # skewness
_BEND = 0.3  # weight of a number's bin beside its scale: to bend the line takes more evidence than to slope it
_RARE = 5  # a level seen less often is "other"
_ID_NAME = re.compile(r"(^|[\W_])(id|uuid|guid|key|number|no|nr)$", re.IGNORECASE)


@dataclass(frozen=True)
class Scale:
    """Where a number stands among the others: in spreads from the middle, of its logarithm when it is very uneven."""

    is_log: bool
    middle: float
    spread: float

    @classmethod
    def of(cls, numbers: Matrix) -> "Scale | None":
        spread = float(numbers.std())
        if not spread or not np.isfinite(spread):
            return None
        is_log = bool(numbers.min() >= 0 and np.mean(((numbers - numbers.mean()) / spread) ** 3) > _UNEVEN)
        read = np.log1p(numbers) if is_log else numbers
        return cls(is_log, float(read.mean()), float(read.std()))

    def read(self, numbers: Matrix) -> Matrix:
        """At most four spreads; unknown stands in the middle."""
        read = np.log1p(np.maximum(numbers, 0)) if self.is_log else numbers
        return np.nan_to_num(np.clip((read - self.middle) / self.spread, -4, 4))


@dataclass(frozen=True)
class Column:
    """How one column is read: as `number` or `category`, or not at all (`date`, `constant`, `identifier`).

    A date says when, not who: a model that learns from dates has nothing to say about tomorrow's.
    """

    name: str
    kind: str
    levels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()  # of bins, for the linear model
    common: int = MAX_LEVELS  # of the levels, these come first, and trees know them
    scale: Scale | None = None  # of the number itself, for the linear model; none in models from before there was one

    @property
    def is_used(self) -> bool:
        return self.kind in {"number", "category"}

    def read(self, cells: Sequence[Cell]) -> Matrix:
        """One float per cell: the number, the day, or the index of the level; NaN is unknown."""
        column = Cells.of(cells)
        if self.kind == "category":
            index = {level: float(n) for n, level in enumerate(self.levels)}
            other = index.get(OTHER, np.nan)
            levels = [index.get(word, other) for word in column.different.words[0]]
            return np.array([*levels, index[UNKNOWN]])[column.said]  # the last one, -1, is unknown
        return column.days if self.kind == "date" else column.numbers


def look_at(name: str, cells: Sequence[Cell]) -> Column:
    """Decide from what stands in it how a column is read."""
    column = Cells.of(cells)
    words = column.different.words[0]
    said = column.said[column.is_known]
    counts = np.bincount(said, minlength=len(words))
    different = np.count_nonzero(counts)
    if not len(said) or (different == 1 and len(said) == len(column)):
        return Column(name, "constant")
    for kind, values in (("date", column.days), ("number", column.numbers)):
        parsed = values[~np.isnan(values)]
        if len(parsed) >= 0.95 * len(said):
            sizes = len(np.unique(parsed))
            if kind == "number" and sizes == len(column) and _ID_NAME.search(name) is not None:
                return Column(name, "identifier")
            if sizes > 2:
                edges = np.unique(np.quantile(parsed, np.linspace(0, 1, 9)[1:-1]))
                return Column(name, kind, edges=tuple(map(float, edges)), scale=Scale.of(parsed))
            break
    if different > 0.5 * len(said) and different > 20:
        return Column(name, "identifier")  # names, addresses, free text: every row its own
    rare = 1 if len(column) < 200 else _RARE
    order = np.argsort(-counts, kind="stable")[:_MOST_LEVELS]
    common = sorted(words[place] for place in order[:MAX_LEVELS] if counts[place] >= rare)
    others = {words[place] for place in order if counts[place] >= 2} - set(common) if different > MAX_LEVELS else ()
    return Column(name, "category", levels=(UNKNOWN, OTHER, *common, *sorted(others)), common=len(common))


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
        """A row per record, a column per used column."""
        if not self.columns:
            return np.zeros((_height(frame), 0))
        return np.column_stack([column.read(frame[column.name]) for column in self.columns])

    @property
    def is_wide(self) -> bool:
        """Whether there are levels that trees do not know."""
        return any(len(column.levels) > 2 + column.common for column in self.columns)

    def common(self, codes: Matrix) -> Matrix:
        """The same for trees, which know so many levels and no more: the others are “other”."""
        known = np.array([2 + column.common for column in self.columns])
        return np.where(np.array(self.categorical, dtype=bool) & (codes >= known), 1.0, codes)

    def indicators(self, codes: Matrix) -> Any:
        """Sparse: one 0/1 per level or bin, and for unknown; then numbers on their scales. Takes what `codes` gives.

        For the linear model: what rises evenly is a line, and bins say where it does not.
        """
        from scipy.sparse import csr_matrix, hstack

        ones: list[Matrix] = []
        width = 0
        for column, values in zip(self.columns, codes.T, strict=True):
            if column.kind == "category":
                ones.append(width + values.astype(int))
                width += len(column.levels)
                continue
            bins = 1 + np.searchsorted(column.edges, np.nan_to_num(values), side="right")
            ones.append(width + np.where(np.isnan(values), 0, bins))
            width += len(column.edges) + 2
        places = np.column_stack(ones) if ones else np.zeros((len(codes), 0), dtype=int)
        starts = np.arange(len(codes) + 1) * places.shape[1]
        bend = np.array([_BEND if column.scale else 1.0 for column in self.columns])
        weights = np.where(np.isnan(codes), 1.0, bend)  # that it is unknown is no bend
        levels = csr_matrix((weights.ravel(), places.ravel(), starts), shape=(len(codes), width))
        scaled = [c.scale.read(values) for c, values in zip(self.columns, codes.T, strict=True) if c.scale]
        return hstack([levels, csr_matrix(np.column_stack(scaled))], format="csr") if scaled else levels


def _height(frame: Frame) -> int:
    return max((len(cells) for cells in frame.values()), default=0)

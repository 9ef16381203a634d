"""Which rows teach and which test: never the same group on both sides, never the future before the past."""

from collections.abc import Iterator, Sequence

import numpy as np

from scoring.learning.cells import Cell, Cells, Frame, Matrix, ordinal, puts_month_first

Split = tuple[Matrix, Matrix]  # row numbers to learn from, row numbers to test on


def groups_of(frame: Frame, names: Sequence[str] = ()) -> Matrix:
    """A number per row, in the order of coming; equal where the named columns are.

    Without names where all columns are: exact duplicates.
    """
    groups: Matrix = np.zeros(max(map(len, frame.values()), default=0), dtype=int)
    for cells in [frame[name] for name in names] or frame.values():
        column = Cells.of(cells)
        _, groups = np.unique(groups * len(column.different.cells) + column.places, return_inverse=True)
    _, first, groups = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[groups])


def by_group(label: Matrix, groups: Matrix, *, folds: int, seed: int) -> Iterator[Split]:
    """Random folds with the label's share in each; a group is never torn apart."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for learn, test in splitter.split(np.zeros(len(label)), label, groups):
        yield np.asarray(learn), np.asarray(test)


def by_time(order: Sequence[Cell], groups: Matrix, *, folds: int) -> Iterator[Split]:
    """Each fold is tested by a model that knows only rows before it; ties stay together."""
    month_first = puts_month_first(order)
    keys = [ordinal(cell, month_first=month_first) for cell in order]
    place = {key: n for n, key in enumerate(sorted(set(keys)))}
    rank = np.array([place[key] for key in keys])
    positions = np.sort(rank)
    cuts = [positions[len(rank) * n // (folds + 1)] for n in range(1, folds + 1)]
    for n, cut in enumerate(cuts):
        until = cuts[n + 1] if n + 1 < len(cuts) else positions[-1] + 1
        yield _apart(rank < cut, (rank >= cut) & (rank < until), groups)


def until(order: Sequence[Cell], value: str, groups: Matrix) -> Iterator[Split]:
    """One split: learn from rows up to and including `value`, test on the rest."""
    month_first = puts_month_first(order)
    limit = ordinal(value, month_first=month_first)
    before = np.array([ordinal(cell, month_first=month_first) <= limit for cell in order])
    yield _apart(before, ~before, groups)


def _apart(learn: Matrix, test: Matrix, groups: Matrix) -> Split:
    seen = np.isin(groups, groups[learn])
    return np.flatnonzero(learn), np.flatnonzero(test & ~seen)

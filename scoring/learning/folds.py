"""Which rows teach and which test: never the same group on both sides, never the future before the past."""

from collections.abc import Iterator, Sequence

import numpy as np

from scoring.learning.columns import Cell, Frame, Matrix, ordinal

Split = tuple[Matrix, Matrix]  # row numbers to learn from, row numbers to test on


def groups_of(frame: Frame, names: Sequence[str] = ()) -> Matrix:
    """A number per row; equal where the named columns are (without names: all columns, so exact duplicates)."""
    numbers: dict[tuple[Cell, ...], int] = {}
    chosen = [frame[name] for name in names] or list(frame.values())
    return np.array([numbers.setdefault(row, len(numbers)) for row in zip(*chosen, strict=True)], dtype=int)


def by_group(label: Matrix, groups: Matrix, *, folds: int, seed: int) -> Iterator[Split]:
    """Random folds with the label's share in each; a group is never torn apart."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for learn, test in splitter.split(np.zeros(len(label)), label, groups):
        yield np.asarray(learn), np.asarray(test)


def by_time(order: Sequence[Cell], groups: Matrix, *, folds: int) -> Iterator[Split]:
    """Each fold is tested by a model that knows only rows before it; ties stay together."""
    keys = [ordinal(cell) for cell in order]
    place = {key: n for n, key in enumerate(sorted(set(keys)))}
    rank = np.array([place[key] for key in keys])
    positions = np.sort(rank)
    cuts = [positions[len(rank) * n // (folds + 1)] for n in range(1, folds + 1)]
    for n, cut in enumerate(cuts):
        until = cuts[n + 1] if n + 1 < len(cuts) else positions[-1] + 1
        yield _apart(rank < cut, (rank >= cut) & (rank < until), groups)


def until(order: Sequence[Cell], value: str, groups: Matrix) -> Iterator[Split]:
    """One split: learn from rows up to and including `value`, test on the rest."""
    limit = ordinal(value)
    before = np.array([ordinal(cell) <= limit for cell in order])
    yield _apart(before, ~before, groups)


def _apart(learn: Matrix, test: Matrix, groups: Matrix) -> Split:
    seen = np.isin(groups, groups[learn])
    return np.flatnonzero(learn), np.flatnonzero(test & ~seen)

"""Columns that know the answer: what is filled in during or after the sale, and not before.

A column is suspected when, on rows it was not taught with, it alone ranks buyers almost perfectly; or when without it
the model loses much of what it knows and it holds the mark of hindsight: values at which (nearly) nobody bought
where dozens should have, or a name that speaks of the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.learning import measures, names
from scoring.learning.cells import Cell, Cells, Frame, Matrix, read_once, take
from scoring.learning.columns import Encoder, look_at
from scoring.learning.folds import by_group
from scoring.learning.threads import on_one_thread

ALONE = 0.90  # AUC of one column by itself
_SMOOTH_ALONE = 0.95  # the same of a number without a mark of hindsight: what grows gradually may be honest
_COPY = 0.99  # the same where there are too few rows to tell a strong column from a leak
_DOMINANT = 0.04  # AUC that is lost without it
_LOOK_AT = 0.60  # AUC alone, below which a column cannot dominate
_PURE = 0.01  # share of the expected buyers (or others) where a value rules them out
_EXPECTED = 30
_TAIL = 0.15  # of all buyers (or others): fewer are also ruled out at the far end of something honest and strong
_SELDOM = 0.5  # of the usual share: next to a far end it happens no oftener
_FEW, _SLACK = 4, 0.02  # of all: what an even curve may have expected at its far end and did not come
_SMOOTH = 20
_ROWS = 20_000
_MOST = 8


@dataclass(frozen=True)
class Suspect:
    """A column that is left out, and why in words."""

    name: str
    why: str


@on_one_thread
def suspects(frame: Frame, label: Matrix, groups: Matrix, *, seed: int) -> list[Suspect]:
    """The columns that should not be used, the plainest first. Looks again without them: one leak hides another."""
    frame = read_once(frame)
    if len(label) > _ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(label), _ROWS, replace=False))
        frame, label, groups = take(frame, chosen), label[chosen], groups[chosen]
    rarer = min(label.sum(), len(label) - label.sum())
    if rarer < 5 or len(np.unique(groups)) < 5:
        return []
    alone = {name: _alone(name, cells, label, groups, seed) for name, cells in frame.items()}
    if rarer < 10:
        return [_plain(name, alone[name]) for name in frame if alone[name] >= _COPY]
    found = []
    for name in sorted(alone, key=lambda name: -alone[name]):
        is_gradual = look_at(name, frame[name]).kind == "number"
        if alone[name] >= (_SMOOTH_ALONE if is_gradual and not _mark(name, frame[name], label) else ALONE):
            found.append(_plain(name, alone[name]))
        elif alone[name] >= 0.55 and names.is_of_the_end(name):
            found.append(Suspect(name, "its name says that it is known only at the end"))
    while True:
        left = {name: cells for name, cells in frame.items() if name not in {suspect.name for suspect in found}}
        more = _dominant(left, alone, label, groups, seed)
        if more is None:
            return found
        found.append(more)


def _plain(name: str, auc: float) -> Suspect:
    return Suspect(name, f"by itself it ranks {auc:.0%} of the pairs right, which nothing known beforehand does")


def _dominant(frame: Frame, alone: dict[str, float], label: Matrix, groups: Matrix, seed: int) -> Suspect | None:
    """The column whose absence costs most, if it also bears a mark of hindsight."""
    strongest = sorted((name for name in frame if alone[name] >= _LOOK_AT), key=lambda name: -alone[name])[:_MOST]
    marks = {name: mark for name in strongest if (mark := _mark(name, frame[name], label))}
    if not marks:
        return None
    whole = _score(frame, label, groups, seed)
    for name, mark in marks.items():
        rest = {other: cells for other, cells in frame.items() if other != name}
        lost = whole - (_score(rest, label, groups, seed) if rest else 0.5)
        if lost >= _DOMINANT:
            return Suspect(name, f"{mark}; without it the model loses {lost:.2f} of its AUC")
    return None


def _mark(name: str, cells: Sequence[Cell], label: Matrix) -> str:
    """What about this column speaks of hindsight; empty when nothing does."""
    bins, base = _bins(name, cells), float(label.mean())
    column = look_at(name, cells)
    numbers = column.read(cells) if column.kind == "number" else None
    is_known = Cells.of(cells).is_known.astype(int)
    for values, where, part in (
        (bins, "at some of its values", _TAIL),
        (is_known, "where it is known, or where it is not,", 0.0),
    ):
        for happened, share, word in ((label, base, "buyers"), (1 - label, 1 - base, "others")):
            rows = np.bincount(values)
            seen = np.bincount(values, happened)
            certain = (rows * share >= _EXPECTED / 3) & (seen <= _PURE * rows * share)
            expected = float((rows * share)[certain].sum())
            least = max(_EXPECTED, part * float(happened.sum()))
            if expected >= least and seen[certain].sum() <= _PURE * expected:
                if values is bins and numbers is not None and _is_far_end(numbers, bins, certain, happened):
                    continue
                counted = int(seen[certain].sum())
                return f"{where} there are {counted} {word} where {expected:.0f} were to be expected"
    return "its name speaks of what happens later" if names.speaks_of_later(name) else ""


def _is_far_end(numbers: Matrix, bins: Matrix, certain: Matrix, happened: Matrix) -> bool:
    """Whether the values that rule it out are but the far end of what grows evenly.

    A logistic curve over the number, its logarithm or its rank expects hardly any there either, and next to them it
    happens seldom: what only a sale fills in jumps.
    """
    certain = certain.copy()
    certain[0] = False  # unknown is no end
    rows, seen = np.bincount(bins), np.bincount(bins, happened)
    inside = np.flatnonzero(certain)
    if not len(inside):
        return False
    first, last, share = inside[0], inside[-1], happened.mean()
    ends = [(seen[1:first], last + 1), (seen[last + 1 :], first - 1)]  # what is further out, and who is next
    beside = [place for further, place in ends if not further.sum() and 0 < place < len(rows)]
    if len(beside) != 1 or seen[beside[0]] > _SELDOM * rows[beside[0]] * share:
        return False
    is_known = bins > 0
    came, where = happened[is_known], certain[bins[is_known]]
    if came.min() == came.max():
        return False
    curve = _curve(numbers[is_known], came)
    return bool(curve[where].sum() - came[where].sum() <= max(_FEW, _SLACK * happened.sum()))


def _curve(numbers: Matrix, happened: Matrix) -> Matrix:
    """How likely it is at each number, if that changes evenly; the scale that explains most."""
    from scipy.special import ndtri
    from sklearn.linear_model import LogisticRegression

    order = np.sort(numbers)
    rank = (np.searchsorted(order, numbers, "left") + np.searchsorted(order, numbers, "right")) / (2 * len(numbers))
    curves = []
    for scale in (numbers, np.sign(numbers) * np.log1p(np.abs(numbers)), ndtri(rank)):
        spread = scale.std()
        if not np.isfinite(spread) or not spread:
            continue
        x = ((scale - scale.mean()) / spread)[:, None]
        curves.append(LogisticRegression(C=1e3).fit(x, happened).predict_proba(x)[:, 1])
    return min(curves, key=lambda curve: float(measures.losses(happened, curve).mean()))


def _alone(name: str, cells: Sequence[Cell], label: Matrix, groups: Matrix, seed: int) -> float:
    """AUC of the share of buyers at the column's value, learned on other rows; blank is a value, too."""
    values = _bins(name, cells)
    if values.max(initial=0) == 0:
        return 0.5
    guess = np.zeros(len(label))
    for learned, tested in by_group(label, groups, folds=5, seed=seed):
        base = label[learned].mean()
        rows = np.bincount(values[learned], minlength=values.max() + 1)
        bought = np.bincount(values[learned], label[learned], minlength=values.max() + 1)
        guess[tested] = ((bought + _SMOOTH * base) / (rows + _SMOOTH))[values[tested]]
    return measures.auc(label, guess)


def _bins(name: str, cells: Sequence[Cell]) -> Matrix:
    """Each value's number: the level, or one of 32 equal parts; 0 is unknown."""
    column = look_at(name, cells)
    values = column.read(cells)
    if column.kind == "constant" or (column.kind == "identifier" and np.isnan(values).any()):
        # whether there is one may tell, which one does not; numbers that were given in some order may
        return Cells.of(cells).is_known.astype(int)
    if column.kind == "category":
        return values.astype(int)
    unknown = np.isnan(values)
    edges = np.unique(np.quantile(values[~unknown], np.linspace(0, 1, 33)))
    return np.where(unknown, 0, 1 + np.searchsorted(edges, np.nan_to_num(values), side="left"))


def _score(frame: Frame, label: Matrix, groups: Matrix, seed: int) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier

    guess = np.zeros(len(label))
    for learned, tested in by_group(label, groups, folds=3, seed=seed):
        rows = take(frame, learned)
        encoder = Encoder.of(rows)
        if not encoder.columns:
            return 0.5
        trees = HistGradientBoostingClassifier(
            learning_rate=0.1,
            max_iter=60,
            max_leaf_nodes=15,
            categorical_features=encoder.categorical,
            random_state=seed,
        )
        trees.fit(encoder.common(encoder.codes(rows)), label[learned])
        unseen = encoder.common(encoder.codes(take(frame, tested)))
        guess[tested] = trees.predict_proba(unseen)[:, 1]
    return measures.auc(label, guess)

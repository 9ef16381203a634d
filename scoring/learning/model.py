"""One learned probability: a linear model and boosted trees, weighed, calibrated, and shrunk to the base rate.

What the model says is believed only as far as rows that it had not seen confirm it: the weights of the parts, the
slope of the calibration (Platt 1999) and the decision that there is a signal at all come from inner folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoring.learning import measures
from scoring.learning.cells import Cell, Cells, Frame, Matrix, read_once, take
from scoring.learning.columns import Encoder
from scoring.learning.folds import by_group
from scoring.learning.threads import on_one_thread

LEAST_OF_EACH = 20  # buyers, and others; with fewer nothing is learned
_SMALL = 3000  # rows
_LINEAR_ROWS = 60_000  # more do not make a linear model better
_STRENGTHS = (0.03, 0.1, 0.5)
_BAGS = 3
_HARDLY = 0.01  # log-odds


def base_rate(label: Matrix) -> float:
    """Share of buyers, pulled towards one in ten as by ten more records: one win in one is no certainty."""
    return (float(label.sum()) + 1.0) / (len(label) + 10.0)


def logit(p: Matrix) -> Matrix:
    p = measures.clipped(p)
    return np.asarray(np.log(p / (1 - p)))


def inverse_logit(x: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -35, 35))))


@dataclass
class Learned:
    """Takes records with the columns it was taught, gives probabilities of purchase."""

    base_rate: float
    encoder: Encoder = field(default_factory=Encoder)
    linear: Any = None
    trees: Sequence[Any] = ()
    share_of_trees: float = 0.0
    slope: float = 0.0
    intercept: float = 0.0

    @property
    def has_signal(self) -> bool:
        return self.slope > 0

    def probability(self, frame: Frame) -> Matrix:
        """One probability per record; the base rate for everybody when no signal was found."""
        height = max(map(len, frame.values()), default=0)
        if not self.has_signal:
            return np.full(height, self.base_rate)
        return inverse_logit(self.slope * self._raw(self.encoder.codes(frame)) + self.intercept)

    def _raw(self, codes: Matrix) -> Matrix:
        parts = []
        if self.share_of_trees > 0:
            common = self.encoder.common(codes)
            said = np.mean([logit(t.predict_proba(common)[:, 1]) for t in self.trees], axis=0)
            parts.append(self.share_of_trees * said)
        if self.share_of_trees < 1:
            parts.append(
                (1 - self.share_of_trees) * logit(self.linear.predict_proba(self.encoder.indicators(codes))[:, 1])
            )
        return np.asarray(sum(parts))

    def influence(self, record: dict[str, Cell]) -> list[tuple[str, float]]:
        """By how much (in log-odds) each known column moves this record away from not knowing it, strongest first."""
        return self.influences({name: [cell] for name, cell in record.items()}, most=len(record))[0]

    @on_one_thread
    def influences(self, frame: Frame, *, most: int) -> list[list[tuple[str, float]]]:
        """The same for each record; at most so many of each, and none that hardly move it."""
        height = max(map(len, frame.values()), default=0)
        if not self.has_signal:
            return [[] for _ in range(height)]
        frame = read_once(frame)
        names = [column.name for column in self.encoder.columns]
        said = logit(self.probability(frame))
        moved = np.column_stack([said - logit(self.probability({**frame, name: [None] * height})) for name in names])
        unknown = np.column_stack([~Cells.of(frame[name]).is_known for name in names])
        moved[unknown | (np.abs(moved) < _HARDLY)] = 0
        order = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :most]
        return [
            [(names[place], float(row[place])) for place in places if row[place]]
            for row, places in zip(moved, order, strict=True)
        ]


@on_one_thread
def learn(frame: Frame, label: Matrix, groups: Matrix, *, seed: int, bags: int = _BAGS) -> Learned:
    """Teach a model with these records; says the base rate where they are too few or show nothing."""
    base = base_rate(label)
    frame = read_once(frame)
    encoder = Encoder.of(frame)
    if min(label.sum(), len(label) - label.sum()) < LEAST_OF_EACH or not encoder.columns:
        return Learned(base)
    share, strength, raw = _weigh(frame, label, groups, seed=seed)
    slope, intercept = _calibrate(raw, label)
    shown = inverse_logit(slope * raw + intercept)
    gain = measures.losses(label, np.full(len(label), base)) - measures.losses(label, shown)
    if slope <= 0 or not measures.is_better(gain, groups):
        return Learned(base)
    codes = encoder.codes(frame)
    return Learned(
        base,
        encoder,
        None if share == 1 else _linear(encoder.indicators(codes), label, strength, seed),
        [] if share == 0 else [_trees(encoder, codes, label, seed + n, as_numbers=n % 2 == 1) for n in range(bags)],
        share,
        slope,
        intercept,
    )


def _weigh(frame: Frame, label: Matrix, groups: Matrix, *, seed: int) -> tuple[float, float, Matrix]:
    """The share of the trees, the strength of the linear model, and their joint log-odds for rows unseen."""
    strengths: tuple[float, ...] = _STRENGTHS
    if len(label) >= _SMALL:
        strengths = _STRENGTHS[1:] if Encoder.of(frame).is_wide else _STRENGTHS[1:2]
    linear = {strength: np.zeros(len(label)) for strength in strengths}
    trees = np.zeros(len(label))
    for learned, tested in by_group(label, groups, folds=5 if len(label) < _SMALL else 2, seed=seed + 100):
        rows = take(frame, learned)
        encoder = Encoder.of(rows)
        codes, unseen = encoder.codes(rows), encoder.codes(take(frame, tested))
        trees[tested] = logit(_trees(encoder, codes, label[learned], seed).predict_proba(encoder.common(unseen))[:, 1])
        shown, hidden = encoder.indicators(codes), encoder.indicators(unseen)
        for strength in strengths:
            model = _linear(shown, label[learned], strength, seed)
            linear[strength][tested] = logit(model.predict_proba(hidden)[:, 1])
    loss = {strength: measures.losses(label, inverse_logit(x)).mean() for strength, x in linear.items()}
    strength = min(strengths, key=lambda strength: float(loss[strength]))
    mixes = {share: share * trees + (1 - share) * linear[strength] for share in (0.0, 0.5, 0.75, 1.0)}
    best = min(mixes, key=lambda share: float(measures.losses(label, inverse_logit(mixes[share])).mean()))
    return best, strength, mixes[best]


def _calibrate(raw: Matrix, label: Matrix) -> tuple[float, float]:
    """Slope (0 to 1.3) and intercept that fit unseen log-odds to what happened."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e3).fit(raw[:, None], label)
    slope = float(np.clip(fitted.coef_[0][0], 0, 1.3))
    if slope == float(fitted.coef_[0][0]):
        return slope, float(fitted.intercept_[0])
    # with a slope that was held back, the likeliest intercept is the one that says as many buyers as there were
    low, high, middle = -60.0, 60.0, 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if inverse_logit(slope * raw + middle).mean() > label.mean() else (middle, high)
    return slope, middle


def _linear(indicators: Matrix, label: Matrix, strength: float, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    if len(label) > _LINEAR_ROWS:
        chosen = np.random.default_rng(seed).choice(len(label), _LINEAR_ROWS, replace=False)
        indicators, label = indicators[chosen], label[chosen]
    return LogisticRegression(C=strength, max_iter=300).fit(indicators, label)


def _trees(encoder: Encoder, codes: Matrix, label: Matrix, seed: int, *, as_numbers: bool = False) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    small = len(label) < _SMALL
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=100 if small else 120,
        max_leaf_nodes=10 if small else 31,
        min_samples_leaf=15 if small else 30,
        l2_regularization=1 if small else 10,
        max_features=0.3,
        categorical_features=None if as_numbers else encoder.categorical,
        early_stopping=False,
        random_state=seed,
    ).fit(encoder.common(codes), label)

"""How good probabilities are. All take the label (0/1) and the probability per row."""

import numpy as np

from scoring.learning.cells import Matrix

_EDGE = 1e-6


def clipped(p: Matrix) -> Matrix:
    return np.clip(p, _EDGE, 1 - _EDGE)


def losses(label: Matrix, p: Matrix) -> Matrix:
    """Log loss of each row, in nats."""
    p = clipped(p)
    return -np.where(label == 1, np.log(p), np.log1p(-p))


def auc(label: Matrix, p: Matrix) -> float:
    """Area under the ROC curve: how often a random buyer ranks above a random other; 0.5 where all are equal.

    Mann–Whitney: (sum of the buyers' mean ranks − n₁(n₁+1)/2) ÷ (n₁ n₀).
    """
    positives = int(label.sum())
    negatives = len(label) - positives
    if not positives or not negatives:
        return 0.5
    _, place, count = np.unique(p, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    total = float(mean_rank[place][label == 1].sum())
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def brier(label: Matrix, p: Matrix) -> float:
    """Mean squared difference between probability and outcome (Brier 1950)."""
    return float(np.mean((p - label) ** 2))


def calibration(label: Matrix, p: Matrix, bins: int = 10) -> list[tuple[int, float, float]]:
    """Per tenth of the probability scale that has rows: how many, the mean probability, the share that bought."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    return [
        (int(inside.sum()), float(p[inside].mean()), float(label[inside].mean()))
        for inside in (place == n for n in range(bins))
        if inside.any()
    ]


def ece(label: Matrix, p: Matrix) -> float:
    """Expected calibration error: mean |said − happened| over `calibration`, weighted by rows."""
    return sum(count * abs(said - happened) for count, said, happened in calibration(label, p)) / len(label)


def lifts(label: Matrix, p: Matrix, parts: int = 10) -> list[float]:
    """Share of buyers in each part, best first, over the share among all; ties split evenly; empty without buyers."""
    base = float(label.mean())
    if not base:
        return []
    _, place = np.unique(p, return_inverse=True)
    expected = (np.bincount(place, label) / np.bincount(place))[place]  # within a tie nobody ranks first
    ranked = expected[np.argsort(-p, kind="stable")]
    return [float(part.mean()) / base for part in np.array_split(ranked, parts) if len(part)]


def is_better(gain: Matrix, groups: Matrix) -> bool:
    """Whether the mean gain is above zero by more than chance explains: 1.96 standard errors over groups of rows."""
    _, place = np.unique(groups, return_inverse=True)
    sums = np.bincount(place, gain)
    if len(sums) < 2:
        return False
    spread = float(np.std(sums, ddof=1)) * len(sums) ** 0.5
    return bool(sums.sum() > 1.96 * spread)

"""The model card: how a model did on rows it had not seen, as plain values that can be kept and shown."""

from typing import Any

import numpy as np

from scoring.learning import measures
from scoring.learning.cells import Frame, Matrix, take
from scoring.learning.model import Learned, learn

_MOST_FEATURES = 12


def unseen(
    frame: Frame, label: Matrix, groups: Matrix, *, early: Matrix, late: Matrix, seed: int, parts: int = 3
) -> tuple[Matrix, Matrix]:
    """What models say of the late rows, and their base rates; each was taught early rows of other companies only.

    Time and company are held apart together, and yet every late row is judged.
    """
    _, company = np.unique(groups, return_inverse=True)
    part = np.random.default_rng(seed).permutation(np.arange(company.max() + 1) % parts)[company]
    said, base = np.zeros(len(label)), np.zeros(len(label))
    for number in range(parts):
        learned, tested = early[part[early] != number], late[part[late] == number]
        if len(tested):
            model = learn(take(frame, learned), label[learned], groups[learned], seed=seed)
            said[tested], base[tested] = model.probability(take(frame, tested)), model.base_rate
    return said[late], base[late]


def measured(label: Matrix, said: Matrix, base: Matrix, groups: Matrix) -> dict[str, Any]:
    """Figures against the base rate; not useful where they are better by no more than chance explains."""
    gain = measures.losses(label, base) - measures.losses(label, said)
    low, high = auc_interval(label, said)
    return {
        "tested": len(label),
        "tested_won": int(label.sum()),
        "is_useful": measures.is_better(gain, groups),
        "auc": measures.auc(label, said),
        "auc_low": low,
        "auc_high": high,
        "log_loss": float(measures.losses(label, said).mean()),
        "base_log_loss": float(measures.losses(label, base).mean()),
        "brier": measures.brier(label, said),
        "base_brier": measures.brier(label, base),
        "ece": measures.ece(label, said),
        "calibration": calibration(label, said),
        "lifts": measures.lifts(label, said),
    }


def loss(model: Learned, test: Frame, label: Matrix) -> float | None:
    """Log loss of a model on these rows; none when it was taught columns that are no more."""
    if any(column.name not in test for column in model.encoder.columns):
        return None
    return float(measures.losses(label, model.probability(test)).mean())


def auc_interval(label: Matrix, p: Matrix) -> tuple[float, float]:
    """95 % interval of the AUC (Hanley and McNeil 1982)."""
    area, won = measures.auc(label, p), int(label.sum())
    others = len(label) - won
    if not won or not others:
        return 0.0, 1.0
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (won - 1) * (one - area**2) + (others - 1) * (two - area**2)
    half = 1.96 * (variance / (won * others)) ** 0.5
    return max(0.0, area - half), min(1.0, area + half)


def calibration(label: Matrix, p: Matrix, parts: int = 10) -> list[list[float]]:
    """Per part of equally many rows, least likely first: rows, mean probability, how many bought."""
    order = np.argsort(p, kind="stable")
    return [
        [len(part), float(p[part].mean()), int(label[part].sum())] for part in np.array_split(order, parts) if len(part)
    ]


def importance(model: Learned, test: Frame, label: Matrix) -> list[list[Any]]:
    """[column, log loss that is lost when it is not known], the most important first."""
    if not model.has_signal or not len(label):
        return []
    known = measures.losses(label, model.probability(test)).mean()
    found: list[tuple[str, float]] = [
        (name, float(measures.losses(label, model.probability({**test, name: [None] * len(label)})).mean() - known))
        for name in (column.name for column in model.encoder.columns)
    ]
    return [[name, lost] for name, lost in sorted(found, key=lambda row: -row[1])[:_MOST_FEATURES]]

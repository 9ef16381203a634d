"""The model card: how a model did on rows it had not seen, as plain values that can be kept and shown."""

from typing import Any

import numpy as np

from scoring.learning import measures
from scoring.learning.columns import Frame, Matrix
from scoring.learning.model import Learned

_MOST_FEATURES = 12


def measured(model: Learned, test: Frame, label: Matrix, groups: Matrix) -> dict[str, Any]:
    """Figures against the base rate; where the model is not better by more than chance, it is not useful.

    The base rate is the one that was taught, so that it, too, is judged on what it had not seen.
    """
    said = model.probability(test)
    base = np.full(len(label), model.base_rate)
    gain = measures.losses(label, base) - measures.losses(label, said)
    low, high = auc_interval(label, said)
    return {
        "tested": len(label),
        "tested_won": int(label.sum()),
        "is_useful": bool(model.has_signal and measures.is_better(gain, groups)),
        "found_signal": model.has_signal,
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
    found = [
        [name, float(measures.losses(label, model.probability({**test, name: [None] * len(label)})).mean() - known)]
        for name in (column.name for column in model.encoder.columns)
    ]
    return sorted(found, key=lambda row: -row[1])[:_MOST_FEATURES]

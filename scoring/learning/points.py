"""Points that history suggests for rules: a ridge logistic regression on who fired and who bought."""

from collections.abc import Sequence

import numpy as np

from scoring.learning.cells import Matrix

LEAST_WON = 20
LEAST_FIRED = 20
_RIDGE = 4.0
_MOST = 1000


def suggested(
    fired: Sequence[int], bought: Sequence[int], groups: Sequence[int], points: Sequence[int]
) -> dict[int, tuple[int, int, int]]:
    """Per place of a rule (points, and the ends of their 95 % interval), on the scale of the points there are now.

    Empty with too few buyers. Rules that hardly ever fire are left out. `groups`: looks at the same people share a
    number, so that asking often does not make anything surer.
    """
    label = np.array(bought, dtype=float)
    if label.sum() < LEAST_WON or len(label) - label.sum() < LEAST_WON:
        return {}
    rules = np.array([[mask >> place & 1 for place in range(len(points))] for mask in fired], dtype=float)
    hits = rules.sum(axis=0)
    used = np.flatnonzero((hits >= LEAST_FIRED) & (len(label) - hits >= LEAST_FIRED))
    if not len(used):
        return {}
    weight, spread = _ridge(rules[:, used], label, np.array(groups))
    scale = float(np.abs(np.array(points)[used]).sum() / max(1e-9, np.abs(weight).sum()))
    return {
        int(place): (
            _whole(scale * float(middle)),
            _whole(scale * float(middle - 1.96 * error)),
            _whole(scale * float(middle + 1.96 * error)),
        )
        for place, middle, error in zip(used, weight, spread, strict=True)
    }


def _whole(value: float) -> int:
    return round(max(-_MOST, min(_MOST, value)))


def _ridge(rules: Matrix, label: Matrix, groups: Matrix) -> tuple[Matrix, Matrix]:
    """Weights by Newton's method, the intercept not drawn towards zero; and their standard errors.

    The larger of Laplace's and those that let looks of one group depend on each other (Liang and Zeger 1986).
    """
    design = np.column_stack([np.ones(len(label)), rules])
    penalty = np.diag([0.0] + [_RIDGE] * rules.shape[1])
    weight = np.zeros(design.shape[1])
    weight[0] = np.log(label.mean() / (1 - label.mean()))
    curvature = penalty
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ weight, -30, 30)))
        curvature = (design * (p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, design.T @ (label - p) - penalty @ weight)
        weight = weight + step
        if np.abs(step).max() < 1e-8:
            break
    bread = np.linalg.inv(curvature)
    _, place = np.unique(groups, return_inverse=True)
    sums = np.zeros((place.max() + 1, design.shape[1]))
    np.add.at(sums, place, design * (label - 1 / (1 + np.exp(-np.clip(design @ weight, -30, 30))))[:, None])
    grouped = bread @ (sums.T @ sums) @ bread
    return weight[1:], np.sqrt(np.maximum(np.diag(bread), np.diag(grouped)))[1:]

"""Figures held against values worked out by hand and against scikit-learn."""

from math import log

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from scoring.learning import card, measures

LABEL = np.array([0, 0, 1, 1])
SAID = np.array([0.1, 0.4, 0.35, 0.8])


def test_auc_counts_pairs_that_are_ranked_right() -> None:
    assert measures.auc(LABEL, SAID) == 0.75  # three of the four pairs
    assert measures.auc(LABEL, np.full(4, 0.3)) == 0.5
    assert measures.auc(np.ones(3), np.array([0.1, 0.2, 0.3])) == 0.5  # nobody to compare with
    assert measures.auc(np.array([0, 1]), np.array([0.5, 0.5])) == 0.5  # a tie is half a pair


def test_log_loss_and_brier_by_hand() -> None:
    expected = -(log(0.9) + log(0.6) + log(0.35) + log(0.8)) / 4
    assert measures.losses(LABEL, SAID).mean() == pytest.approx(expected)
    assert measures.brier(LABEL, SAID) == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)


def test_all_agree_with_scikit_learn_on_random_rows() -> None:
    rng = np.random.default_rng(3)
    said = rng.random(500).round(2)
    label = (rng.random(500) < said).astype(int)
    assert measures.auc(label, said) == pytest.approx(roc_auc_score(label, said))
    assert measures.brier(label, said) == pytest.approx(brier_score_loss(label, said))
    assert measures.losses(label, said).mean() == pytest.approx(log_loss(label, measures.clipped(said)))


def test_certainty_that_is_wrong_costs_much_but_not_endlessly() -> None:
    assert measures.losses(np.array([1]), np.array([0.0]))[0] == pytest.approx(-log(1e-6))


def test_calibration_error_by_hand() -> None:
    label, said = np.array([0, 0, 0, 1, 1, 1]), np.array([0.11, 0.12, 0.13, 0.81, 0.82, 0.83])
    assert measures.ece(label, said) == pytest.approx(0.5 * 0.12 + 0.5 * 0.18)
    (low, said_low, bought_low), (high, said_high, bought_high) = measures.calibration(label, said)
    assert (low, bought_low, high, bought_high) == (3, 0.0, 3, 1.0)
    assert [said_low, said_high] == pytest.approx([0.12, 0.82])


def test_lift_splits_ties_evenly() -> None:
    label = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    ranked = np.linspace(0.9, 0.1, 10)
    assert measures.lifts(label, ranked)[:3] == [pytest.approx(5), pytest.approx(5), 0]
    assert measures.lifts(label, np.full(10, 0.2)) == [pytest.approx(1)] * 10  # nobody ranks first
    assert measures.lifts(np.zeros(10), ranked) == []


def test_a_gain_of_few_groups_is_no_proof() -> None:
    gain = np.full(100, 0.1)
    assert measures.is_better(gain + np.tile([0.01, -0.01], 50), np.arange(100))
    assert not measures.is_better(gain, np.zeros(100))  # one company said it a hundred times
    assert not measures.is_better(np.tile([0.5, -0.5], 50), np.arange(100))


def test_interval_of_the_auc_is_wide_with_few_buyers_and_narrow_with_many() -> None:
    rng = np.random.default_rng(1)
    widths = []
    for rows in (40, 4000):
        label = np.arange(rows) % 10 == 0
        low, high = card.auc_interval(label.astype(int), label * 0.2 + rng.random(rows))
        widths.append(high - low)
    assert widths[0] > 5 * widths[1]
    assert card.auc_interval(np.zeros(5), np.full(5, 0.1)) == (0.0, 1.0)  # nobody bought: nothing is known

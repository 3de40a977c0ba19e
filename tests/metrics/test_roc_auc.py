from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pytest_mlebench.metrics.roc_auc import mean_roc_auc, roc_auc

SCORES = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 0.5, 1.0])
PAIRS = st.lists(st.tuples(st.booleans(), SCORES), min_size=2, max_size=40)


@given(PAIRS, st.randoms())
def test_it_is_the_share_of_pairs_in_the_right_order(pairs, random):
    positives = [score for right, score in pairs if right]
    negatives = [score for right, score in pairs if not right]
    assume(positives and negatives)
    wins = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    truth, scores = (np.array(column) for column in zip(*pairs, strict=True))
    got = roc_auc(truth, scores)
    assert got == wins / (len(positives) * len(negatives))
    assert got == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert roc_auc(~truth, scores) == pytest.approx(1 - got)
    assert roc_auc(truth.astype(int), -scores) == pytest.approx(1 - got)
    random.shuffle(pairs)
    truth, scores = (np.array(column) for column in zip(*pairs, strict=True))
    assert roc_auc(truth, scores) == got


def test_it_agrees_with_scikit_learn_on_many_rows_with_ties():
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 2, 50_000), rng.random(50_000).round(3)
    assert roc_auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


@pytest.mark.parametrize("truth", [[0, 0], [1, 1], [0, 2], [0.5, 1], [0, 1, 1], []])
def test_a_wrong_truth_is_our_own_error(truth):
    with pytest.raises(ValueError, match="truth must hold"):
        roc_auc(np.array(truth), np.zeros(2 if truth else 0))


def test_the_mean_of_columns_is_the_macro_average():
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 2, (400, 3)), rng.random((400, 3))
    assert mean_roc_auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores, average="macro"), abs=1e-12)
    with pytest.raises(ValueError, match="shape"):
        mean_roc_auc(truth, scores[:, :2])

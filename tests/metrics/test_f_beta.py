from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import fbeta_score

from pytest_mlebench.metrics.f_beta import dice, f_beta

DECISIONS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


@given(DECISIONS, st.sampled_from([0.5, 1, 2]))
def test_f_beta_is_that_of_scikit_learn(decisions, beta):
    truth, prediction = np.array(decisions).T
    got = f_beta((truth & prediction).sum(), truth.sum(), prediction.sum(), beta)
    if truth.any() or prediction.any():
        assert got == pytest.approx(fbeta_score(truth, prediction, beta=beta, zero_division=0), abs=1e-12)
        assert 0 <= got <= 1
    else:
        assert np.isnan(got)


def test_dice_of_several_sets_at_once():
    assert dice([2, 0, 5], [4, 1, 5], [4, 0, 5]).tolist() == [0.5, 0, 1]


def test_impossible_counts_are_our_own_error():
    with pytest.raises(ValueError, match="more is common"):
        dice(3, 2, 5)

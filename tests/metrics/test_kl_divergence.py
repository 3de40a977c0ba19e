from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import kl_div

from pytest_mlebench.metrics.kl_divergence import kl_divergence

SHARES = st.sampled_from([0.0, 0.0, 1.0, 2.0]) | st.floats(1e-3, 1.0)
ROWS = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.tuples(*[st.lists(SHARES, min_size=n, max_size=n)] * 2), min_size=1, max_size=20)
)


@given(ROWS)
def test_it_is_scipys_divergence_and_never_below_zero_for_shares(rows):
    truth, prediction = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    assume(truth.sum(axis=1).all() and prediction.sum(axis=1).all())
    truth, prediction = (values / values.sum(axis=1, keepdims=True) for values in (truth, prediction))
    got = kl_divergence(truth, prediction)
    assert got == pytest.approx(kl_div(truth, prediction).sum(axis=1).mean(), abs=1e-9)
    assert got >= -1e-12
    assert kl_divergence(truth[::-1, ::-1], prediction[::-1, ::-1]) == pytest.approx(got, abs=1e-12)
    assert kl_divergence(truth, truth) == 0.0


def test_what_is_no_number_costs_nothing_and_zero_is_infinitely_bad():
    truth = np.array([[0.5, 0.5, 0.0]])
    assert kl_divergence(truth, np.array([[np.nan, 0.5, 0.0]])) == 0.0
    assert kl_divergence(truth, np.array([[0.0, 1.0, 0.0]])) == np.inf
    assert kl_divergence(truth, np.array([[0.5, 0.5, np.nan]])) == 0.0


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="truth has shape"):
        kl_divergence(np.zeros((2, 3)), np.zeros((3, 2)))

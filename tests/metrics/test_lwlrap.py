from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score

from pytest_mlebench.metrics.lwlrap import lwlrap

SCORES = st.sampled_from([-1e300, -1.0, 0.0, 0.25, 0.5, 1.0, 7.0]) | st.floats(-1e6, 1e6)
ROWS = st.integers(2, 6).flatmap(
    lambda n: st.lists(
        st.tuples(*[st.lists(kind, min_size=n, max_size=n) for kind in (st.booleans(), SCORES)]), min_size=1
    )
)


@given(ROWS)
def test_it_is_scikit_learns_ranking_precision_weighted_by_labels(rows):
    truth, scores = (np.array(column) for column in zip(*rows, strict=True))
    assume(truth.any())
    got = lwlrap(truth, scores)
    some = truth.any(axis=1)
    weights = truth[some].sum(axis=1)
    want = label_ranking_average_precision_score(truth[some], scores[some], sample_weight=weights)
    assert got == pytest.approx(want, abs=1e-12)
    assert 0 < got <= 1
    assert lwlrap(truth[::-1, ::-1], scores[::-1, ::-1]) == pytest.approx(got)
    assert lwlrap(truth, truth.astype(float)) == 1.0


def test_ties_count_against_a_label():
    assert lwlrap(np.array([[1, 0, 0, 0]]), np.zeros((1, 4))) == 0.25


@pytest.mark.parametrize("shape", [(2, 3), (0, 3), (3, 2)])
def test_no_labels_and_other_shapes_are_our_own_error(shape):
    with pytest.raises(ValueError, match="truth must"):
        lwlrap(np.zeros((2, 3)), np.zeros(shape))

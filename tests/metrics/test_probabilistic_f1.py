from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from pytest_mlebench.metrics.probabilistic_f1 import probabilistic_f1

PAIRS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 1.0]) | st.floats(0, 1)), min_size=1, max_size=40)


@given(PAIRS)
def test_it_is_the_harmonic_mean_of_precision_and_recall_of_probabilities(pairs):
    truth, prediction = (np.array(column) for column in zip(*pairs, strict=True))
    assume(truth.any())
    got = probabilistic_f1(truth, prediction)
    hits, total = prediction[truth].sum(), prediction.sum()
    assume(hits == 0 or hits > 1e-200)
    if hits:
        precision, recall = hits / total, hits / truth.sum()
        assert got == pytest.approx(2 * precision * recall / (precision + recall), rel=1e-9)
    else:
        assert got == 0.0
    assert 0 <= got <= 1
    assert probabilistic_f1(truth[::-1].astype(int), prediction[::-1]) == pytest.approx(got)
    hard = (prediction > 0.5).astype(float)
    assert probabilistic_f1(truth, hard) == pytest.approx(f1_score(truth, hard, zero_division=0))
    assert probabilistic_f1(truth, truth.astype(float)) == 1.0


@pytest.mark.parametrize("truth", [[], [0, 0], [0, 1, 1]])
def test_a_truth_without_positives_or_of_another_length_is_our_own_error(truth):
    with pytest.raises(ValueError, match="truth must hold"):
        probabilistic_f1(np.array(truth), np.zeros(2 if truth else 0))

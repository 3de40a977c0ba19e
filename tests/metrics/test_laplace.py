from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.laplace import laplace_log_likelihood

VALUE = st.floats(-1e4, 1e4)
ROWS = st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=20)
LIMITS = {"least_confidence": 70, "most_error": 1000}


@given(ROWS, st.randoms())
def test_it_is_the_mean_of_the_formula_in_any_order_and_never_above_that_of_the_truth(rows, random):
    truth, prediction, confidence = (np.array(column) for column in zip(*rows, strict=True))
    got = laplace_log_likelihood(truth, prediction, confidence, **LIMITS)
    slow = []
    for right, guess, stated in rows:
        spread = max(stated, 70)
        error = min(abs(right - guess), 1000)
        slow.append(-math.sqrt(2) * error / spread - math.log(math.sqrt(2) * spread))
    assert got == pytest.approx(np.mean(slow))
    best = laplace_log_likelihood(truth, truth, np.zeros(len(truth)), **LIMITS)
    assert best == pytest.approx(-math.log(70 * math.sqrt(2)))
    assert got <= best + 1e-12
    random.shuffle(rows)
    shuffled = (np.array(column) for column in zip(*rows, strict=True))
    assert laplace_log_likelihood(*shuffled, **LIMITS) == pytest.approx(got)


def test_an_infinite_error_is_cut_and_a_missing_one_or_no_row_has_no_score():
    one, hundred = np.ones(1), np.full(1, 100.0)
    cut = laplace_log_likelihood(one, np.full(1, math.inf), hundred, **LIMITS)
    assert cut == laplace_log_likelihood(one, np.full(1, -5000.0), hundred, **LIMITS)
    assert math.isnan(laplace_log_likelihood(one, np.full(1, math.nan), hundred, **LIMITS))
    assert math.isnan(laplace_log_likelihood(one[:0], one[:0], one[:0], **LIMITS))


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shapes"):
        laplace_log_likelihood(np.ones(2), np.ones(2), np.ones(1), **LIMITS)

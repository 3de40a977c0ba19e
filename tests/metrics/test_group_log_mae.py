from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.group_log_mae import group_log_mae

NUMBERS = st.floats(-1e6, 1e6)
ROWS = st.lists(
    st.tuples(NUMBERS, NUMBERS, st.sampled_from(["1JHC", "2JHH", "3JHN"])), min_size=1, max_size=30
)  # fmt: skip


def columns(rows):
    truth, prediction, group = zip(*rows, strict=True)
    return np.array(truth), np.array(prediction), np.array(group, dtype=object)


@given(ROWS, st.randoms())
def test_it_is_the_mean_of_the_logarithms_in_any_order(rows, random):
    errors = {}
    for truth, prediction, group in rows:
        errors.setdefault(group, []).append(abs(prediction - truth))
    means = [math.fsum(each) / len(each) for each in errors.values()]
    slow = -math.inf if 0 in means else sum(map(math.log, means)) / len(means)
    assert group_log_mae(*columns(rows)) == pytest.approx(slow, rel=1e-9, abs=1e-9)
    random.shuffle(rows)
    assert group_log_mae(*columns(rows)) == pytest.approx(slow, rel=1e-9, abs=1e-9)


def test_one_group_without_error_is_minus_infinity():
    assert group_log_mae(np.zeros(3), np.array([0.0, 1.0, 5.0]), np.array(["a", "b", "b"])) == -math.inf


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        group_log_mae(np.zeros(2), np.zeros(2), np.array(["a"]))

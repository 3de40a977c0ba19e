from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import matthews_corrcoef

from pytest_mlebench.metrics.matthews import matthews


@given(st.integers(0, 4).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n), st.integers(-1, n)), min_size=1)))
def test_it_agrees_with_scikit_learn_whatever_the_classes(pairs):
    truth, prediction = (np.array(column) for column in zip(*pairs, strict=True))
    got = matthews(truth, prediction)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert got == pytest.approx(matthews_corrcoef(truth, prediction), abs=1e-12)
    assert -1 - 1e-12 <= got <= 1 + 1e-12
    assert matthews(prediction, truth) == pytest.approx(got, abs=1e-12)
    assert matthews(truth[::-1], prediction[::-1]) == got
    assert matthews(truth, truth) == (1.0 if len(set(truth.tolist())) > 1 else 0.0)


def test_inverted_is_the_worst_and_constant_is_chance():
    truth = np.array([0, 1, 1, 0, 1])
    assert matthews(truth, 1 - truth) == pytest.approx(-1)
    assert matthews(truth, truth > 0) == pytest.approx(1)
    assert matthews(truth, np.ones(5)) == 0.0


def test_millions_of_rows_do_not_overflow():
    rng = np.random.default_rng(0)
    truth = np.tile(rng.integers(0, 2, 1000), 4000)
    prediction = np.where(np.tile(rng.random(1000) < 0.1, 4000), 1 - truth, truth)
    assert matthews(truth, prediction) == pytest.approx(matthews(truth[:1000], prediction[:1000]))


@pytest.mark.parametrize("rows", [0, 3])
def test_other_lengths_are_our_own_error(rows):
    with pytest.raises(ValueError, match="truth has shape"):
        matthews(np.zeros(rows), np.zeros(0))

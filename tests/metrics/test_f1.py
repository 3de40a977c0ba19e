from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from pytest_mlebench.metrics.f1 import macro_f1, micro_f1

CLASSES = st.integers(-3, 4) | st.sampled_from([2**62, -(2**62)])
PAIRS = st.lists(st.tuples(CLASSES, CLASSES), min_size=1, max_size=30)
SETS = st.sets(st.sampled_from("abcdef"), max_size=4)
ROWS = st.lists(st.tuples(SETS, SETS), min_size=1, max_size=12)


@given(PAIRS, st.randoms())
def test_macro_f1_is_that_of_scikit_learn_in_any_order(pairs, random):
    truth, prediction = np.array(pairs).T
    got = macro_f1(truth, prediction)
    assert got == pytest.approx(f1_score(truth, prediction, average="macro", zero_division=0), abs=1e-12)
    assert 0 <= got <= 1
    random.shuffle(pairs)
    assert macro_f1(*np.array(pairs).T) == got
    assert macro_f1(truth, truth) == 1


@given(ROWS, st.randoms())
def test_micro_f1_is_that_of_scikit_learn_over_the_classes_of_the_truth(rows, random):
    truth, prediction = map(list, zip(*rows, strict=True))
    classes = sorted(set().union(*truth))
    got = micro_f1(truth, prediction)
    assert 0 <= got <= 1
    if len(classes) > 1:  # one column alone counts as binary, not as labels
        binarizer = MultiLabelBinarizer(classes=classes).fit(truth)
        kept = [row & set(classes) for row in prediction]
        tables = binarizer.transform(truth), binarizer.transform(kept)
        assert got == pytest.approx(f1_score(*tables, average="micro", zero_division=0), abs=1e-12)
    if classes:
        assert micro_f1(truth, truth) == 1
    random.shuffle(rows)
    assert micro_f1(*map(list, zip(*rows, strict=True))) == got


def test_unequal_lengths_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        macro_f1(np.array([1, 2]), np.array([1]))
    with pytest.raises(ValueError, match="1 rows"):
        micro_f1([{"a"}], [])

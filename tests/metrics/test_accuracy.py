from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.metrics.accuracy import accuracy

WORDS = st.sampled_from(["a", "b", "c", "True", ""])
KINDS = (st.integers(0, 4), WORDS)
LABELS = st.one_of(*(st.lists(st.tuples(kind, kind), min_size=1, max_size=30) for kind in KINDS))


@given(LABELS, st.randoms())
def test_it_is_the_share_of_equal_labels_in_any_order(pairs, random):
    truth, prediction = map(list, zip(*pairs, strict=True))
    got = accuracy(truth, prediction)
    assert got == sum(a == b for a, b in pairs) / len(pairs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert got == accuracy_score(truth, prediction)
    random.shuffle(pairs)
    assert accuracy(*map(list, zip(*pairs, strict=True))) == pytest.approx(got)
    assert accuracy(truth, truth) == 1


@pytest.mark.parametrize(
    ("truth", "prediction", "expected"),
    [
        ([True, False], [1, 0], 1.0),
        ([True, False], [1.0, 1.0], 0.5),
        ([True, False], [2, 0], 0.5),
        ([1, 2, 3], [1.0, 2.0, 4.0], 2 / 3),
        ([1, 2, 3], ["1", "2", "3"], 0.0),
        (["a", "b", "c"], [1, 2, 3], 0.0),
        ([True, False, True], ["maybe", "True", "False"], 0.0),
        ([1, 2, 3], ["1", "1", "1"], 0.0),
        (["a", "b", "c"], [True, True, True], 0.0),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, pd.Series])
def test_labels_of_different_types_compare_as_in_scikit_learn_1_5(kind, truth, prediction, expected):
    assert accuracy(kind(truth), kind(prediction)) == expected


@pytest.mark.parametrize(
    ("truth", "prediction", "reason"),
    [
        ([1, 0], [0.5, 1.0], "fractions"),
        ([1, 2, 3], [1.0, float("nan"), 3.0], "empty cells"),
        ([1, 2, 3], [1.0, float("inf"), 3.0], "infinity"),
        ([True, False, True], pd.Series([True, None, False], dtype=object), "mixture"),
        (["a", "b", "c"], pd.Series(["a", float("nan"), "c"], dtype=object), "mixture"),
        (["a", "b", "c"], pd.Series(["a", None, "c"]), "mixture"),
        ([1, 2, 3], pd.Series([1, "b", 3], dtype=object), "mixture"),
        ([True, False], ["yes", "no"], "read as text where labels are numbers"),
        (["a", "b"], [0, 1], "read as numbers where labels are text"),
    ],
)
def test_what_cannot_be_compared_is_refused(truth, prediction, reason):
    with pytest.raises(InvalidSubmissionError, match=reason):
        accuracy(truth, prediction)


@pytest.mark.parametrize("truth", [[0.5, 1.0], [float("nan"), 1.0], [1.0]])
def test_a_wrong_truth_is_not_put_down_to_the_prediction(truth):
    with pytest.raises(ValueError):
        accuracy(truth, [1, 0])

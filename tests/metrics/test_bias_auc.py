from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pytest_mlebench.metrics.bias_auc import bias_auc, power_mean

ROWS = st.lists(st.tuples(*[st.booleans()] * 3, st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=6, max_size=40)


def plain(truth, identities, score):
    """The definition, word by word, with scikit-learn."""
    parts = [roc_auc_score(truth, score)]
    for kind in ("subgroup", "bpsn", "bnsp"):
        areas = []
        for has in identities.T:
            rows = {
                "subgroup": has,
                "bpsn": (has & ~truth) | (~has & truth),
                "bnsp": (has & truth) | (~has & ~truth),
            }[kind]
            areas.append(roc_auc_score(truth[rows], score[rows]))
        parts.append(0.0 if 0 in areas else (sum(area**-5 for area in areas) / len(areas)) ** (-1 / 5))
    return sum(parts) / 4


def columns(rows):
    table = np.array(rows)
    return table[:, 0].astype(bool), table[:, 1:3].astype(bool), table[:, 3]


@given(ROWS, st.randoms())
def test_it_is_the_definition_in_any_order_of_rows(rows, random):
    truth, identities, score = columns(rows)
    assume(all(len({(t, h) for t, h in zip(truth, has, strict=True)}) == 4 for has in identities.T))
    got = bias_auc(truth, identities, score)
    assert 0 <= got <= 1
    assert got == pytest.approx(plain(truth, identities, score), abs=1e-12)
    assert bias_auc(truth, identities, truth) == 1
    assert bias_auc(truth, identities, ~truth) == 0
    assert bias_auc(truth, identities, np.zeros(len(truth))) == pytest.approx(0.5)
    random.shuffle(rows)
    assert bias_auc(*columns(rows)) == pytest.approx(got)


def test_one_identity_that_is_always_wrong_costs_its_means():
    truth = np.array([0, 1, 0, 1, 0, 1, 0, 1], dtype=bool)
    identities = np.array([[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0, 0, 0]], dtype=bool).T
    score = np.where(identities[:, 0], ~truth, truth)
    assert power_mean(np.array([0.0, 1.0]), -5) == 0
    assert bias_auc(truth, identities, score) == pytest.approx(plain(truth, identities, score))


def test_what_cannot_be_scored_is_our_own_error():
    truth = np.array([False, True])
    with pytest.raises(ValueError, match="both classes"):
        bias_auc(truth, np.array([[True], [False]]), np.zeros(2))
    for shape in ((2,), (3, 1), (2, 0)):
        with pytest.raises(ValueError, match="identities"):
            bias_auc(truth, np.zeros(shape, dtype=bool), np.zeros(2))

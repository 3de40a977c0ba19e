"""Edit distance and Jaccard similarity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.edit_distance import edit_distances
from pytest_mlebench.metrics.jaccard import word_jaccard

TEXTS = st.text("aàb\u00a0 ", max_size=7) | st.lists(st.integers(0, 2), max_size=7)


def slow(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


@given(st.lists(st.tuples(TEXTS, TEXTS).filter(lambda pair: type(pair[0]) is type(pair[1])), max_size=5))
def test_distances_are_those_of_the_textbook(pairs):
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    got = edit_distances(a, b).tolist()
    assert got == [slow(*pair) for pair in pairs]
    assert edit_distances(b, a).tolist() == got
    assert edit_distances(a, a).tolist() == [0] * len(a)


WORDS = st.lists(st.sampled_from(["a", "B", "b", "c,", "É"]), max_size=4).map(" ".join)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6))
def test_jaccard_is_symmetric_bounded_and_blind_to_case_and_order(pairs):
    truth, prediction = map(list, zip(*pairs, strict=True))
    got = word_jaccard(truth, prediction)
    assert 0 <= got <= 1
    assert word_jaccard(prediction, truth) == got
    assert word_jaccard([text.upper() for text in truth], prediction) == got
    assert word_jaccard([" ".join(text.split()[::-1]) for text in truth], prediction) == got


def test_jaccard_of_examples():
    assert word_jaccard(["a b c"], ["b c d"]) == 0.5
    assert word_jaccard(["a\u00a0b", "x"], ["b a a", "y"]) == 0.5
    assert word_jaccard([""], [" "]) == 0


def test_unequal_lengths_are_our_own_error():
    for metric in (edit_distances, word_jaccard):
        with pytest.raises(ValueError, match="1"):
            metric(["a"], [])

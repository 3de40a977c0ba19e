from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.ranking import average_precision_at, map_at

LABELS = st.sampled_from("abcdefgh")


def slow(k, truth, guesses):
    """Precision at each rank where something new is found, by definition."""
    first = [guess in truth and guess not in guesses[:n] for n, guess in enumerate(guesses)]
    return sum(sum(first[: n + 1]) / (n + 1) for n in range(min(k, len(guesses))) if first[n]) / min(len(truth), k)


@given(st.integers(1, 6), st.sets(LABELS, min_size=1), st.lists(LABELS, max_size=9))
def test_it_is_the_mean_of_the_precisions_at_new_hits(k, truth, guesses):
    got = average_precision_at(k, truth, guesses)
    assert got == pytest.approx(slow(k, truth, guesses))
    assert 0 <= got <= 1
    assert average_precision_at(k, truth, [*guesses, "z"]) == got
    assert average_precision_at(k, truth, sorted(truth)) == 1


def test_guesses_count_by_their_rank_and_once():
    assert average_precision_at(5, {"a"}, ["x", "a"]) == 0.5
    assert average_precision_at(5, {"a", "b"}, ["a", "a", "b"]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision_at(2, {"a", "b", "c"}, ["a", "b"]) == 1
    assert average_precision_at(1, {"a"}, ["x", "a"]) == 0
    assert map_at(5, [{"a"}, {"b"}], [["a"], ["x", "b"]]) == 0.75


def test_unequal_lengths_are_our_own_error():
    with pytest.raises(ValueError, match="rows"):
        map_at(5, [{"a"}], [])

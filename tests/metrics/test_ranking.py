from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics import ranking
from pytest_mlebench.metrics.ranking import average_precision_at, map_at

WORDS = st.sampled_from(["a", "b", "c", "d", "nan", ""])
TRUTH = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
GUESSES = st.lists(WORDS, min_size=1, max_size=9).map(" ".join)
ROWS = st.lists(st.tuples(TRUTH, GUESSES), min_size=1, max_size=6)


def slow(k, truth, guesses):
    """Precision at each rank where something new is found, by definition."""
    truth, guesses = set(truth.split(" ")), guesses.split(" ")
    first = [guess in truth and guess not in guesses[:n] for n, guess in enumerate(guesses)]
    return sum(sum(first[: n + 1]) / (n + 1) for n in range(min(k, len(guesses))) if first[n]) / min(len(truth), k)


@given(st.integers(1, 6), ROWS, st.integers(1, 4), st.randoms())
def test_it_is_the_mean_of_the_precisions_at_new_hits(k, rows, at_once, random):
    truth, guesses = map(list, zip(*rows, strict=True))
    got = average_precision_at(k, truth, guesses)
    assert got.tolist() == pytest.approx([slow(k, *row) for row in rows])
    assert ((got >= 0) & (got <= 1)).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_ROWS", at_once)
        assert average_precision_at(k, truth, guesses).tolist() == got.tolist()
    assert map_at(k, truth, guesses) == pytest.approx(got.mean())
    random.shuffle(rows)
    assert map_at(k, *map(list, zip(*rows, strict=True))) == pytest.approx(got.mean())


def test_guesses_count_by_their_rank_and_once():
    assert average_precision_at(5, ["a"], ["x a"]).tolist() == [0.5]
    assert average_precision_at(5, ["a b"], ["a a b"])[0] == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision_at(2, ["a b c"], ["a b"]).tolist() == [1]
    assert average_precision_at(1, ["a"], ["x a"]).tolist() == [0]
    assert average_precision_at(5, ["a"], ["x  a"])[0] == pytest.approx(1 / 3), "two blanks make an empty guess"
    assert map_at(5, ["a", "b"], ["a", "x b"]) == 0.75


def test_unequal_lengths_and_no_rows_are_our_own_error():
    with pytest.raises(ValueError, match="rows"):
        map_at(5, ["a"], [])
    with pytest.raises(ValueError, match="no row"):
        map_at(5, [], [])

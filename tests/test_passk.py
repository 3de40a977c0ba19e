from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.passk import mean_pass_at_k, pass_at_k

counts = st.integers(1, 60).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)),
)


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (1, 0, 1, 0.0),
        (1, 1, 1, 1.0),
        (3, 1, 1, 1 / 3),
        (3, 1, 2, 2 / 3),
        (3, 1, 3, 1.0),
        (5, 2, 3, 0.9),  # 1 - C(3, 3) / C(5, 3) = 1 - 1/10
        (10, 3, 5, 11 / 12),  # 1 - C(7, 5) / C(10, 5) = 1 - 21/252
        (8, 0, 8, 0.0),
    ],
)
def test_worked_examples(n, c, k, expected):
    assert pass_at_k(n, c, k) == expected


def test_equals_the_share_of_subsets_that_hold_a_success():
    for n in range(1, 8):
        for c, k in itertools.product(range(n + 1), range(1, n + 1)):
            subsets = list(itertools.combinations([True] * c + [False] * (n - c), k))
            assert pass_at_k(n, c, k) == sum(map(any, subsets)) / len(subsets)


@given(counts)
def test_is_a_probability_and_the_float_nearest_to_the_exact_value(ncks):
    n, c, k = ncks
    exact = 1 - Fraction(math.prod(n - c - i for i in range(k)), math.prod(n - i for i in range(k)))
    assert 0 <= pass_at_k(n, c, k) <= 1
    assert pass_at_k(n, c, k) == float(exact)


@given(counts)
def test_grows_with_attempts_taken_and_with_successes(ncks):
    n, c, k = ncks
    if k < n:
        assert pass_at_k(n, c, k) <= pass_at_k(n, c, k + 1)
    if c < n:
        assert pass_at_k(n, c, k) <= pass_at_k(n, c + 1, k)


@given(counts)
def test_one_attempt_is_the_share_of_successes(ncks):
    n, c, _ = ncks
    assert pass_at_k(n, c, 1) == c / n


def test_is_exact_where_floats_would_lose_or_overflow():
    assert pass_at_k(10_000, 1, 5_000) == 0.5
    assert pass_at_k(10**6, 1, 2) == 2e-6


@pytest.mark.parametrize(
    ("n", "c", "k", "message"),
    [
        (3, 4, 1, "successes must be from 0 to the number of attempts"),
        (3, -1, 1, "successes must be from 0"),
        (3, 1, 0, "k must be at least 1"),
        (3, 1, 4, "pass@4 needs at least 4 attempts, there are 3"),
        (-1, 0, 1, "cannot be negative"),
        (0, 0, 1, "pass@1 needs at least 1 attempts"),
    ],
)
def test_refuses_counts_that_cannot_be(n, c, k, message):
    with pytest.raises(ValueError, match=message):
        pass_at_k(n, c, k)


def test_refuses_what_is_not_an_integer():
    with pytest.raises(TypeError):
        pass_at_k(3, 1.5, 2)  # type: ignore[arg-type]


def test_mean_over_competitions_leaves_out_those_with_too_few_attempts():
    counts = [(3, 1), (3, 0), (1, 1)]
    assert mean_pass_at_k(counts, 1) == pytest.approx((1 / 3 + 0 + 1) / 3)
    assert mean_pass_at_k(counts, 3) == 0.5


def test_mean_over_no_competition_is_not_a_number():
    assert math.isnan(mean_pass_at_k([], 1))
    assert math.isnan(mean_pass_at_k([(2, 1)], 3))


@pytest.mark.parametrize(("counts", "k"), [([(1, 2)], 5), ([], 0), ([(3, 1)], 0)])
def test_mean_refuses_counts_that_cannot_be(counts, k):
    with pytest.raises(ValueError):
        mean_pass_at_k(counts, k)

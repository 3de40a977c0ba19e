from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pytest_mlebench.reporting.comparison.paired_test import sign_flip_p, sign_p, smallest_sign_flip_p


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([], 1.0),
        ([0, 0], 1.0),
        ([1], 1.0),
        ([3, 0], 1.0),
        ([1, 1], 0.5),
        ([1, -1], 1.0),
        ([1] * 6, 2 / 64),
        # Sums of +-3 +-1 +-1: 5, 3, 3, 1 and their negatives; 3 - 1 - 1 = 1 is reached by all.
        ([3, -1, -1], 1.0),
        ([3, 1, -1], 6 / 8),
        ([3, 1, 1], 2 / 8),
    ],
)
def test_worked_examples(differences, expected):
    assert sign_flip_p(differences) == expected


@given(st.lists(st.integers(-5, 5), max_size=9))
def test_equals_counting_all_ways_to_choose_signs(differences):
    signs = list(itertools.product((1, -1), repeat=len(differences)))
    sums = [sum(sign * each for sign, each in zip(chosen, differences, strict=True)) for chosen in signs]
    extreme = sum(abs(each) >= abs(sum(differences)) for each in sums)
    assert sign_flip_p(differences) == extreme / len(signs)


@given(st.lists(st.integers(-1, 1), max_size=40))
def test_with_one_attempt_of_each_is_mcnemars_exact_test(differences):
    wins, losses = differences.count(1), differences.count(-1)
    expected = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_flip_p(differences) == pytest.approx(expected)
    assert sign_p(wins, losses) == pytest.approx(expected)


@given(st.lists(st.integers(-36, 36), max_size=75), st.randoms())
def test_neither_order_nor_direction_nor_equal_pairs_matter(differences, rng):
    shuffled = [-each for each in differences] + [0, 0]
    rng.shuffle(shuffled)
    assert sign_flip_p(shuffled) == sign_flip_p(differences)
    assert 0 < smallest_sign_flip_p(differences) <= sign_flip_p(differences) <= 1


def test_is_exact_for_as_many_as_the_benchmark_has():
    assert sign_flip_p([36] * 75) == 2.0**-74 == smallest_sign_flip_p([36] * 75)
    assert sign_flip_p([36] * 74 + [-36]) == 76 * 2.0**-74

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from pytest_mlebench.metrics.kendall_tau import inversions, kendall_tau

ORDERS = st.lists(st.integers(2, 9).flatmap(lambda n: st.permutations(range(n))), min_size=1, max_size=6)


@given(st.lists(st.integers(0, 9), max_size=20))
def test_inversions_are_the_pairs_that_stand_the_wrong_way_round(places):
    assert inversions(places) == sum(a > b for a, b in combinations(places, 2))


@given(st.integers(2, 30).flatmap(lambda n: st.permutations(range(n))))
def test_of_one_list_it_is_the_coefficient_of_scipy(order):
    place = [order.index(item) for item in range(len(order))]
    assert kendall_tau([range(len(order))], [order]) == pytest.approx(kendalltau(range(len(order)), place).statistic)


@given(ORDERS)
def test_right_lists_score_1_reversed_ones_minus_1_and_others_between(orders):
    right = [sorted(order) for order in orders]
    assert kendall_tau(right, right) == 1
    assert kendall_tau(right, [order[::-1] for order in right]) == -1
    assert -1 <= kendall_tau(right, orders) <= 1
    assert kendall_tau(orders, right) == kendall_tau(right, orders)
    assert kendall_tau(right[::-1], orders[::-1]) == kendall_tau(right, orders)


def test_long_lists_weigh_more():
    assert kendall_tau([[*"ab"], [*"abcd"], [*"x"]], [[*"ba"], [*"abcd"], [*"x"]]) == 1 - 4 * 1 / (2 + 12)


@pytest.mark.parametrize(
    ("truth", "given"), [([*"ab"], [*"ac"]), ([*"ab"], [*"aa"]), ([*"ab"], [*"abc"]), ([*"a"], [*"a"])]
)
def test_other_items_or_none_to_compare_are_our_own_error(truth, given):
    with pytest.raises(ValueError, match="items"):
        kendall_tau([truth], [given])

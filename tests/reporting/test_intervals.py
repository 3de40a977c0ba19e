from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.reporting.intervals import mean_intervals


def enumerated(column):
    """The means of all ways to draw as many competitions with replacement, ascending: no chance in it."""
    return sorted(statistics.fmean(drawn) for drawn in itertools.product(column, repeat=len(column)))


@pytest.mark.parametrize("column", [[0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0], [0.25, 0.5, 1.0, 0.0, 0.75]])
def test_ends_are_those_of_all_ways_to_draw(column):
    (interval,) = mean_intervals([column])
    means = enumerated(column)
    for end, share in ((interval.low, 0.025), (interval.high, 0.975)):
        # Quantiles of 10,000 draws lie, but for one case in millions, between those 0.008 to either side.
        low, high = (means[min(len(means) - 1, max(0, int(s * len(means))))] for s in (share - 0.008, share + 0.008))
        assert low - 1e-12 <= end <= high + 1e-12


def test_two_competitions_one_won():
    # A quarter of the draws has mean 0, a quarter 1: both ends lie beyond.
    (interval,) = mean_intervals([[0.0, 1.0]])
    assert (interval.mean, interval.low, interval.high) == (0.5, 0.0, 1.0)


def test_of_many_competitions_is_that_of_the_normal_distribution():
    column = [(i * 37 % 75) / 75 for i in range(75)]
    (interval,) = mean_intervals([column])
    half = 1.96 * statistics.pstdev(column) / math.sqrt(75)
    assert interval.mean == pytest.approx(statistics.fmean(column))
    assert interval.low == pytest.approx(interval.mean - half, abs=0.06 * half)
    assert interval.high == pytest.approx(interval.mean + half, abs=0.06 * half)


def test_the_same_each_time_and_another_with_another_seed():
    columns = [[(i * 7 % 11) / 10 for i in range(11)], [(i * 5 % 11) / 10 for i in range(11)]]
    assert mean_intervals(columns) == mean_intervals(columns)
    assert mean_intervals(columns) != mean_intervals(columns, seed=1)


def test_columns_share_their_draws():
    # Draws of their own could put the smaller of two columns above the larger.
    low, high = mean_intervals([[0.0, 0.2, 0.9], [0.1, 0.3, 1.0]])
    assert high.low - low.low == pytest.approx(0.1)
    assert high.high - low.high == pytest.approx(0.1)


def test_a_narrower_level_lies_within():
    column = [0.0, 0.1, 0.5, 0.9, 1.0, 0.4]
    (wide,), (narrow,) = mean_intervals([column]), mean_intervals([column], level=0.5)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holds_its_mean_and_stays_between_the_extremes(column):
    (interval,) = mean_intervals([column], draws=200)
    assert interval.low <= interval.mean <= interval.high
    assert min(column) - 1e-12 <= interval.low
    assert interval.high <= max(column) + 1e-12


def test_no_column_has_no_interval():
    assert mean_intervals([]) == []


@pytest.mark.parametrize("columns", [[[]], [[1.0], [1.0, 0.0]], [[math.nan]], [[math.inf, 1.0]]])
def test_refuses_what_has_no_mean(columns):
    with pytest.raises(ValueError):
        mean_intervals(columns)

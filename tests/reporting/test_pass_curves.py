from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.reporting.pass_curves import TIERS, pass_curves
from pytest_mlebench.reporting.summary import Summary

from .conftest import attempt as make_attempt


def by_name(curves):
    return {(curve.group, curve.tier): curve for curve in curves}


def means(curve):
    return {k: interval.mean for k, interval in curve.points.items()}


def test_worked_example(attempts):
    # a: gold, silver, nothing, nothing; b: bronze, nothing, nothing, nothing.
    curves = by_name(pass_curves(Summary(attempts({"a": "GSni", "b": "Bnn-"}))))
    # Any medal: a has 2 of 4, b 1 of 4. pass@2: 1 - C(2,2)/C(4,2) = 5/6, and 1 - C(3,2)/C(4,2) = 1/2.
    assert means(curves["all", "any_medal"]) == pytest.approx(
        {1: (1 / 2 + 1 / 4) / 2, 2: (5 / 6 + 1 / 2) / 2, 3: (1 + 3 / 4) / 2, 4: 1.0}
    )
    # Silver or better: a has 2 of 4; gold: a has 1 of 4.
    assert means(curves["all", "silver"]) == pytest.approx({1: 1 / 4, 2: 5 / 12, 3: 1 / 2, 4: 1 / 2})
    assert means(curves["all", "gold"]) == pytest.approx({1: 1 / 8, 2: 1 / 4, 3: 3 / 8, 4: 1 / 2})


def test_half_is_where_the_published_figure_stops(attempts):
    def half(word):
        return pass_curves(Summary(attempts({"a": word})))[0].half

    assert [half("G" * n) for n in (1, 2, 3, 8, 9)] == [None, 1, 1, 4, 4]


def test_each_complexity_has_curves_of_its_own_seeds_of_the_run(attempts):
    records = [*attempts({"a": "GG"}, complexity="low"), *attempts({"b": "nnn"}, complexity="high")]
    curves = by_name(pass_curves(Summary(records)))
    assert set(curves) == {(group, tier) for group in ("all", "low", "high") for tier in TIERS}
    assert means(curves["low", "any_medal"]) == {1: 1.0, 2: 1.0}
    assert means(curves["high", "any_medal"]) == {1: 0.0, 2: 0.0}
    assert means(curves["all", "any_medal"]) == {1: 0.5, 2: 0.5}


def test_repaired_data_are_a_group_and_not_in_all(attempts):
    records = [*attempts({"a": "nn"}), *attempts({"b": "GGG"}, fixed=True)]
    curves = by_name(pass_curves(Summary(records)))
    assert means(curves["all", "any_medal"]) == {1: 0.0, 2: 0.0}
    assert means(curves["repaired", "any_medal"]) == {1: 1.0, 2: 1.0, 3: 1.0}


def test_means_are_those_of_the_totals(attempts):
    summary = Summary(attempts({"a": "GSBm", "b": "nnGi", "c": "---B", "d": "EGnnn"}))
    curve = by_name(pass_curves(summary))["all", "any_medal"]
    assert means(curve) == pytest.approx(dict(summary.overall.pass_at))


def test_missing_attempts_count_as_failed_where_seeds_are_padded(attempts):
    (curve, *_) = pass_curves(Summary(attempts({"a": "GG", "b": "G"}), padded=True))
    assert means(curve) == pytest.approx({1: 3 / 4, 2: 1.0})


def test_only_those_ks_that_are_wanted(attempts):
    curves = pass_curves(Summary(attempts({"a": "Gnnnn"})), ks=(1, 4, 9))
    assert [tuple(curve.points) for curve in curves[:1]] == [(1, 4)]
    assert curves[0].seeds == 5


def test_no_attempt_has_no_curve(attempts):
    assert pass_curves(Summary([])) == ()
    assert pass_curves(Summary(attempts({"a": "EE"}))) == ()


def test_one_competition_says_nothing_of_others(attempts):
    (curve, *_) = pass_curves(Summary(attempts({"a": "Gn"})))
    assert {(interval.low, interval.high) for interval in curve.points.values()} == {(0.5, 0.5), (1.0, 1.0)}


letters = st.lists(st.text("GSBn-", min_size=4, max_size=4), min_size=1, max_size=4)


@given(letters)
def test_is_the_share_of_choices_of_k_attempts_that_hold_a_success(words):
    records = [make_attempt(f"c{i}", seed, letter) for i, word in enumerate(words) for seed, letter in enumerate(word)]
    curves = by_name(pass_curves(Summary(records), draws=20))
    for tier, successes in (("any_medal", "GSB"), ("silver", "GS"), ("gold", "G")):
        for k in range(1, 5):
            shares = [
                statistics.fmean(any(letter in successes for letter in chosen) for chosen in choices)
                for choices in (list(itertools.combinations(word, k)) for word in words)
            ]
            assert curves["all", tier].points[k].mean == pytest.approx(statistics.fmean(shares))


@given(letters)
def test_curves_rise_with_k_and_fall_with_the_tier(words):
    records = [make_attempt(f"c{i}", seed, letter) for i, word in enumerate(words) for seed, letter in enumerate(word)]
    any_medal, silver, gold = (curve.points for curve in pass_curves(Summary(records), draws=50)[:3])
    for part in ("low", "mean", "high"):
        for points in (any_medal, silver, gold):
            values = [getattr(points[k], part) for k in range(1, 5)]
            assert values == sorted(values)
        assert all(
            getattr(any_medal[k], part) >= getattr(silver[k], part) >= getattr(gold[k], part) for k in range(1, 5)
        )

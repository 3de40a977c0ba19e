from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench import catalog
from pytest_mlebench.reporting.summary import Summary

from .conftest import attempt as make_attempt


def counts(totals):
    return {name: share.count for name, share in totals.shares.items()}


def test_counts_exact_medals_and_every_attempt_above_the_median(attempts):
    overall = Summary(attempts({"a": "GGSBmni-"})).overall
    assert (overall.competitions, overall.attempts, overall.errors) == (1, 8, 0)
    assert counts(overall) == {
        "submitted": 7,
        "valid": 6,
        "above_median": 5,
        "bronze": 1,
        "silver": 1,
        "gold": 2,
        "any_medal": 4,
    }
    assert overall.shares["any_medal"].percent == 50.0


def test_a_medal_that_is_not_above_the_median_counts_as_a_medal_alone(attempt):
    # Where many teams tie, the bronze threshold is the median.
    overall = Summary([attempt("a", 0, "B", above_median=False)]).overall
    assert counts(overall)["bronze"] == 1
    assert counts(overall)["above_median"] == 0


def test_mean_and_standard_error_over_seeds(attempts):
    # Medals in percent of the two competitions: seed 0: 100, seed 1: 50, seed 2: 50.
    summary = Summary(attempts({"a": "GmB", "b": "SB-"}))
    share = summary.overall.shares["any_medal"]
    assert summary.seeds == 3
    assert share.mean == pytest.approx(200 / 3)
    assert share.percent == pytest.approx(200 / 3)
    # Deviations 33.3, -16.7, -16.7: variance 2500/3, / 3 seeds.
    assert share.standard_error == pytest.approx(math.sqrt(2500 / 3 / 3))


def test_one_seed_has_no_standard_error(attempts):
    share = Summary(attempts({"a": "G", "b": "n"})).overall.shares["any_medal"]
    assert (share.mean, share.standard_error) == (50.0, None)


def test_only_complete_seeds_count_for_the_mean(attempts):
    summary = Summary(attempts({"a": "GnGG", "b": "Gn"}))
    share = summary.overall.shares["any_medal"]
    assert summary.seeds == 2
    assert share.mean == 50.0
    assert share.standard_error == 50.0
    assert share.percent == pytest.approx(100 * 4 / 6)
    assert not summary.overall.even


def test_attempts_are_taken_in_the_order_of_their_seeds_whatever_their_order(attempts):
    records = attempts({"a": "Gnnn", "b": "Gn", "c": "GG"})
    random.Random(7).shuffle(records)
    share = Summary(records).overall.shares["gold"]
    assert share.mean == pytest.approx((100 + 100 / 3) / 2)


def test_errors_are_listed_apart_and_are_no_failures(attempts):
    summary = Summary(attempts({"a": "EG", "b": "Gn"}))
    assert [(record.competition, record.seed) for record in summary.errors] == [("a", 0)]
    assert not summary.final
    assert summary.overall.attempts == 3
    assert summary.overall.errors == 1
    assert summary.overall.shares["any_medal"].percent == pytest.approx(100 * 2 / 3)
    # The first attempt of a is the one with seed 1: seeds are the attempts of a competition in order.
    assert summary.seeds == 1
    assert summary.overall.shares["any_medal"].mean == 100.0


def test_a_competition_with_errors_only_is_not_attempted(attempts):
    summary = Summary(attempts({"a": "EE", "b": "Gn"}))
    assert summary.seeds == 2
    assert summary.overall.competitions == 1
    assert summary.overall.shares["any_medal"].mean == 50.0
    assert len(summary.errors) == 2


def test_a_run_of_errors_has_no_figures_and_is_not_final(attempts):
    summary = Summary(attempts({"a": "EE"}, complexity="high"))
    share = summary.overall.shares["any_medal"]
    assert (share.count, share.percent, share.mean, share.standard_error) == (0, None, None, None)
    assert summary.overall.pass_at == {}
    assert summary.seeds == 0
    assert not summary.final
    assert summary.by_complexity["high"].errors == 2


def test_no_attempts():
    summary = Summary([])
    assert (summary.overall.attempts, summary.by_complexity, summary.rows) == (0, {}, ())


def test_pass_at_k_up_to_the_smallest_number_of_attempts(attempts):
    overall = Summary(attempts({"a": "Gnnn", "b": "nnn"})).overall
    # a: 1 of 4 attempts, pass@k = k/4; b: none of 3.
    assert overall.pass_at == {1: 0.125, 2: 0.25, 3: 0.375}


def test_pass_at_1_is_the_mean_over_competitions(attempts):
    overall = Summary(attempts({"a": "GGn", "b": "nBm", "c": "---"})).overall
    assert overall.pass_at[1] == pytest.approx(overall.shares["any_medal"].percent / 100)


def test_by_complexity_in_the_order_of_reports_and_only_those_present(attempts):
    records = [
        *attempts({"z": "GG"}, complexity="builtin"),
        *attempts({"y": "nn"}, complexity="high"),
        *attempts({"x": "Gn", "w": "nG"}, complexity="low"),
        *attempts({"v": "n"}, complexity="unheard-of"),
    ]
    by_complexity = Summary(records).by_complexity
    assert list(by_complexity) == ["low", "high", "builtin", "unheard-of"]
    assert by_complexity["low"].competitions == 2
    assert by_complexity["low"].shares["any_medal"].percent == 50.0
    assert by_complexity["high"].shares["any_medal"].count == 0
    assert by_complexity["builtin"].pass_at == {1: 1.0}


def test_groups_add_up_to_all(attempts):
    rng = random.Random(3)
    records = [
        record
        for complexity in ("low", "medium", "high")
        for i in range(9)
        for record in attempts({f"{complexity}{i}": "".join(rng.choices("GSBmni-E", k=4))}, complexity=complexity)
    ]
    summary = Summary(records)
    groups = summary.by_complexity.values()
    assert sum(group.attempts for group in groups) == summary.overall.attempts
    assert sum(group.errors for group in groups) == summary.overall.errors
    for name, share in summary.overall.shares.items():
        assert sum(group.shares[name].count for group in groups) == share.count


def test_rows_are_sorted_by_complexity_competition_and_seed(attempts):
    records = [*attempts({"b": "Gn", "a": "EG"}), *attempts({"c": "G"}, complexity="dev")]
    rows = [(record.competition, record.seed) for record in Summary(records[::-1]).rows]
    assert rows == [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("c", 0)]


def test_padding_counts_missing_attempts_as_failed(attempts):
    summary = Summary(attempts({"a": "GGG", "b": "G"}), padded=True)
    overall, share = summary.overall, summary.overall.shares["any_medal"]
    assert (summary.seeds, overall.attempts, overall.missing) == (3, 4, 2)
    assert share.by_seed == (100.0, 50.0, 50.0)
    assert share.mean == pytest.approx(200 / 3)
    assert share.percent == pytest.approx(200 / 3)
    assert share.standard_error == pytest.approx(math.sqrt(2500 / 3 / 3))
    # b: one success among three attempts, two of which are missing.
    assert overall.pass_at == pytest.approx({1: (1 + 1 / 3) / 2, 2: (1 + 2 / 3) / 2, 3: 1.0})
    assert overall.even


def test_padding_to_a_number_gives_that_many_seeds(attempts):
    records = attempts({"a": "GGn", "b": "G"})
    wider = Summary(records, padded=5).overall
    assert (wider.seeds, wider.missing) == (5, 6)
    assert wider.shares["any_medal"].by_seed == (100.0, 50.0, 0.0, 0.0, 0.0)
    narrower = Summary(records, padded=2).overall
    assert (narrower.seeds, narrower.missing, narrower.even) == (2, 1, False)
    assert narrower.shares["any_medal"].by_seed == (100.0, 50.0)


@pytest.mark.parametrize("seeds", [0, -1])
def test_padding_to_no_seed_is_refused(seeds):
    with pytest.raises(ValueError, match="at least"):
        Summary([], padded=seeds)


def test_padding_counts_expected_competitions_and_those_with_errors_only(attempts):
    records = attempts({"spaceship-titanic": "GG", "b": "EE"}, complexity="dev")
    expected = [catalog.get("spaceship-titanic"), catalog.get("dogs-vs-cats-redux-kernels-edition")]
    summary = Summary(records, padded=True, expected=expected)
    assert (summary.overall.competitions, summary.overall.missing) == (3, 4)
    assert summary.overall.shares["any_medal"].mean == pytest.approx(100 / 3)
    assert summary.by_complexity["low"].shares["any_medal"].mean == 0.0
    assert summary.by_category["image classification"].missing == 2
    # Not because errors were resolved.
    assert not summary.final


def test_expected_competitions_do_not_count_without_padding(attempts):
    summary = Summary(attempts({"a": "G"}), expected=[catalog.get("spaceship-titanic")])
    assert (summary.overall.competitions, summary.overall.missing) == (1, 0)


def test_errors_count_as_failures_where_that_is_said(attempts):
    records = attempts({"a": "EG", "b": "Gn", "c": "EE"})
    summary = Summary(records, errors_as_failures=True)
    overall = summary.overall
    assert (overall.competitions, overall.attempts, overall.errors, summary.seeds) == (3, 6, 3, 2)
    assert overall.shares["any_medal"].by_seed == pytest.approx((100 / 3, 100 / 3))
    assert overall.shares["submitted"].count == 3
    assert overall.pass_at[2] == pytest.approx(2 / 3)
    assert summary.final
    assert len(summary.errors) == 3


def test_a_run_of_errors_counted_as_failures_has_figures(attempts):
    summary = Summary(attempts({"a": "EE"}), errors_as_failures=True)
    assert summary.overall.shares["any_medal"].mean == 0.0
    assert summary.final


def test_by_category_in_order_of_names(attempts):
    records = [
        *attempts({"a": "Gn", "b": "GG"}, category="tabular"),
        *attempts({"c": "nn"}, category="audio classification", complexity="high"),
        *attempts({"d": "EE"}, category="video"),
    ]
    by_category = Summary(records).by_category
    assert list(by_category) == ["audio classification", "tabular", "video"]
    assert by_category["tabular"].shares["any_medal"].mean == 75.0
    assert by_category["audio classification"].shares["any_medal"].mean == 0.0
    assert (by_category["video"].errors, by_category["video"].competitions) == (2, 0)


def test_repaired_data_neither_mix_with_others_nor_limit_their_seeds(attempts):
    published = attempts({"a": "GGn", "b": "nnn"})
    repaired = attempts({"a": "G"}, fixed=True)
    summary = Summary(published + repaired)
    assert summary.seeds == 3
    assert summary.overall.shares["any_medal"].mean == pytest.approx(100 / 3)
    assert summary.by_complexity["repaired"].seeds == 1
    assert summary.by_complexity["repaired"].shares["any_medal"].mean == 100.0
    assert sum(totals.competitions for totals in summary.by_category.values()) == 2


def test_what_compares_with_the_published_leaves_out_other_competitions(attempts):
    records = [
        *attempts({"a": "G"}, complexity="low"),
        *attempts({"b": "n"}, complexity="high"),
        *attempts({"c": "G"}, complexity="builtin"),
        *attempts({"d": "G"}, complexity="low", fixed=True),
    ]
    comparable = Summary(records).comparable
    assert (comparable.competitions, comparable.shares["any_medal"].mean) == (2, 50.0)


def rates(letters, padded):
    """Any medal by seed, in percent, as the public leaderboard builds seeds: an attempt of each, in order."""
    lists = [[letter in "GSB" for letter in word if letter != "E"] for word in letters.values()]
    lists = [each for each in lists if each or padded]
    number = (max if padded else min)(map(len, lists), default=0)
    seeds = [[each[i] if i < len(each) else False for each in lists] for i in range(number)]
    return [100 * sum(seed) / len(seed) for seed in seeds]


words = st.text("GSBmni-E", min_size=1, max_size=5)


@given(st.dictionaries(st.sampled_from("abcdef"), words, min_size=1), st.booleans())
def test_seeds_are_those_of_the_public_leaderboard(letters, padded):
    records = [make_attempt(name, i, letter) for name, word in letters.items() for i, letter in enumerate(word)]
    expected = rates(letters, padded)
    share = Summary(records, padded=padded).overall.shares["any_medal"]
    assert list(share.by_seed) == pytest.approx(expected)
    if len(expected) > 1:
        assert share.mean == pytest.approx(statistics.fmean(expected))
        assert share.standard_error == pytest.approx(statistics.stdev(expected) / math.sqrt(len(expected)))

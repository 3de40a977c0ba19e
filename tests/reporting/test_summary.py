from __future__ import annotations

import math
import random

import pytest

from pytest_mlebench.reporting.summary import Summary


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

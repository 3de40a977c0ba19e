from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.comparison.comparing import compare
from pytest_mlebench.reporting.comparison.forms import as_json, lines
from pytest_mlebench.reporting.results import Results

from .conftest import FACTS


def results(records, name="run", facts=FACTS):
    return Results(name=name, path=Path("/runs") / name, records=tuple(records), facts=facts, warnings=())


@pytest.fixture
def compared(attempts):
    """Compares two runs given as letters, a word a competition."""

    def make(a, b, **facts):
        return compare(results(attempts(a), "one"), results(attempts(b), "two", {**FACTS, **facts}))

    return make


def test_the_difference_is_that_of_the_medal_rates(compared):
    comparison = compared({"a": "Gn", "b": "nn", "c": "GG"}, {"a": "GS", "b": "Bn", "c": "nG"})
    assert [pair.difference for pair in comparison.pairs] == [0.5, 0.5, -0.5]
    assert comparison.difference.mean == pytest.approx(1 / 6)
    assert comparison.difference.low == pytest.approx(-0.5)
    assert comparison.difference.high == pytest.approx(0.5)


def test_turned_round_everything_turns_round(compared):
    a, b = {"a": "Gn", "b": "nn", "c": "GG", "d": "i-"}, {"a": "GS", "b": "Bn", "c": "nG", "d": "ni"}
    there, back = compared(a, b), compared(b, a)
    assert back.difference.mean == -there.difference.mean
    assert back.p_value == there.p_value
    assert (back.wins, back.losses, back.ties) == (there.losses, there.wins, there.ties)
    assert {pair.competition for pair in back.moved} == {pair.competition for pair in there.moved}


def test_the_exact_test_by_hand(compared):
    # Medals differ by +2, +1, -1: of the 8 ways to choose signs, sums of at least 2 in size: +-4, +-2 twice each.
    comparison = compared({"a": "nn", "b": "nG", "c": "Gn"}, {"a": "GG", "b": "GG", "c": "nn"})
    assert comparison.p_value == 6 / 8
    assert comparison.smallest_p_value == 2 / 8


def test_ten_won_and_none_lost_is_no_chance(compared):
    names = [f"c{i}" for i in range(12)]
    comparison = compared(dict.fromkeys(names, "nn"), {name: "Gn" if name < "c8" else "nn" for name in names})
    assert comparison.p_value == 2 / 2**10
    assert (len(comparison.moved), len(comparison.pairs)) == (10, 12)


def test_a_run_does_not_differ_from_itself(compared):
    letters = {"a": "Gn-", "b": "iBn", "c": "nnn"}
    comparison = compared(letters, letters)
    assert (comparison.difference.mean, comparison.difference.low, comparison.difference.high) == (0, 0, 0)
    assert (comparison.p_value, comparison.sign_p_value, comparison.moved) == (1.0, 1.0, ())
    assert (comparison.wins, comparison.losses, comparison.ties) == (0, 0, 3)
    assert comparison.final


def test_with_unlike_numbers_of_seeds_all_are_estimated_from_and_as_many_of_each_tested(compared):
    comparison = compared({"a": "nnnG", "b": "nn"}, {"a": "G", "b": "GGn"})
    assert [(pair.rate_a, pair.rate_b) for pair in comparison.pairs] == [(0.25, 1.0), (0.0, pytest.approx(2 / 3))]
    assert [(pair.tested, pair.tested_difference) for pair in comparison.pairs] == [(1, 1), (2, 2)]
    assert comparison.tested == 3


def test_raw_scores_are_compared_in_all_pairs_of_attempts(attempt):
    def run(*scores, **facts):
        return results([attempt("a", i, "n" if s is not None else "-", score=s, **facts) for i, s in enumerate(scores)])

    def better(a, b, **facts):
        (pair,) = compare(run(*a, **facts), run(*b, **facts)).pairs
        return pair.better

    assert better([0.5], [0.6]) == "b"
    assert better([0.5], [0.6], lower_is_better=True) == "a"
    assert better([0.5], [0.5]) == "equal"
    # A failure loses against any score, and ties with a failure.
    assert better([None], [0.1]) == "b"
    assert better([None, None], [None]) == "equal"
    # The best alone would favour many seeds, the mean alone a failure that is not counted: 4 pairs against 2.
    assert better([0.5, 0.5, 0.5], [0.4, 0.9]) == "equal"
    assert better([0.5, 0.5, 0.5], [0.4, 0.9, 0.4]) == "a"
    assert better([0.5], [None, 0.9]) == "equal"
    assert better([0.5], [0.6], lower_is_better=None) == "unknown"
    assert better([None], [None], lower_is_better=None) == "equal"


def test_a_score_that_is_not_finite_is_worse_than_any_that_is(attempt):
    a, b = attempt("a", 0, "n", score=None), attempt("a", 0, "n", score=-1e9)
    assert compare(results([a]), results([b])).pairs[0].better == "b"


def test_normalised_scores_are_compared_where_the_humans_are_known(attempt):
    board = catalog.get("builtin-wine").leaderboard
    direction = board.lower_is_better
    best, worst = board.scores[0], board.scores[-1]
    a = [attempt("builtin-wine", 0, "n", score=worst, lower_is_better=direction)]
    b = [attempt("builtin-wine", 0, "G", score=best, lower_is_better=direction)]
    comparison = compare(results(a), results(b))
    assert comparison.beaten_difference.mean > 0.9
    unknown = compare(results([attempt("x", 0, "n", rank=None)]), results([attempt("x", 0, "n", rank=None)]))
    assert unknown.beaten_difference is None


def test_what_moved_is_in_order_of_the_gain(compared):
    comparison = compared({"a": "GG", "b": "nG", "c": "nn", "d": "nn"}, {"a": "nn", "b": "nn", "c": "GG", "d": "nn"})
    assert [(pair.competition, pair.difference) for pair in comparison.moved] == [("c", 1.0), ("b", -0.5), ("a", -1.0)]


def test_only_what_both_attempted_is_compared(compared):
    comparison = compared({"a": "G", "b": "G", "c": "E"}, {"b": "n", "c": "G", "d": "G"})
    assert [pair.competition for pair in comparison.pairs] == ["b"]
    assert (comparison.only_a, comparison.only_b) == (("a",), ("c", "d"))
    assert comparison.a.shared.overall.competitions == 1


def test_runs_of_other_competitions_cannot_be_compared(compared):
    with pytest.raises(MlebenchError, match="no competition was attempted in both one and two"):
        compared({"a": "G"}, {"b": "G"})
    with pytest.raises(MlebenchError, match="nothing to compare"):
        compared({"a": "E"}, {"a": "G"})


def test_errors_make_a_comparison_not_final_unless_they_count_as_failures(attempts):
    a, b = results(attempts({"a": "GE"})), results(attempts({"a": "Gn"}))
    open_ = compare(a, b)
    assert (open_.final, open_.pairs[0].rate_a) == (False, 1.0)
    counted = compare(a, b, errors_as_failures=True)
    assert (counted.final, counted.pairs[0].rate_a) == (True, 0.5)


def test_errors_in_what_is_not_compared_do_not_matter(compared):
    assert compared({"a": "G", "b": "E"}, {"a": "n"}).final


def test_repaired_data_are_not_compared_with_data_as_published(attempts):
    a = results([*attempts({"a": "G"}), *attempts({"b": "G"})])
    b = results([*attempts({"a": "n"}), *attempts({"b": "n"}, fixed=True)])
    comparison = compare(a, b)
    assert [pair.competition for pair in comparison.pairs] == ["a"]
    assert (comparison.only_a, comparison.repaired) == ((), ("b",))


def test_unlike_settings_are_named(compared):
    comparison = compared({"a": "G"}, {"a": "G"}, time_limit=3600, agent={"name": "other"})
    assert [each.name for each in comparison.unlike] == ["time limit"]
    text = list(lines(comparison))
    assert text[0].startswith("UNLIKE SETTINGS")
    assert "time limit: 24h 00m in A, 1h 00m in B" in "\n".join(text[:5])
    assert any(line.startswith("differs: agent: baseline in A, other in B") for line in text)


def test_settings_of_a_grading_report_are_not_known_and_that_is_said(attempts):
    comparison = compare(results(attempts({"a": "G"})), results(attempts({"a": "n"}), "theirs", None))
    assert (comparison.settings, comparison.unlike) == (None, ())
    assert next(lines(comparison)).startswith("SETTINGS NOT KNOWN of theirs")


@pytest.mark.parametrize("width", [72, 80, 200])
def test_lines_keep_within_the_width(compared, width):
    names = ["rsna-miccai-brain-tumor-radiogenomic-classification", *(f"competition-{i}" for i in range(9))]
    comparison = compared(dict.fromkeys(names, "nnE"), dict.fromkeys(names, "GnB"), network="open")
    text = list(lines(comparison, width=width))
    assert all(len(line) <= width for line in text), max(text, key=len)
    assert any("10 competitions moved" in line for line in text)


def test_lines_say_the_figures(compared):
    comparison = compared({"a": "nn", "b": "nG", "c": "Gn"}, {"a": "GG", "b": "GG", "c": "nn"})
    text = "\n".join(lines(comparison, width=200))
    assert "any medal, B less A: +33.3 points (-50.0 to +100.0), 95 % interval" in text
    assert "exact paired test over 3 competitions, 6 attempts of each run: p = 0.75: chance alone could" in text
    assert "its smallest value is 0.25" in text
    assert "any medal         33.3 % ± 0.0   66.7 % ± 0.0" in text
    assert any(line.split()[:8] == ["a", "low", "0", "of", "2", "2", "of", "2"] for line in text.splitlines())


def test_names_cannot_steer_the_terminal(attempts):
    comparison = compare(
        results(attempts({"a\x1b[2J": "G"}, agent="x\x1b"), "one\n\x07"), results(attempts({"a\x1b[2J": "n"}))
    )
    assert all(line.isprintable() for line in lines(comparison))


def test_json_has_the_same(compared):
    comparison = compared({"a": "nn", "b": "nG", "z": "G"}, {"a": "GG", "b": "GG", "y": "i"}, fixed=True)
    value = json.loads(json.dumps(as_json(comparison), allow_nan=False))
    assert value["competitions"] == 2
    assert value["any_medal_difference"]["mean"] == comparison.difference.mean == 0.75
    assert (value["p_value"], value["attempts_tested"]) == (comparison.p_value, 4)
    assert [each["name"] for each in value["settings"] if each["unlike"]] == ["repaired data"]
    assert (value["only_in_a"], value["only_in_b"]) == (["z"], ["y"])
    assert value["pairs"][0]["b"]["outcomes"] == ["gold", "gold"]
    assert value["raw_scores"]["equal"] + value["raw_scores"]["b_better"] == 2

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_mlebench import catalog
from pytest_mlebench.leaderboard import Leaderboard
from pytest_mlebench.reporting.standing import Standings, packaged_board, share_beaten
from pytest_mlebench.reporting.summary import Summary

from .conftest import attempt as make_attempt

HIGHER = Leaderboard([0.9, 0.8, 0.8, 0.8, 0.5])
LOWER = Leaderboard([0.1, 0.2, 0.2, 0.2, 0.5])


@pytest.mark.parametrize(
    ("board", "score", "expected"),
    [
        (HIGHER, 0.95, 1.0),
        (HIGHER, 0.9, 0.9),
        (HIGHER, 0.85, 0.8),
        (HIGHER, 0.8, (1 + 1.5) / 5),
        (HIGHER, 0.5, 0.1),
        (HIGHER, 0.1, 0.0),
        (LOWER, 0.05, 1.0),
        (LOWER, 0.2, (1 + 1.5) / 5),
        (LOWER, 0.5, 0.1),
        (LOWER, 0.6, 0.0),
        # Compared as medals are: rounded to 5 decimals.
        (HIGHER, 0.800004, 0.5),
    ],
)
def test_ties_count_half(attempt, board, score, expected):
    assert share_beaten(attempt("a", 0, "n", score=score), board) == pytest.approx(expected)


@pytest.mark.parametrize("letter", "i-E")
def test_a_failure_beats_nobody(attempt, letter):
    assert share_beaten(attempt("a", 0, letter), HIGHER) == 0.0
    assert share_beaten(attempt("a", 0, letter), None) == 0.0


def test_without_the_leaderboard_the_recorded_rank_says_it(attempt):
    assert share_beaten(attempt("a", 0, "n", rank=1, teams=4), None) == 1.0
    assert share_beaten(attempt("a", 0, "n", rank=5, teams=4), None) == 0.0
    assert share_beaten(attempt("a", 0, "n", rank=2, teams=4), None) == 0.75
    assert share_beaten(attempt("a", 0, "n", rank=None), None) is None


def test_a_score_that_is_not_a_number_beats_nobody(attempt):
    assert share_beaten(attempt("a", 0, "n", score=None, rank=None), HIGHER) == 0.0


@given(st.lists(st.integers(0, 9), min_size=2), st.integers(-1, 10))
def test_direction_does_not_matter(scores, score):
    boards = Leaderboard(sorted(scores, reverse=True)), Leaderboard(sorted(-each for each in scores))
    assume(boards[1].lower_is_better)
    shares = [share_beaten(make_attempt("a", 0, "n", score=s), b) for s, b in zip((score, -score), boards, strict=True)]
    worse, same = sum(each < score for each in scores), scores.count(score)
    assert shares == pytest.approx([(worse + same / 2) / len(scores)] * 2)


def boards(id):
    return HIGHER if id in "ab" else None


def test_normalised_is_the_mean_over_attempts_failures_being_nothing(attempt):
    records = [
        attempt("a", 0, "G", score=0.95),  # 1.0
        attempt("a", 1, "-"),  # 0
        attempt("b", 0, "n", score=0.85),  # 0.8
        attempt("b", 1, "n", score=0.8),  # 0.5
    ]
    standings = Standings(Summary(records), boards)
    a, b = standings.by_competition
    assert (a.beaten, a.normalised) == ((1.0, 0.0), 0.5)
    assert b.normalised == pytest.approx(0.65)
    whole = standings.normalised()
    assert whole.mean == pytest.approx(0.575)
    assert (whole.low, whole.high) == pytest.approx((0.5, 0.65))


def test_scores_and_percentiles_of_each_attempt(attempt):
    records = [attempt("a", 0, "n", score=0.85), attempt("a", 1, "i"), attempt("a", 2, "n", score=0.8)]
    (standing,) = Standings(Summary(records), boards).by_competition
    assert standing.scores == (0.85, None, 0.8)
    assert standing.percentiles == (80.0, None, 50.0)


def test_missing_attempts_beat_nobody_where_seeds_are_padded(attempt):
    records = [attempt("a", 0, "G", score=0.95), attempt("a", 1, "G", score=0.95), attempt("b", 0, "G", score=0.95)]
    standings = Standings(Summary(records, padded=True), boards)
    assert [each.normalised for each in standings.by_competition] == [1.0, 0.5]


def test_errors_beat_nobody_where_they_count_as_failures(attempt):
    records = [attempt("a", 0, "G", score=0.95), attempt("a", 1, "E")]
    assert Standings(Summary(records), boards).normalised().mean == 1.0
    assert Standings(Summary(records, errors_as_failures=True), boards).normalised().mean == 0.5


def test_a_competition_that_cannot_be_placed_is_named_and_left_out(attempt):
    records = [attempt("a", 0, "G", score=0.95), attempt("x", 0, "G", rank=None)]
    standings = Standings(Summary(records), boards)
    assert standings.unknown == ("x",)
    assert standings.normalised().mean == 1.0
    assert Standings(Summary(records[1:]), boards).normalised() is None


def test_groups(attempt):
    records = [
        attempt("a", 0, "G", score=0.95, complexity="low", category="tabular"),
        attempt("b", 0, "n", score=0.1, complexity="high", category="video"),
        attempt("b", 1, "n", score=0.9, complexity="high", category="video", fixed=True),
    ]
    standings = Standings(Summary(records), boards)
    means = {group: standings.normalised(group).mean for group in ("all", "low", "high", "repaired")}
    assert means == {"all": 0.5, "low": 1.0, "high": 0.0, "repaired": 0.9}
    assert standings.normalised(category="tabular").mean == 1.0
    assert standings.normalised("medium") is None


def test_the_packaged_leaderboards_are_found():
    assert packaged_board("spaceship-titanic").teams == catalog.get("spaceship-titanic").leaderboard.teams
    assert packaged_board("of-another-package") is None

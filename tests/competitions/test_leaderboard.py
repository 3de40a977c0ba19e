from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.leaderboard import Leaderboard, medal_positions

POSITIONS = {
    1: (1, 1, 1),
    2: (1, 1, 1),
    4: (1, 1, 1),
    5: (1, 1, 2),
    9: (1, 1, 3),
    10: (1, 2, 4),
    29: (2, 5, 11),
    99: (9, 19, 39),
    100: (10, 20, 40),
    101: (10, 20, 40),
    249: (10, 49, 99),
    250: (10, 50, 100),
    499: (10, 50, 100),
    500: (11, 50, 100),
    999: (11, 50, 100),
    1000: (12, 50, 100),
    1242: (12, 62, 124),
    2288: (14, 114, 228),
    3219: (16, 160, 321),
    12345: (34, 617, 1234),
}


@pytest.mark.parametrize(("teams", "positions"), POSITIONS.items())
def test_medals_end_at_the_positions_of_the_published_table(teams, positions):
    assert medal_positions(teams) == positions


@pytest.mark.parametrize(("teams", "positions"), POSITIONS.items())
@pytest.mark.parametrize("lower_is_better", [False, True])
def test_thresholds_are_the_scores_at_the_positions(teams, positions, lower_is_better):
    scores = [float(n) if lower_is_better else float(-n) for n in range(teams)]
    board = Leaderboard(scores)
    assert (board.gold, board.silver, board.bronze) == tuple(scores[position - 1] for position in positions)
    assert board.teams == teams
    assert board.median == statistics.median(scores)
    assert board.lower_is_better == (lower_is_better and teams > 1)


@given(st.integers(1, 20_000))
def test_positions_are_the_truncated_decimal_fractions(teams):
    if teams < 100:
        expected = tuple(max(1, int(share * teams)) for share in (0.1, 0.2, 0.4))
    elif teams < 250:
        expected = (10, int(0.2 * teams), int(0.4 * teams))
    elif teams < 1000:
        expected = (10 + int(0.002 * teams), 50, 100)
    else:
        expected = (10 + int(0.002 * teams), int(0.05 * teams), int(0.1 * teams))
    assert medal_positions(teams) == expected


HIGHER = [0.99, 0.95, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]


@pytest.mark.parametrize(
    ("score", "medal", "rank", "above"),
    [
        (1.0, "gold", 1, True),
        (0.99, "gold", 1, True),
        (0.989996, "gold", 1, True),
        (0.989994, "silver", 2, True),
        (0.95, "silver", 2, True),
        (0.92, "bronze", 4, True),
        (0.9, "bronze", 4, True),
        (0.89, None, 5, True),
        (0.76, None, 6, True),
        (0.75, None, 6, False),
        (0.65, None, 7, False),
        (0.3, None, 10, False),
        (0.1, None, 11, False),
        (math.inf, "gold", 1, True),
        (-math.inf, None, 11, False),
    ],
)
def test_a_score_earns_what_it_reaches_after_rounding_in_both_directions(score, medal, rank, above):
    for board, given_score in ((Leaderboard(HIGHER), score), (Leaderboard([-s for s in HIGHER]), -score)):
        assert board.medal(given_score) == medal
        assert board.rank(given_score) == rank
        assert board.above_median(given_score) is above


def test_a_score_at_the_median_is_not_above_it():
    board = Leaderboard([3.0, 2.0, 1.0])
    assert board.median == 2.0
    assert not board.above_median(2.0)
    assert board.above_median(2.00001)
    assert not board.above_median(2.000001)


def test_not_a_number_earns_nothing():
    board = Leaderboard(HIGHER)
    assert board.medal(math.nan) is None
    assert board.above_median(math.nan) is False
    with pytest.raises(ValueError, match="no rank"):
        board.rank(math.nan)


def test_equal_scores_throughout_mean_that_higher_is_better():
    board = Leaderboard([1.0, 1.0])
    assert not board.lower_is_better
    assert board.medal(1.0) == "gold"
    assert board.medal(2.0) == "gold"
    assert board.medal(0.0) is None


@given(st.lists(st.floats(-1e6, 1e6).map(lambda s: round(s, 5)), min_size=1), st.floats(-1e6, 1e6), st.booleans())
def test_rank_and_medal_agree_with_counting(scores, score, lower):
    board = Leaderboard(sorted(scores, reverse=not lower))
    shown = round(score, 5)
    better = [s < shown if board.lower_is_better else s > shown for s in scores]
    assert board.rank(score) == 1 + sum(better)
    worse = [s > shown if board.lower_is_better else s < shown for s in board.scores]
    medals = [
        m
        for m, t in zip(("gold", "silver", "bronze"), medal_positions(len(scores)), strict=True)
        if shown == board.scores[t - 1] or worse[t - 1]
    ]
    assert board.medal(score) == (medals[0] if medals else None)


def test_reading_takes_the_column_score_in_file_order(tmp_path):
    path = tmp_path / "leaderboard.csv"
    path.write_text("team,score\na,0.5\nb,0.25\n")
    assert Leaderboard.read(path).scores == (0.5, 0.25)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("score\n1\nx\n", "line 3: no number in a column 'score'"),
        ("points\n1\n", "line 2: no number in a column 'score'"),
        ("team,score\na\n", "line 2: no number in a column 'score'"),
        ("score\n", "needs at least one score"),
        ("", "needs at least one score"),
        ("score\nnan\n", "finite scores only"),
    ],
)
def test_a_wrong_leaderboard_is_named_with_its_file(tmp_path, text, message):
    path = tmp_path / "leaderboard.csv"
    path.write_text(text)
    with pytest.raises(MlebenchError) as caught:
        Leaderboard.read(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_leaderboard_is_named(tmp_path):
    with pytest.raises(MlebenchError, match=r"cannot read the leaderboard .*leaderboard\.csv"):
        Leaderboard.read(tmp_path / "leaderboard.csv")

"""Leaderboards and attempts on one scale, and the pictures of them."""

from __future__ import annotations

import re
from itertools import count
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench import catalog
from pytest_mlebench.attempts.record import AttemptRecord, Snapshot
from pytest_mlebench.leaderboard import Leaderboard
from pytest_mlebench.reporting.page.boards import BINS, board
from pytest_mlebench.reporting.page.drawing import apart, drawing, ticks
from pytest_mlebench.reporting.page.leaderboard_plots import BoardPlots, CoursePlots
from pytest_mlebench.reporting.page.svg import COLOURS, Label, inline


def record(leaderboard: Leaderboard, score: float | None, seed: int = 0, **facts) -> AttemptRecord:
    medal = None if score is None else leaderboard.medal(score)
    return AttemptRecord(
        competition="one",
        complexity="low",
        category="tabular",
        seed=seed,
        agent="agent",
        outcome="no_submission" if score is None else medal or "valid",
        score=score,
        medal=medal,
        **leaderboard.thresholds,
        **facts,
    )


@pytest.mark.parametrize("name", ["spooky-author-identification", "AI4Code", "bms-molecular-translation"])
def test_better_scores_lie_further_right_and_every_team_is_counted(name):
    leaderboard = catalog.get(name).leaderboard
    made = board([record(leaderboard, leaderboard.scores[3])], leaderboard.scores)
    assert made is not None
    assert len(made.humans) == BINS
    assert sum(made.humans) + made.worse + made.better == leaderboard.teams
    marks = dict(made.marks)
    assert 0 < marks["median"] < marks["bronze"] <= marks["silver"] <= marks["gold"] <= 1
    assert made.lower_is_better is leaderboard.lower_is_better
    better, worse = leaderboard.scores[0], leaderboard.scores[-1]
    assert made.position(better) > made.position(worse)


def test_an_attempt_off_the_scale_stands_at_its_end():
    leaderboard = Leaderboard([1.0 - i / 1000 for i in range(500)])
    made = board(
        [record(leaderboard, -1e9), record(leaderboard, 0.995, 1), record(leaderboard, None, 2)], leaderboard.scores
    )
    assert made is not None
    assert [outcome for _, outcome in made.attempts] == ["valid", "gold"]
    assert made.attempts[0][0] == 0.0
    assert made.attempts[1][0] > dict(made.marks)["gold"]


def test_without_a_leaderboard_the_thresholds_make_the_scale():
    leaderboard = Leaderboard([1.0 - i / 1000 for i in range(500)])
    made = board([record(leaderboard, 0.7)], [])
    assert made is not None
    assert made.humans == ()
    assert [name for name, _ in made.marks] == ["median", "bronze", "silver", "gold"]


def test_without_thresholds_there_is_nothing_to_draw(attempt):
    assert board([attempt("one", 0, "-", lower_is_better=None)], [1.0, 2.0]) is None


def test_few_attempts_are_followed_over_time_one_by_one_and_many_by_their_quartiles():
    leaderboard = Leaderboard([1.0 - i / 1000 for i in range(500)])
    snapshots = (Snapshot(elapsed=3600.0, outcome="valid", score=0.6), Snapshot(elapsed=7200.0, outcome="invalid"))

    def attempts(number):
        return [record(leaderboard, 0.9, seed, seconds=9000.0, snapshots=snapshots) for seed in range(number)]

    few = board(attempts(3), leaderboard.scores)
    assert few is not None
    assert [hours for hours, _ in few.tracks[0].points] == [1.0, 2.5]
    assert few.course == ()
    many = board(attempts(100), leaderboard.scores)
    assert many is not None
    assert many.tracks == ()
    hours, lower, middle, upper = many.course[-1]
    assert hours == 2.5
    assert lower == middle == upper == many.position(0.9)


finite = st.floats(allow_nan=False, allow_infinity=False)
near = st.floats(-1e3, 1e3)


@given(
    scores=st.lists(finite, min_size=1, max_size=30) | st.lists(near, min_size=1, max_size=30),
    ours=st.lists(finite | near, max_size=5),
    known=st.booleans(),
)
def test_whatever_the_scores_are_a_picture_can_be_drawn(scores, ours, known):
    leaderboard = Leaderboard(scores)
    snapshots = tuple(Snapshot(elapsed=60.0 * i, outcome="valid", score=score) for i, score in enumerate(ours, 1))
    records = [record(leaderboard, score, i, seconds=600.0, snapshots=snapshots) for i, score in enumerate(ours)]
    made = board([*records, record(leaderboard, None, 99)], scores if known else [])
    if made is None:
        return
    assert all(0 <= place <= 1 for _, place in made.marks)
    assert all(0 <= place <= 1 for place, _ in made.attempts)
    with drawing():
        for picture in (BoardPlots().draw(made), CoursePlots(0.2).draw(made)):
            text = inline(picture, count(1), "a title", "a text")
            ElementTree.fromstring(text)
            assert "nan" not in text
            assert "inf" not in text


def test_a_picture_is_small_has_no_style_and_says_what_it_shows():
    leaderboard = catalog.get("spooky-author-identification").leaderboard
    made = board([record(leaderboard, leaderboard.scores[200])], leaderboard.scores)
    assert made is not None
    with drawing():
        picture = BoardPlots().draw(made)
        again = BoardPlots().draw(made)
    assert picture == again
    text = inline(picture, count(7), "<title> & more", '"text"')
    assert len(text) < 4000
    assert "style" not in text
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "t7 d7"
    assert [root[0].text, root[1].text] == ["<title> & more", '"text"']
    classes = {name for element in root.iter() for name in element.get("class", "").split()}
    assert classes <= {f"{kind}-{name}" for kind in "fs" for name in COLOURS}
    assert {"f-humans", "s-gold", "s-bronze", "s-ink"} <= classes


def test_one_figure_draws_many_competitions_and_forgets_the_last():
    plots = BoardPlots()
    names = ("spooky-author-identification", "AI4Code")
    boards = []
    for name in names:
        leaderboard = catalog.get(name).leaderboard
        boards.append(board([record(leaderboard, leaderboard.scores[0])], leaderboard.scores))
    empty = board([record(Leaderboard([1.0, 0.5]), None)], [])
    with drawing():
        first = plots.draw(boards[0])
        plots.draw(boards[1])
        bare = plots.draw(empty)
        assert plots.draw(boards[0]) == first
    assert "humans" not in bare.drawn
    assert COLOURS["humans"] in first.drawn
    assert COLOURS["humans"] not in bare.drawn


def test_many_attempts_are_counted_like_the_teams():
    leaderboard = catalog.get("AI4Code").leaderboard
    attempts = [record(leaderboard, leaderboard.scores[seed * 3], seed) for seed in range(300)]
    few, many = board(attempts[:60], leaderboard.scores), board(attempts, leaderboard.scores)
    assert few is not None
    assert many is not None
    plots = BoardPlots()
    with drawing():
        dots, bars = plots.draw(few), plots.draw(many)
    assert "stroke-linecap: round" in dots.drawn
    assert "stroke-linecap: round" not in bars.drawn
    assert f"fill: {COLOURS['ours']}" in bars.drawn
    assert len(inline(bars, count(1), "", "")) < 8000


def test_labels_are_moved_apart_as_little_as_it_takes():
    assert apart([(10, "a"), (50, "b")], 10, 0, 100) == [(10, "a"), (50, "b")]
    assert apart([(50, "a"), (50, "b")], 10, 0, 100) == [(45, "a"), (55, "b")]
    assert apart([(99, "a"), (100, "b"), (100, "c")], 10, 0, 100) == [(80, "a"), (90, "b"), (100, "c")]
    assert apart([(0, "a"), (1, "b")], 10, 0, 100) == [(0, "a"), (10, "b")]


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0, 1, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0.998, 1.0, ["0.998", "0.999", "1.000"]),
        (-3, 5, ["−2", "0", "2", "4"]),
        (1e7, 3e7, ["1e+07", "1.5e+07", "2e+07", "2.5e+07", "3e+07"]),
        (5, 5, []),
    ],
)
def test_round_numbers_are_written_with_as_many_digits_as_they_need(low, high, texts):
    assert [text for _, text in ticks(low, high, 4)] == texts


def test_labels_are_text_of_the_page():
    leaderboard = catalog.get("AI4Code").leaderboard
    made = board([record(leaderboard, 0.9)], leaderboard.scores)
    assert made is not None
    with drawing():
        picture = BoardPlots().draw(made)
    assert not re.search("<text", picture.drawn)
    assert {label.text for label in picture.labels} >= {"G", "S", "B", "m"}
    assert all(isinstance(label, Label) and 0 <= label.x <= 360 for label in picture.labels)

"""Snapshots: what is there at each mark is kept and graded, whatever the agent does with it meanwhile."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from pytest_mlebench.attempts.folders import AttemptFolder
from pytest_mlebench.attempts.snapshots import Snapshots, graded_again
from pytest_mlebench.errors import GraderError
from pytest_mlebench.grading.grade import Grade

EVERY = 1.0


def graded(score: float, **more) -> Grade:
    facts = {"competition": "toy", "valid": True, "medal": "gold", "above_median": True, "teams": 10}
    thresholds = {"gold": 0.4, "silver": 0.3, "bronze": 0.2, "median": 0.1, "lower_is_better": False}
    return Grade(**{**facts, **thresholds, "score": score, "raw_score": score, **more})


def grade_of(path: Path) -> Grade:
    """The number in the file is its score."""
    text = path.read_text()
    if text == "bad":
        raise GraderError("the grader broke")
    return graded(float(text))


@pytest.fixture
def attempt(tmp_path) -> AttemptFolder:
    folder = AttemptFolder(tmp_path / "toy" / "seed-0")
    folder.create()
    return folder


def submit(attempt: AttemptFolder, text: str) -> None:
    beside = attempt.code / "new.csv"
    beside.write_text(text)
    beside.replace(attempt.submission / "submission.csv")


class Taking:
    """Snapshots that are taken now; `wait(n)` until there are n."""

    def __init__(self, attempt: AttemptFolder, grade=grade_of) -> None:
        self.said = ()
        self._more = threading.Condition()
        self.snapshots = Snapshots(attempt, EVERY, grade, self._taken)
        self.snapshots.start()

    def _taken(self, snapshots) -> None:
        with self._more:
            self.said = snapshots
            self._more.notify_all()

    def wait(self, n: int) -> None:
        self.until(lambda: len(self.said) >= n)

    def until(self, condition) -> None:
        with self._more:
            assert self._more.wait_for(condition, timeout=60)


def test_each_mark_keeps_and_grades_what_is_there(attempt):
    taking = Taking(attempt)
    taking.wait(1)
    submit(attempt, "0.5")
    taking.until(lambda: taking.said[-1].score == 0.5)
    submit(attempt, "0.75")
    taking.wait(len(taking.said) + 2)
    snapshots = taking.snapshots.stop()
    assert snapshots[0].outcome == "no_submission"
    scores = [snapshot.score for snapshot in snapshots if snapshot.score is not None]
    assert scores == sorted(scores)
    assert set(scores) == {0.5, 0.75}
    assert [s.elapsed for s in snapshots] == sorted(s.elapsed for s in snapshots)
    last = attempt.snapshot(snapshots[-1].elapsed)
    assert (last / "submission.csv").read_text() == "0.75"


def test_what_did_not_change_is_graded_once_and_stored_once(attempt):
    seen = []

    def grade(path: Path) -> Grade:
        seen.append(path)
        return grade_of(path)

    submit(attempt, "0.5")
    taking = Taking(attempt, grade)
    taking.wait(2)
    assert {snapshot.score for snapshot in taking.snapshots.stop()} == {0.5}
    assert len(seen) == 1
    assert seen[0].stat().st_nlink >= 2


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/passwd")])
def test_what_is_no_file_is_invalid_and_nothing_hangs(attempt, make):
    make(attempt.submission / "submission.csv")
    taking = Taking(attempt)
    taking.wait(1)
    snapshot = taking.snapshots.stop()[0]
    assert (snapshot.outcome, snapshot.score) == ("invalid", None)
    assert "submission.csv is a" in snapshot.reason


def test_a_folder_that_was_replaced_by_a_link_is_not_followed(attempt, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "submission.csv").write_text("1")
    attempt.submission.rmdir()
    attempt.submission.symlink_to(tmp_path / "secret")
    taking = Taking(attempt)
    taking.wait(1)
    assert taking.snapshots.stop()[0].outcome == "invalid"


def test_a_grader_that_breaks_is_an_error_and_the_next_mark_follows(attempt):
    submit(attempt, "bad")
    taking = Taking(attempt)
    taking.wait(1)
    submit(attempt, "0.5")
    taking.wait(len(taking.said) + 2)
    snapshots = taking.snapshots.stop()
    assert (snapshots[0].outcome, snapshots[0].reason) == ("error", "the grader broke")
    assert snapshots[-1].score == 0.5


def test_a_file_that_is_too_large_is_not_copied(attempt):
    (attempt.submission / "submission.csv").touch()
    os.truncate(attempt.submission / "submission.csv", 5 << 30)
    taking = Taking(attempt)
    taking.wait(1)
    assert taking.snapshots.stop()[0].outcome == "invalid"
    assert not list(attempt.root.glob("snapshots/*/submission.csv"))


def test_marks_that_pass_while_one_is_graded_are_left_out(attempt):
    def slow(path: Path) -> Grade:
        time.sleep(2.5 * EVERY)  # or longer: as many more marks are left out
        return grade_of(path)

    submit(attempt, "0.5")
    taking = Taking(attempt, slow)
    taking.wait(1)
    submit(attempt, "0.6")
    taking.wait(2)
    first, second, *_ = taking.snapshots.stop()
    assert second.elapsed - first.elapsed > 1.5 * EVERY


def test_grading_again_changes_what_was_kept_and_nothing_else(attempt):
    taking = Taking(attempt)
    taking.wait(1)
    submit(attempt, "0.5")
    taking.wait(len(taking.said) + 2)
    snapshots = taking.snapshots.stop()

    def better(path: Path) -> Grade:
        return graded(0.9, medal=None)

    again = graded_again(attempt, snapshots, better)
    assert again[0] == snapshots[0]
    assert (again[-1].score, again[-1].outcome) == (0.9, "above_median")

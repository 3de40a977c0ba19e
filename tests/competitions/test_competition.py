"""A competition as an object: where its parts come from, and who is to blame when one fails."""

from __future__ import annotations

import math

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.competition import Competition
from pytest_mlebench.errors import GraderError, HarnessError

TOML = """\
id = "mine"
title = "Mine"
category = "tabular"
complexity = "low"
source = "kaggle"
answers = "test.csv"
sample_submission = "sample_submission.csv"
[metric]
name = "accuracy"
"""
MEAN = """
def grade(submission, answers):
    return float((submission["label"] == answers["label"]).mean())
"""


@pytest.fixture
def make(tmp_path):
    """Make a competition of the given task.py, with answers for three rows."""

    def make(task: str = MEAN, toml: str = TOML) -> Competition:
        folder = tmp_path / "mine"
        folder.mkdir()
        (folder / "competition.toml").write_text(toml)
        (folder / "leaderboard.csv").write_text("score\n0.9\n0.6\n0.3\n")
        (folder / "task.py").write_text(task)
        (tmp_path / "private").mkdir()
        (tmp_path / "private" / "test.csv").write_text("id,label\n1,7\n2,8\n3,9\n")
        return Competition.read(folder)

    return make


@pytest.fixture
def grade(tmp_path):
    """Grade a CSV text."""

    def grade(competition: Competition, text: str = "id,label\n1,7\n2,8\n3,0\n"):
        (tmp_path / "submission.csv").write_text(text)
        return competition.grade(tmp_path / "submission.csv", tmp_path / "private")

    return grade


def test_a_grade_holds_score_medal_rank_and_thresholds(make, grade):
    got = grade(make())
    assert got.valid
    assert got.reason is None
    assert got.raw_score == 2 / 3
    assert got.score == 0.66667
    assert got.medal is None
    assert got.above_median
    assert (got.rank, got.teams) == (2, 3)
    assert (got.gold, got.silver, got.bronze, got.median) == (0.9, 0.9, 0.9, 0.6)
    assert not got.lower_is_better
    assert got.competition == "mine"


@pytest.mark.parametrize(
    ("value", "reason", "medal", "rank", "above"),
    [
        ("nan", "the score is not a number", None, None, False),
        ("inf", "the score is infinite", "gold", 1, True),
        ("-inf", "the score is infinite", None, 4, False),
    ],
)
def test_scores_that_are_no_finite_number_are_valid_and_say_so(make, grade, value, reason, medal, rank, above):
    got = grade(make(f"def grade(submission, answers):\n    return float('{value}')\n"))
    assert got.valid
    assert got.reason == reason
    assert str(got.raw_score) == value
    assert got.score == got.raw_score or math.isnan(got.score)
    assert (got.medal, got.rank, got.above_median) == (medal, rank, above)


def test_the_scores_of_numpy_come_back_as_plain_floats(make, grade):
    task = "import numpy\ndef grade(submission, answers):\n    return numpy.float64(0.1234567)\n"
    got = grade(make(task))
    assert type(got.score) is type(got.raw_score) is float
    assert got.score == 0.12346


def test_what_a_grader_refuses_is_invalid_with_its_reason(make, grade):
    task = """
from pytest_mlebench.errors import InvalidSubmissionError
def grade(submission, answers):
    raise InvalidSubmissionError("write more rows")
"""
    got = grade(make(task))
    assert not got.valid
    assert got.reason == "write more rows"
    assert got.score is got.raw_score is got.medal is got.rank is None
    assert not got.above_median


def test_a_file_that_cannot_be_read_is_invalid(make, grade, tmp_path):
    competition = make()
    assert not grade(competition, "").valid
    got = competition.grade(tmp_path / "nowhere.csv", tmp_path / "private")
    assert not got.valid
    assert "nowhere.csv" in got.reason


def test_a_failure_on_odd_values_is_the_submissions_and_shows_none_of_the_answers(make, grade):
    task = """
def grade(submission, answers):
    for given, right in zip(submission["label"], answers["label"]):
        if given == 0:
            raise ValueError(f"zero where {right} is right")
    return 1.0
"""
    got = grade(make(task))
    assert not got.valid
    assert "cannot make sense of its values" in got.reason
    assert "9" not in got.reason
    assert "zero" not in got.reason


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("def grade(submission, answers):\n    return 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def grade(submission, answers):\n    return None\n", "TypeError: float()"),
        ("def grade(submission, answers):\n    return answers['missing'].mean()\n", "KeyError: 'missing'"),
        ("def grade(submission):\n    return 1.0\n", "takes 1 positional argument"),
        ("def grade(submission, answers):\n    raise MemoryError\n", "MemoryError"),
        ("grades = 1\n", "has no function grade"),
        ("def grade(:\n", "cannot be loaded: SyntaxError"),
        ("import nothing_of_that_name\n", "cannot be loaded: ModuleNotFoundError"),
        (MEAN + "def read_answers(private):\n    return open(private / 'no.csv')\n", "cannot be read: FileNotFound"),
        ("READ_OPTIONS = {'nonsense': 1}\n" + MEAN, "unexpected keyword argument 'nonsense'"),
    ],
)
def test_a_broken_grader_is_ours_and_named(make, grade, task, message):
    competition = make(task)
    with pytest.raises(GraderError) as caught:
        grade(competition)
    assert message in str(caught.value)
    assert "mine" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_hostile_submission_does_not_make_a_grader_look_broken_by_changing_the_answers(make, grade):
    task = """
def grade(submission, answers):
    answers["label"] = None
    return float(submission["label"].map(lambda cell: cell + 1).mean())
"""
    assert not grade(make(task), "id,label\n1,a\n2,b\n3,c\n").valid


def test_answers_are_read_once_until_another_competition_or_other_answers_come(make, tmp_path):
    task = """
from pytest_mlebench.preparing.tables import read_csv

def read_answers(private):
    with (private / "reads").open("a") as log:
        log.write("x")
    return read_csv(private / "test.csv")

def grade(submission, answers):
    return float((submission["label"] == answers["label"]).mean())
"""
    competition, private = make(task), tmp_path / "private"
    reads = private / "reads"
    for _ in range(3):
        assert competition.grade(private / "test.csv", private).raw_score == 1
    assert reads.read_text() == "x"
    answers = (private / "test.csv").read_text()
    (private / "new.csv").write_text(answers.replace("1", "0"))
    (private / "new.csv").replace(private / "test.csv")
    assert competition.grade(private / "test.csv", private).raw_score == 1
    assert reads.read_text() == "xx"


def test_the_control_is_the_gold_submission_where_answers_are_no_submission(make, grade, tmp_path):
    task = """
def read_answers(private):
    return (private / "test.csv").read_text()
def grade(submission, answers):
    return float(submission["given"].add(1).mean())
"""
    competition = make(task, TOML.replace("[metric]", 'gold_submission = "gold.csv"\n[metric]'))
    (tmp_path / "private" / "gold.csv").write_text("given\n1\n")
    assert grade(competition, "given\n1\n").valid
    assert not grade(competition, "given\na\n").valid
    (tmp_path / "private" / "gold.csv").unlink()
    with pytest.raises(GraderError, match=r"broken, it fails on the answers themselves: .*gold\.csv"):
        grade(competition, "given\na\n")


def test_missing_answers_are_the_harness_and_say_what_to_do(make, grade, tmp_path):
    competition = make()
    (tmp_path / "private" / "test.csv").unlink()
    with pytest.raises(HarnessError, match=r"answers of mine are not at .*test\.csv: prepare its data again"):
        grade(competition)


def test_read_options_go_to_pandas(make, grade):
    task = "READ_OPTIONS = {'sep': ';', 'dtype': str}\ndef grade(s, a):\n    return float(s['label'][0] == '07')\n"
    assert grade(make(task), "id;label\n1;07\n").score == 1.0


def test_warnings_of_a_grader_neither_show_nor_fail(make, grade):
    task = "import warnings\ndef grade(s, a):\n    warnings.warn('odd values')\n    return 1.0\n"
    assert grade(make(task)).score == 1.0


def test_a_grade_does_not_depend_on_graders_printing(make, grade, capsys):
    assert grade(make()).valid
    assert capsys.readouterr() == ("", "")


def test_what_fails_while_preparing_is_told_in_one_line(make, tmp_path):
    task = "def prepare(raw, public, private):\n    (raw / 'train.csv').read_text()\n" + MEAN
    with pytest.raises(HarnessError, match=r"mine: preparing .*raw failed: FileNotFoundError: .*train\.csv"):
        make(task).prepare(tmp_path / "raw", tmp_path / "public", tmp_path / "private")


def test_only_competitions_with_make_raw_make_raw_data(make, tmp_path):
    with pytest.raises(HarnessError, match=r"task\.py has no function make_raw: its raw data must be downloaded"):
        make().make_raw(tmp_path)


def test_competitions_are_equal_and_hashable_by_folder(make):
    competition = make()
    assert competition == Competition.read(competition.folder)
    assert hash(competition) == hash(Competition.read(competition.folder))
    assert competition != catalog.get("spaceship-titanic")

"""mlebench grade-sample and grade."""

from __future__ import annotations

import json
import shutil

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord


@pytest.fixture
def submissions(wine, tmp_path):
    """A good, a poor and a bad submission, in a folder."""
    folder = tmp_path / "here" / "given"
    folder.mkdir()
    shutil.copy(wine.private / "test.csv", folder / "best.csv")
    shutil.copy(wine.public / "sample_submission.csv", folder / "sample.csv")
    (folder / "bad.csv").write_text("id,A\n1,x\n")
    return folder


def write_list(path, *lines):
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def entry(path):
    return {"competition_id": "builtin-wine", "submission_path": path}


def test_a_sample_that_is_valid(mlebench, submissions):
    result = mlebench("grade-sample", submissions / "best.csv", "builtin-wine", "--json")
    assert result.exit_code == 0
    value = json.loads(result.stdout)
    assert value["medal"] == "gold"
    assert value["rank"] == 1
    text = mlebench("grade-sample", submissions / "sample.csv", "builtin-wine").stdout
    assert text.startswith("builtin-wine: score 1.07839, rank ")
    assert "no medal, not above the median" in text


def test_a_sample_that_is_invalid(mlebench, submissions):
    result = mlebench("grade-sample", submissions / "bad.csv", "builtin-wine")
    assert result.exit_code == 1
    assert result.stdout.startswith("builtin-wine: invalid: ")
    assert len(result.stdout.splitlines()) == 1
    value = json.loads(mlebench("grade-sample", submissions / "bad.csv", "builtin-wine", "--json").stdout)
    assert value["valid"] is False


def test_a_sample_that_is_not_there(mlebench, wine):
    assert mlebench("grade-sample", "nothing.csv", "builtin-wine").exit_code == 2


def test_a_folder_is_no_submission(mlebench, submissions):
    assert mlebench("grade-sample", submissions, "builtin-wine").exit_code == 1


def test_a_sample_of_what_is_not_prepared(mlebench, submissions):
    result = mlebench("grade-sample", submissions / "best.csv", "spaceship-titanic")
    assert result.exit_code == 3
    assert "`mlebench prepare spaceship-titanic`" in result.stderr


def test_a_list_has_paths_relative_to_itself(mlebench, submissions, tmp_path):
    listed = write_list(submissions / "list.jsonl", entry("best.csv"), "", entry("sample.csv"))
    result = mlebench("grade", listed, "--output", tmp_path / "report.json")
    assert result.exit_code == 0, result.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["total_runs"] == report["total_valid_submissions"] == 2
    assert report["total_gold_medals"] == 1
    assert [one["submission_path"] for one in report["competition_reports"]] == ["best.csv", "sample.csv"]
    assert [one["gold_medal"] for one in report["competition_reports"]] == [True, False]
    assert json.loads(mlebench("grade", listed, "--json").stdout)["total_runs"] == 2


def test_a_list_with_missing_and_invalid_ones(mlebench, submissions):
    listed = write_list(
        submissions / "list.jsonl", entry("best.csv"), entry("gone.csv"), entry(None), entry("bad.csv"), entry("..")
    )
    result = mlebench("grade", listed, "--json")
    assert result.exit_code == 1
    reports = json.loads(result.stdout)["competition_reports"]
    assert [one["submission_exists"] for one in reports] == [True, False, False, True, True]
    assert [one["valid_submission"] for one in reports] == [True, False, False, False, False]
    text = mlebench("grade", listed)
    assert "builtin-wine, seed 3: invalid: " in text.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2"),
        ("[]", "line 2"),
        ('{"competition_id": 5}', "line 2"),
        ('{"competition_id": "builtin-wine", "submission_path": 5}', "not a path"),
        ('{"competition_id": "builtin-wine", "submission_path": "\\u0000"}', "not a path"),
        ('{"competition_id": "builtin-vine", "submission_path": "a.csv"}', "did you mean builtin-wine"),
        ("[" * 100_000, "line 2"),
    ],
)
def test_a_line_that_says_nothing_is_named(mlebench, submissions, line, said):
    result = mlebench("grade", write_list(submissions / "list.jsonl", entry("best.csv"), line))
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_list(mlebench, submissions, content):
    (submissions / "list.jsonl").write_bytes(content)
    assert mlebench("grade", submissions / "list.jsonl").exit_code == 2


def test_data_that_is_not_prepared_is_named_before_anything_is_graded(mlebench, submissions):
    other = {"competition_id": "spaceship-titanic", "submission_path": "best.csv"}
    result = mlebench("grade", write_list(submissions / "list.jsonl", entry("best.csv"), other))
    assert result.exit_code == 3
    assert "mlebench prepare spaceship-titanic" in result.stderr
    assert result.stdout == ""


@pytest.fixture
def run(submissions, tmp_path):
    """A run of three attempts as they are recorded: one has no submission, one record is out of date."""
    run = RunFolder(tmp_path / "here" / "runs" / "monday")
    run.create({})
    for seed, name in enumerate(["best.csv", "sample.csv", None]):
        folder = run.attempt("builtin-wine", seed)
        folder.create()
        if name:
            shutil.copy(submissions / name, folder.submission / "submission.csv")
        folder.write_record(
            AttemptRecord(
                competition="builtin-wine",
                complexity="builtin",
                category="tabular",
                seed=seed,
                agent="somebody",
                outcome="valid" if name else "no_submission",
                created_at="2026-01-01T00:00:00+00:00",
                seconds=5.0,
                folder=f"builtin-wine/seed-{seed}",
            )
        )
    return run.root


@pytest.mark.parametrize("by", ["folder", "name"])
def test_a_run_is_graded_again_and_not_changed(mlebench, run, by):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    result = mlebench("grade", run if by == "folder" else "monday", "--json")
    assert result.exit_code == 1, "an attempt has no submission"
    reports = json.loads(result.stdout)["competition_reports"]
    assert [one["gold_medal"] for one in reports] == [True, False, False]
    assert reports[0]["submission_path"] == "monday/builtin-wine/seed-0/submission/submission.csv"
    assert reports[0]["created_at"] == "2026-01-01T00:00:00+00:00"
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_folder_that_is_no_run(mlebench, submissions):
    result = mlebench("grade", submissions)
    assert result.exit_code == 3
    assert "is it the folder of a run?" in result.stderr
    assert mlebench("grade", "tuesday").exit_code == 2


def test_a_report_that_cannot_be_written_is_one_line(mlebench, submissions, tmp_path):
    listed = write_list(submissions / "list.jsonl", entry("best.csv"))
    result = mlebench("grade", listed, "--output", tmp_path / "no" / "such" / "report.json")
    assert result.exit_code == 3
    assert "No such file or directory" in result.stderr

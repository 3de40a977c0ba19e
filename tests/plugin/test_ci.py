"""For CI: --mlebench-fail-under, the exit status by a threshold that was named, and --mlebench-summary, a file."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("percent", "status", "workers"),
    [("0", 0, ()), ("50", 0, ()), ("50.1", 1, ()), ("100", 1, ()), ("50", 0, ("-n2",)), ("60", 1, ("-n2",))],
)
def test_the_exit_status_says_whether_enough_attempts_earned_a_medal(directory, percent, status, workers):
    result = directory.run("by_seed", "--mlebench-attempts=2", f"--mlebench-fail-under={percent}", *workers)
    assert result.ret == status
    assert ("and --mlebench-fail-under wants" in result.stdout.str()) is bool(status)


def test_without_it_the_exit_status_is_pytests_own(directory):
    assert directory.run("by_seed", "--mlebench-attempts=2").ret == pytest.ExitCode.TESTS_FAILED
    assert directory.run("perfect").ret == pytest.ExitCode.OK


def test_an_error_of_the_harness_is_never_enough(directory):
    task = directory.path / "own/toy/task.py"
    task.write_text(task.read_text().replace("def grade(", "def another_name("))
    result = directory.run("perfect", "--mlebench-fail-under=0")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["mlebench: 1 error of the harness: --mlebench-fail-under*"])


def test_a_run_without_attempts_is_never_enough(directory):
    result = directory.run("perfect", "--mlebench-fail-under=10", k="nothing-of-this-name")
    assert result.ret != pytest.ExitCode.OK


@pytest.mark.parametrize("percent", ["-1", "101", "many"])
def test_what_is_no_percentage_is_refused(directory, percent):
    result = directory.run("perfect", f"--mlebench-fail-under={percent}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_summary_is_written_as_markdown(directory):
    directory.run("by_seed", "--mlebench-attempts=2", "--mlebench-summary=summary.md", "-n2")
    text = (directory.path / "summary.md").read_text()
    assert text.startswith("# ")
    assert "50" in text
    assert "| toy" in text


def test_a_summary_that_cannot_be_written_is_told_and_the_run_is_whole(directory):
    result = directory.run("perfect", "--mlebench-summary=nowhere/summary.md")
    result.stdout.fnmatch_lines(["mlebench: *nowhere/summary.md cannot be written: No such file or directory"])
    assert (directory.run_folder() / "grading_report.json").is_file()

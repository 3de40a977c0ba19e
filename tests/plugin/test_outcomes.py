"""What each kind of attempt comes out as, and what pytest shows and records of it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest


@pytest.mark.parametrize(
    ("agent", "word", "letter", "code"),
    [
        ("perfect", "GOLD", "G", 0),
        ("silver", "SILVER", "S", 0),
        ("bronze", "BRONZE", "B", 0),
        ("better_than_half", "ABOVE MEDIAN", "m", 1),
        ("poor", "NO MEDAL", "n", 1),
        ("invalid", "INVALID", "i", 1),
        ("lazy", "NO SUBMISSION", "-", 1),
    ],
)
def test_the_tier_is_the_outcome(directory, agent, word, letter, code):
    result = directory.run(agent)
    assert result.ret == code
    result.stdout.re_match_lines([rf"mlebench {letter} "])
    (attempt,) = directory.run_folder().glob("toy/seed-0/attempt.json")
    assert json.loads(attempt.read_text())["agent"] == agent
    verbose = directory.run(agent, "-v")
    verbose.stdout.fnmatch_lines([f"mlebench::test_competition*toy-0* {word} *"])


def test_a_failure_is_one_line_with_score_and_thresholds_and_no_traceback(directory):
    result = directory.run("poor")
    result.stdout.fnmatch_lines(
        ["NO MEDAL: score 0.20000, rank 11 of 10 (bronze 0.8, silver 0.9, gold 0.95, median 0.5; higher is better)"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*def test_competition*")
    result.stdout.fnmatch_lines(["NO MEDAL mlebench::test_competition?toy-0? - score 0.20000, rank 11 of 10*"])


def test_an_invalid_submission_says_why(directory):
    directory.run("invalid").stdout.fnmatch_lines(["INVALID: columns must be id,y*"])


def test_no_submission_tells_the_agents_exit_status(directory):
    directory.run("lazy").stdout.fnmatch_lines(
        ["NO SUBMISSION: *the agent exited with status 3; see toy/seed-0/agent.log"]
    )


@pytest.mark.parametrize(
    ("require", "agent", "code"),
    [
        ("valid", "poor", 0),
        ("valid", "invalid", 1),
        ("median", "better_than_half", 0),
        ("median", "poor", 1),
        ("silver", "bronze", 1),
        ("silver", "perfect", 0),
        ("gold", "silver", 1),
    ],
)
def test_require_names_the_tier_that_passes(directory, require, agent, code):
    assert directory.run(agent, f"--mlebench-require={require}").ret == code


def test_a_broken_grader_is_our_error_and_not_the_agents_failure(directory, broken_task):
    directory.add_competition("toybroken", task=broken_task)
    result = directory.run("perfect", k="toybroken")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*grader*toybroken*RuntimeError*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    (record,) = directory.run_folder().glob("toybroken/seed-0/attempt.json")
    assert json.loads(record.read_text())["outcome"] == "error"


@pytest.fixture
def broken_task():
    from textwrap import dedent

    return dedent(
        """
        import pandas as pd

        def make_raw(raw):
            pass

        def prepare(raw, public, private):
            for folder in (public, private):
                pd.DataFrame({"id": [1], "y": [1]}).to_csv(folder / "test.csv", index=False)
            pd.DataFrame({"id": [1], "y": [1]}).to_csv(public / "sample_submission.csv", index=False)

        def grade(submission, answers):
            raise RuntimeError("a slip of ours")
        """
    )


def test_data_that_is_not_there_is_skipped_with_the_command_that_prepares_it(directory):
    directory.add_competition("toy-kaggle", source="kaggle", complexity="medium")
    result = directory.run("perfect", k="toy-kaggle")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*mlebench prepare toy-kaggle*"])
    assert not (directory.path / "runs").exists()


def test_junit_carries_the_facts_of_each_attempt_and_totals(directory):
    directory.run("by_seed", "--mlebench-attempts=2", "--junitxml=medals.xml")
    root = ET.parse(directory.path / "medals.xml").getroot()
    cases = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in root.iter("testcase")
    }
    gold = cases["test_competition[toy-0]"]
    assert gold["mlebench.score"] == "1.0"
    assert gold["mlebench.medal"] == "gold"
    assert (gold["mlebench.rank"], gold["mlebench.teams"], gold["mlebench.seed"]) == ("1", "10", "0")
    assert cases["test_competition[toy-1]"]["mlebench.score"] == "0.2"
    suite = {p.get("name"): p.get("value") for p in root.find("testsuite/properties")}
    assert suite["mlebench.attempts"] == "2"
    assert suite["mlebench.any_medal"] == "1"


def test_last_failed_runs_only_what_earned_nothing(directory):
    directory.run("by_seed", "--mlebench-attempts=2")
    again = directory.run("by_seed", "--mlebench-attempts=2", "--lf", "-v")
    assert "toy-1" in again.stdout.str()
    assert "test_competition[toy-0]" not in again.stdout.str()


def test_exitfirst_stops_at_the_first_attempt_without_medal(directory):
    result = directory.run("poor", "--mlebench-attempts=3", "-x")
    result.assert_outcomes(failed=1)


def test_xdist_carries_outcomes_and_summary_to_the_controller(directory):
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=by_seed", "--mlebench-sandbox=process", "-k", "toy", "--mlebench-attempts=2", "-n2", "-v"
    )
    result.stdout.fnmatch_lines(["*GOLD*"])
    result.stdout.fnmatch_lines(["*pass@1*"])
    assert len(list(directory.run_folder().glob("toy/seed-*/attempt.json"))) == 2
    assert json.loads((directory.run_folder() / "grading_report.json").read_text())["total_runs"] == 2

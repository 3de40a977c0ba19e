"""What an agent gets, and what stays on disk of its attempt."""

from __future__ import annotations

import json


def test_options_reach_the_agent_as_variables(directory):
    directory.run("echo", "--mlebench-option=steps=7")
    assert (directory.run_folder() / "toy/seed-0/agent.log").read_text() == "steps=7 model=m\n"


def test_the_agent_gets_its_named_variables_and_nothing_of_the_hosts_environment(directory, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "s3cret-value")
    monkeypatch.setenv("OTHER_TOKEN", "not-for-agents")
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace('"env | sort"', '"env | sort; env > seen.txt"'))
    directory.run("environment")
    folder = directory.run_folder()
    assert "SECRET_TOKEN=s3cret-value\n" in (folder / "toy/seed-0/code/seen.txt").read_text()
    seen = dict(
        line.split("=", 1) for line in (folder / "toy/seed-0/agent.log").read_text().splitlines() if "=" in line
    )
    assert seen["SECRET_TOKEN"] == "[SECRET_TOKEN]"
    assert seen["MLEBENCH_COMPETITION"] == "toy"
    assert seen["MLEBENCH_SEED"] == "0"
    assert seen["MLEBENCH_TIME_LIMIT"] == "86400"
    assert "OTHER_TOKEN" not in seen
    for file in folder.rglob("*.json"):
        assert "s3cret-value" not in file.read_text()


def test_an_obfuscated_description_withholds_the_competition(directory):
    directory.run("environment", "--mlebench-description=obfuscated")
    log = (directory.run_folder() / "toy/seed-0/agent.log").read_text()
    assert "MLEBENCH_COMPETITION" not in log


def test_at_the_time_limit_what_is_there_is_graded(directory):
    result = directory.run("sleeper", "--mlebench-time-limit=4s")
    result.assert_outcomes(passed=0)
    result.stdout.re_match_lines(["mlebench B "])
    record = json.loads((directory.run_folder() / "toy/seed-0/attempt.json").read_text())
    assert record["timed_out"] is True
    assert record["medal"] == "bronze"
    assert 4 <= record["seconds"] < 300  # and not the 600 for which it sleeps


def test_the_run_folder_is_as_documented(directory):
    directory.run("silver")
    run = directory.run_folder()
    facts = json.loads((run / "run.json").read_text())
    assert facts["agent"]["name"] == "silver"
    assert "attempts: 1 (standard 3)" in facts["deviations"]
    assert facts["network"] == "open"  # what the process sandbox really gives, whatever is asked
    attempt = run / "toy/seed-0"
    assert {p.name for p in attempt.iterdir()} >= {
        "attempt.json",
        "grade.json",
        "agent.log",
        "submission",
        "code",
        "logs",
    }
    grade = json.loads((attempt / "grade.json").read_text())
    assert (grade["score"], grade["medal"], grade["rank"], grade["teams"]) == (0.9, "silver", 2, 10)
    report = json.loads((run / "grading_report.json").read_text())
    assert report["total_silver_medals"] == 1


def test_fixtures_can_be_overridden_in_a_conftest(directory):
    (directory.path / "conftest.py").write_text(
        (directory.path / "conftest.py").read_text()
        + "\nimport pytest\n@pytest.fixture\ndef submission(attempt):\n    return None\n"
    )
    directory.run("perfect").stdout.fnmatch_lines(["NO SUBMISSION*"])

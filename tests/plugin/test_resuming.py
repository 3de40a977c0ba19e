"""--mlebench-resume: what is finished stays, what broke off runs again, and unlike attempts are never mixed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from ..waiting import wait_for

COUNTING = """
import os
from pytest_mlebench import Agent

_agents = pytest_mlebench_agents


def pytest_mlebench_agents():
    count = f"echo $MLEBENCH_COMPETITION-$MLEBENCH_SEED >> {HERE / 'count'}; "
    return [*_agents(), sh("counting", count + rows(9), options={"model": "small"}),
            sh("waiting", count + f"while [ ! -e {HERE / 'go'} ]; do sleep 0.05; done; " + rows(10))]
"""


@pytest.fixture
def counted(directory):
    """The user's directory, with agents that write down what they attempt."""
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text() + COUNTING)
    directory.add_competition("second")
    return directory


def attempts(directory) -> list[str]:
    count = directory.path / "count"
    return sorted(count.read_text().split()) if count.exists() else []


def resume(directory, *options, run="last"):
    return directory.pytester.runpytest(f"--mlebench-resume={run}", *options)


def outcomes_of(directory) -> dict[str, str]:
    records = directory.run_folder().glob("*/seed-?/attempt.json")
    return {f"{r.parts[-3]}-{r.parts[-2][5:]}": json.loads(r.read_text())["outcome"] for r in records}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_finished_attempts_are_reported_and_not_run_again(counted, workers):
    counted.run("counting", "--mlebench-attempts=2", *workers, k="toy or second")
    first = attempts(counted)
    assert first == ["second-0", "second-1", "toy-0", "toy-1"]
    result = resume(counted, "--mlebench-attempts=3", *workers)
    assert attempts(counted) == sorted([*first, "second-2", "toy-2"])
    result.stdout.re_match_lines([r"mlebench: going on with .*-counting-.*"])
    result.stdout.re_match_lines(
        [r"any medal: 100\.0 % .* of 6 attempts \(2 competitions x 3 seeds\).*", r"=.* 6 silver .*"]
    )
    assert set(outcomes_of(counted).values()) == {"silver"}
    facts = json.loads((counted.run_folder() / "run.json").read_text())
    assert facts["attempts"] == 2
    assert [each["attempts"] for each in facts["resumptions"]] == [3]


def test_a_run_that_was_killed_goes_on_where_it_stood(counted):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--mlebench-agent=waiting",
        "--mlebench-sandbox=process",
        "-k",
        "toy or second",
    ]
    process = subprocess.Popen(command, cwd=counted.path, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: attempts(counted) == ["second-0"])
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (counted.path / "go").touch()
    result = resume(counted)
    assert attempts(counted) == ["second-0", "second-0", "toy-0"]
    result.stdout.re_match_lines([r"=.* 2 gold .*"])
    assert outcomes_of(counted) == {"second-0": "gold", "toy-0": "gold"}
    assert (counted.run_folder() / "second" / "seed-0.earlier-1").is_dir()


def test_errors_of_the_harness_are_run_again(counted):
    broken = counted.path / "own" / "toy" / "task.py"
    text = broken.read_text()
    broken.write_text(text.replace("def grade(", "def another_name("))
    counted.run("counting", k="toy or second")
    assert outcomes_of(counted) == {"second-0": "silver", "toy-0": "error"}
    broken.write_text(text)
    resume(counted)
    assert outcomes_of(counted) == {"second-0": "silver", "toy-0": "silver"}
    assert attempts(counted) == ["second-0", "toy-0", "toy-0"]


@pytest.mark.parametrize(
    ("option", "difference"),
    [
        ("--mlebench-agent=perfect", "--mlebench-agent is perfect here and counting there"),
        ("--mlebench-option=model=large", "--mlebench-option is model=large here and not set there"),
        ("--mlebench-time-limit=1h", "--mlebench-time-limit is 1h here and 90m there"),
        ("--mlebench-description=obfuscated", "--mlebench-description is obfuscated here and plain there"),
        ("--mlebench-fixed", "--mlebench-fixed is True here and False there"),
    ],
)
def test_options_that_would_mix_unlike_attempts_are_refused(counted, option, difference):
    counted.run("counting", "--mlebench-time-limit=90m")
    result = resume(counted, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *cannot go on with other options*: {difference}"])
    assert resume(counted, "--mlebench-time-limit=5400s", "--mlebench-agent=counting").ret == 0
    assert attempts(counted) == ["toy-0"]


def test_the_selection_is_that_of_the_run_unless_another_is_given(counted):
    counted.run("counting", k="toy")
    resume(counted, "--mlebench-attempts=2")
    assert attempts(counted) == ["toy-0", "toy-1"]
    result = resume(counted, "-k", "second")
    assert attempts(counted) == ["second-0", "toy-0", "toy-1"]
    # The tables and files are of the whole run.
    result.stdout.re_match_lines([r"any medal: 100\.0 % of 2 attempts \(2 competitions x 1 seed\).*"])
    report = json.loads((counted.run_folder() / "grading_report.json").read_text())
    assert report["total_runs"] == 3


def test_attempts_named_one_by_one_are_those_again(counted):
    counted.run("counting", "test_competition[second-0]", k="")
    resume(counted)
    assert attempts(counted) == ["second-0"]
    assert list(outcomes_of(counted)) == ["second-0"]


def test_a_run_that_is_under_way_cannot_be_resumed(counted):
    command = [sys.executable, "-m", "pytest", "--mlebench-agent=waiting", "--mlebench-sandbox=process", "-k", "toy"]
    process = subprocess.Popen(command, cwd=counted.path, stdout=subprocess.DEVNULL)
    wait_for(lambda: attempts(counted) == ["toy-0"])
    result = resume(counted)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: another pytest is working on *: wait for it, or stop it"])
    (counted.path / "go").touch()
    assert process.wait(180) == 0
    assert attempts(counted) == ["toy-0"]
    assert outcomes_of(counted) == {"toy-0": "gold"}


def test_grading_again_runs_no_agent_and_mends_grades(counted):
    task = counted.path / "own" / "toy" / "task.py"
    text = task.read_text()
    task.write_text(text.replace("return float(", "return 0.1 * float("))
    counted.run("counting", k="toy or second")
    assert outcomes_of(counted) == {"second-0": "silver", "toy-0": "valid"}
    task.write_text(text)
    result = resume(counted, "--mlebench-regrade", "--mlebench-attempts=2")
    result.stdout.re_match_lines([r"mlebench: grading again .*-counting-.*"])
    assert outcomes_of(counted) == {"second-0": "silver", "toy-0": "silver"}
    assert attempts(counted) == ["second-0", "toy-0"]
    assert json.loads((counted.run_folder() / "toy/seed-0/grade.json").read_text())["medal"] == "silver"
    assert "2 skipped" in result.stdout.str()


def test_grading_again_needs_a_run(counted):
    result = counted.run("counting", "--mlebench-regrade")
    result.stderr.fnmatch_lines(["ERROR: --mlebench-regrade: say which run with --mlebench-resume=RUN (or last)"])


FLAKY = """
import pytest
from pytest_mlebench.errors import HarnessError

@pytest.fixture
def gpus(tmp_path_factory):
    tries = HERE / "tries"
    count = int(tries.read_text()) if tries.exists() else 0
    tries.write_text(str(count + 1))
    if count < 2:
        pytest.fail("no GPU answers", pytrace=False)
    return ()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_errors_are_tried_again_within_a_run_where_asked_for(counted, workers):
    conftest = counted.path / "conftest.py"
    conftest.write_text(conftest.read_text() + FLAKY)
    result = counted.run("counting", "--mlebench-retries=2", *workers)
    result.stdout.re_match_lines([r"=.* 1 silver .*"])
    record = json.loads((counted.run_folder() / "toy/seed-0/attempt.json").read_text())
    assert (record["outcome"], record["tries"]) == ("silver", 3)
    assert attempts(counted) == ["toy-0"]


def test_too_few_retries_leave_the_error_and_count_the_tries(counted):
    conftest = counted.path / "conftest.py"
    conftest.write_text(conftest.read_text() + FLAKY)
    result = counted.run("counting", "--mlebench-retries=1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no GPU answers*"])


@pytest.mark.parametrize("failing", ["invalid", "lazy", "poor"])
def test_an_agents_failure_is_never_tried_again(counted, failing):
    conftest = counted.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace('sh("lazy", "', f'sh("lazy", "echo x >> {counted.path}/count; '))
    counted.run(failing, "--mlebench-retries=3")
    record = json.loads((counted.run_folder() / "toy/seed-0/attempt.json").read_text())
    assert record["tries"] == 1
    assert len(attempts(counted)) <= 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("last", "there is no run in"), ("nonsense", "there is no run named 'nonsense'")],
)
def test_a_run_that_is_not_there_is_named(directory, name, message):
    result = resume(directory, run=name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --mlebench-resume*{message}*"])


def test_a_run_is_found_by_the_beginning_of_its_name_and_by_its_path(counted):
    counted.run("counting")
    run = counted.run_folder()
    for name in (run.name, run.name[:22], str(run)):
        assert resume(counted, run=name).ret == 0
    assert attempts(counted) == ["toy-0"]

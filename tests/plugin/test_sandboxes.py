"""Whole attempts in real containers, and in a sandbox that a conftest.py adds."""

from __future__ import annotations

import json

import pytest


@pytest.mark.usefixtures("docker_sandbox")
def test_the_dummy_agent_finds_everything_in_order_in_a_container(directory):
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=dummy", "--mlebench-sandbox=docker", "-k", "builtin-wine", "--mlebench-require=valid"
    )
    result.assert_outcomes(passed=1)
    attempt = directory.run_folder() / "builtin-wine/seed-0"
    record = json.loads((attempt / "attempt.json").read_text())
    assert (record["exit_status"], record["sandbox"]) == (0, "docker")
    log = (attempt / "agent.log").read_text()
    assert "checks passed" in log
    assert "nothing is isolated" not in log


@pytest.mark.usefixtures("docker_sandbox")
def test_limits_reach_the_container_and_its_end_is_recorded(directory):
    conftest = directory.path / "conftest.py"
    eat = "python -c 'x = bytearray(900 << 20); print(len(x))'"
    conftest.write_text(conftest.read_text().replace('"exit 3"', repr(eat)))
    directory.pytester.runpytest_subprocess(
        "--mlebench-agent=lazy", "--mlebench-sandbox=docker", "-k", "toy", "--mlebench-memory=200m", "--mlebench-cpus=1"
    ).stdout.fnmatch_lines(["NO SUBMISSION*killed for memory*"])
    record = json.loads((directory.run_folder() / "toy/seed-0/attempt.json").read_text())
    assert record["out_of_memory"] is True


def test_a_sandbox_of_ones_own_is_chosen_by_its_name(directory):
    conftest = directory.path / "conftest.py"
    conftest.write_text(
        conftest.read_text()
        + """
from pytest_mlebench.sandboxes.process import ProcessSandbox

class Mine(ProcessSandbox):
    name = "mine"

    def describe(self):
        return "mine: a place of my own"

def pytest_mlebench_sandboxes():
    return [Mine()]
"""
    )
    result = directory.pytester.runpytest("--mlebench-agent=perfect", "--mlebench-sandbox=mine", "-k", "toy")
    result.stdout.fnmatch_lines(["mlebench: sandbox mine: a place of my own", "*1 gold*"])
    assert json.loads((directory.run_folder() / "toy/seed-0/attempt.json").read_text())["sandbox"] == "mine"

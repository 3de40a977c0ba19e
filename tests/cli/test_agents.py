"""mlebench agents."""

from __future__ import annotations

import json

CONFTEST = """
from pytest_mlebench import Agent

def pytest_mlebench_agents():
    return [Agent(name="mine", command=["sh", "-c", "true"], description="does nothing", needs_gpu=True,
                  options={"steps": 5}, env=["MY_KEY"])]
"""


def test_ours_are_listed(mlebench):
    result = mlebench("agents", "--json")
    assert result.exit_code == 0, result.stderr
    assert {"baseline", "dummy", "replay"} <= {agent["name"] for agent in json.loads(result.stdout)}


def test_those_of_the_conftest_here_are_listed(mlebench, tmp_path, monkeypatch):
    (tmp_path / "here" / "conftest.py").write_text(CONFTEST)
    monkeypatch.setenv("MY_KEY", "secret-value")
    result = mlebench("agents")
    assert result.exit_code == 0, result.stderr
    line = next(line for line in result.stdout.splitlines() if line.startswith("mine "))
    assert line.split() == ["mine", "does", "nothing", "GPU", "-", "steps=5", "MY_KEY"]
    assert "secret-value" not in result.stdout


def test_an_agent_in_the_ini_file_starts_no_run(mlebench, tmp_path):
    (tmp_path / "here" / "pytest.ini").write_text("[pytest]\nmlebench_agent = no-such-agent\n")
    result = mlebench("agents")
    assert result.exit_code == 0, result.stderr
    assert not (tmp_path / "here" / "runs").exists()


def test_a_broken_conftest_is_told(mlebench, tmp_path):
    (tmp_path / "here" / "conftest.py").write_text("import no_such_module_anywhere\n")
    result = mlebench("agents")
    assert result.exit_code == 3
    assert "no_such_module_anywhere" in result.stderr

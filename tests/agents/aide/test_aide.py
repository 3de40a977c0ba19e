"""AIDE itself, in its image and behind the real gateway, with a model that plays a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from sklearn.datasets import load_wine

from pytest_mlebench.agents.aide.agent import pytest_mlebench_agents
from pytest_mlebench.sandboxes import Observer

from ...models.scripted import Reply, ScriptedModel, forced_tool
from ..contained import Contained, places
from .engineer import BUGGY, Engineer, script

TEAPOT = "I make tea.\n\n```python\nprint('tea')\n```\n"


class Attempts(Contained):
    """Of AIDE."""

    @property
    def lines(self) -> list[str]:
        """What AIDE printed."""
        return self.log.splitlines()

    @property
    def steps(self) -> int:
        """Nodes in the journal; it must be whole."""
        return len(json.loads((self.folder / "logs/aide/journal.json").read_text())["nodes"])

    def submitted(self, model: str) -> bool:
        """Whether the submission and the best solution are there and of the model of that name."""
        rows = pd.read_csv(self.folder / "submission/submission.csv")
        return len(rows) == 30 and model in (self.folder / "code/best_solution.py").read_text()


@pytest.fixture(scope="module")
def attempts(docker_sandbox) -> Iterator[Attempts]:
    (agent,) = [replace(agent, environment="slim") for agent in pytest_mlebench_agents() if agent.name == "aide"]
    wines = load_wine(as_frame=True)
    table = wines.data.assign(id=range(len(wines.data)), cultivar=wines.target.map(dict(enumerate("ABC"))))
    table = table.sample(frac=1, random_state=0)
    with places() as (root, model, gateway):
        table[30:].to_csv(root / "data/train.csv", index=False)
        table[:30].drop(columns="cultivar").to_csv(root / "data/test.csv", index=False)
        yield Attempts(docker_sandbox, agent.with_options({"num_drafts": "1"}), root, model, gateway)


@pytest.mark.usefixtures("docker_sandbox")
def test_it_drafts_debugs_improves_and_hands_in_the_best(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    engineer = Engineer(BUGGY, script("prior"), script("logistic"), script("stump"))
    with ScriptedModel(engineer) as model:
        result = pytester.runpytest_subprocess(
            "--mlebench-agent=aide",
            "--mlebench-sandbox=docker",
            "--mlebench-environment=slim",
            f"--mlebench-model-url={model.url}",
            "--mlebench-option=steps=4",
            "--mlebench-option=num_drafts=2",
            "--mlebench-time-limit=10m",
            "-k",
            "builtin-wine",
        )
    assert result.ret == 0
    assert engineer.asked == ["draft", "review"] * 2 + ["debug", "review", "improve", "review"]
    assert "no such column" in engineer.prompts[4]
    assert "178 wines" in engineer.prompts[0]
    assert "9 min of the time limit are left, for at most 4 more of these scripts" in engineer.prompts[0]
    assert "scikit-learn 1.5.0" in engineer.prompts[0]
    assert "for at most 1 more" in engineer.prompts[6]
    assert model.requests[0].body["temperature"] == 0.5

    (attempt,) = (pytester.path / "runs").glob("*/builtin-wine/seed-0")
    record = json.loads((attempt / "attempt.json").read_text())
    assert (record["outcome"], record["exit_status"], record["requests"]) == ("bronze", 0, 8)
    assert record["models"] == ["openai/gpt-4o-2024-08-06"]
    assert record["tokens"] > 8000
    # Of the logistic regression; the script after it is far worse.
    assert record["score"] == pytest.approx(0.1175, abs=0.002)
    assert "LogisticRegression())\nscores" in (attempt / "code/best_solution.py").read_text()
    lines = (attempt / "agent.log").read_text().splitlines()
    assert [line.split()[5] for line in lines[1:5]] == ["draft", "draft", "debug", "improve"]
    assert "buggy (KeyError)  best none" in lines[1]
    assert "metric 2.99106 (lower is better)  best 0.079606 of step 3" in lines[4]
    assert lines[5:] == ["aide: ended after 4 steps; handed in: step 3"]
    nodes = json.loads((attempt / "logs/aide/journal.json").read_text())["nodes"]
    assert [node["is_buggy"] for node in nodes] == [True, False, False, False]
    assert not (attempt / "code/aide/input").exists()


@pytest.mark.usefixtures("docker_sandbox")
def test_at_the_time_limit_the_best_so_far_is_graded_and_the_journal_is_whole(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    engineer = Engineer(script("logistic"), script("stump", after="import time; time.sleep(600)"))
    with ScriptedModel(engineer) as model:
        pytester.runpytest_subprocess(
            *("--mlebench-agent=aide", "--mlebench-environment=slim", f"--mlebench-model-url={model.url}"),
            *("--mlebench-option=num_drafts=1", "--mlebench-time-limit=50s", "-k", "builtin-wine"),
        ).stdout.fnmatch_lines(["*time limit 50s*"])
    (attempt,) = (pytester.path / "runs").glob("*/builtin-wine/seed-0")
    record = json.loads((attempt / "attempt.json").read_text())
    assert engineer.asked == ["draft", "review", "improve"]
    assert (record["outcome"], record["timed_out"], record["exit_status"]) == ("bronze", True, 128 + 15)
    assert (attempt / "agent.log").read_text().endswith("aide: stopped after 1 steps; handed in: step 1\n")
    assert len(json.loads((attempt / "logs/aide/journal.json").read_text())["nodes"]) == 1


def test_a_script_that_dies_is_a_bug_and_one_that_kills_aide_leaves_what_stood(attempts: Attempts):
    dies = "import os\n\nprint('begun', flush=True)\nos._exit(3)\n"
    kills = script("logistic", after="import os; os.kill(os.getppid(), 9)")
    engineer = Engineer(dies, script("prior"), kills)
    execution = attempts(engineer, steps="5")
    assert execution.exit_status == 128 + 9, attempts.lines
    assert engineer.asked == ["draft", "review", "debug", "review", "improve"]
    assert "its process died, perhaps for want of memory" in engineer.prompts[1]
    assert attempts.submitted("DummyClassifier()\nscores")
    assert attempts.steps == 2


def test_a_model_that_answers_nonsense_ends_it_and_what_stood_remains(attempts: Attempts):
    engineer = Engineer(script("prior"))

    def player(request: dict) -> Reply:
        if len(engineer.asked) < 2:
            return engineer(request)
        return Reply(tool_calls=[("submit_review", {})]) if forced_tool(request) else Reply(TEAPOT)

    execution = attempts(player)
    assert execution.exit_status == 1, attempts.lines
    assert attempts.lines[2:12] == ["aide: step 2  failed: KeyError: 'metric'"] * 10
    assert attempts.lines[12:] == [
        "aide: 10 steps in a row failed, so no further one is tried",
        "aide: ended after 1 steps; handed in: step 1",
    ]
    assert attempts.submitted("DummyClassifier()\nscores")
    assert attempts.steps == 1


def test_a_model_that_is_down_is_waited_for_until_the_end(attempts: Attempts):
    class UntilItWaits(Observer):
        def should_end(self) -> bool:
            return "does not answer" in (attempts.folder / "agent.log").read_text()

    attempts.model.stop()
    try:
        execution = attempts(lambda request: Reply(""), UntilItWaits())
    finally:
        attempts.model.start()
    assert (execution.ended_early, execution.exit_status) == (True, 128 + 15), attempts.lines
    assert attempts.lines[1].startswith("aide: the model does not answer: ")
    assert attempts.lines[-1] == "aide: stopped after 0 steps; handed in: nothing"


def test_a_review_that_turns_the_metric_round_is_outvoted(attempts: Attempts):
    engineer = Engineer(script("prior"), script("logistic"), script("stump"), script("prior"))

    def player(request: dict) -> Reply:
        reply = engineer(request)
        if engineer.asked.count("review") == 3 and reply.tool_calls:
            return Reply(tool_calls=[("submit_review", {**reply.tool_calls[0][1], "lower_is_better": False})])
        return reply

    execution = attempts(player, steps="4", model="anthropic/claude-sonnet-4-5", temperature="")
    assert execution.exit_status == 0, attempts.lines
    assert "(lower is better)  best 0.095985 of step 2" in attempts.lines[3]
    assert attempts.lines[-1] == "aide: ended after 4 steps; handed in: step 2"
    code, review = attempts.model.requests[-2:]
    assert [message["role"] for message in code.body["messages"]] == ["user"]
    assert "temperature" not in code.body
    assert review.body["temperature"] == 0.5

"""OpenHands itself, in its image, with a model that plays a script."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pytest_mlebench.agents.openhands.agent import pytest_mlebench_agents
from pytest_mlebench.sandboxes import Execution, Observer

from ..models.scripted import Hang, Reply, ScriptedModel, text_of
from ..wine import PROGRAM
from .contained import Contained, places

NAME = "openai/gpt-4o-2024-08-06"
CHECK = 'curl -s -F file=@"$MLEBENCH_SUBMISSION_DIR/submission.csv" "$MLEBENCH_VALIDATION_URL/validate"'


def terminal(command: str) -> Reply:
    return Reply(None, [("terminal", {"command": command})], usage=(1000, 20))


def finish() -> Reply:
    return Reply("That is all.", [("finish", {"message": "done"})], usage=(1000, 20))


class Attempts(Contained):
    """Of OpenHands, which prints no traceback whatever happens."""

    def __call__(self, player: Callable, observer: Observer | None = None, **options: str) -> Execution:
        execution = super().__call__(player, observer, **options)
        assert "Traceback" not in self.log
        return execution

    @property
    def kinds(self) -> list[str]:
        """Of the events in the trajectory."""
        lines = (self.folder / "logs" / "trajectory.jsonl").read_text().splitlines()
        return [json.loads(line)["kind"] for line in lines]


@pytest.fixture(scope="module")
def attempt(docker_sandbox) -> Iterator[Attempts]:
    (agent,) = [replace(agent, environment="slim") for agent in pytest_mlebench_agents()]
    with places() as (root, model, gateway):
        (root / "data" / "description.md").write_text("Wines.\n")
        agent = agent.with_options({"model": NAME, "retries": "1"})
        yield Attempts(docker_sandbox, agent, root, model, gateway)


def test_it_looks_at_the_data_trains_and_submits(docker_sandbox, pytester: pytest.Pytester, monkeypatch):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    shown: list[str] = []

    def player(request: dict) -> Reply:
        shown.append(text_of(request["messages"][-1]))
        match len(shown):
            case 1:
                return terminal("which python; head -2 $MLEBENCH_DATA_DIR/train.csv")
            case 2:
                return finish()
            case 3:
                file = {"command": "create", "path": "/home/code/train.py", "file_text": PROGRAM}
                return Reply("Oh.", [("file_editor", file)], usage=(1000, 20))
            case 4:
                return terminal("python train.py")
            case 5:
                return terminal(CHECK)
        return finish()

    with ScriptedModel(player) as model:
        result = pytester.runpytest_subprocess(
            "--mlebench-agent=openhands",
            "--mlebench-environment=slim",
            f"--mlebench-model-url={model.url}",
            "-k",
            "builtin-wine",
        )
    assert result.ret == 0
    assert "three cultivars" in shown[0]
    assert "/opt/venv/bin/python" in shown[1]
    assert "alcohol" in shown[1]
    assert "/home/submission/submission.csv is not there" in shown[2]
    assert "trained on 89" in shown[4]
    assert '"valid": true' in shown[5]

    (attempt,) = pytester.path.glob("runs/*/builtin-wine/seed-0")
    record = json.loads((attempt / "attempt.json").read_text())
    assert (record["exit_status"], record["requests"], record["tokens"]) == (0, 6, 6120)
    assert record["outcome"] == "bronze"
    assert record["models"] == ["anthropic/claude-sonnet-4-5-20250929"]
    assert (attempt / "code" / "train.py").read_text() == PROGRAM
    trajectory = [json.loads(line) for line in (attempt / "logs" / "trajectory.jsonl").read_text().splitlines()]
    assert [event["tool_name"] for event in trajectory if event["kind"] == "ActionEvent"] == [
        *("terminal", "finish", "file_editor", "terminal", "terminal", "finish")
    ]
    kept = sorted((attempt / "logs" / "openhands").glob("*/events/event-*.json"))
    assert {event["id"] for event in trajectory} <= {json.loads(path.read_text())["id"] for path in kept}
    assert "OpenHands has finished after 6 steps" in (attempt / "agent.log").read_text()


def test_a_model_that_only_talks_is_sent_back_three_times(attempt: Attempts):
    execution = attempt(lambda request: Reply("I would rather not."))
    assert execution.exit_status == 0, attempt.log
    # The gateway gives the endpoint its own name of the model.
    assert {request.body["model"] for request in attempt.model.requests} == {NAME.removeprefix("openai/")}
    assert "Tell the wines apart." in text_of(attempt.model.requests[0].body)
    said = [text_of(request.body) for request in attempt.model.requests]
    assert [text.count("submission.csv is not there") for text in said] == [0, 1, 2, 3]
    assert "without a submission, also after 3 reminders" in attempt.log


def test_a_model_that_is_down_ends_it_with_one_line(attempt: Attempts):
    attempt.model.stop()
    try:
        execution = attempt(lambda request: finish())
    finally:
        attempt.model.start()
    assert execution.exit_status == 1, attempt.log
    assert attempt.log.splitlines()[-1].startswith("OpenHands cannot go on: ")
    assert attempt.kinds[-1] == "ConversationErrorEvent"


def test_at_the_time_limit_what_it_wrote_is_graded(docker_sandbox, pytester: pytest.Pytester, monkeypatch):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    copied = 'cp "$MLEBENCH_DATA_DIR/sample_submission.csv" /home/submission/submission.csv'

    def player(request: dict) -> Reply | Hang:
        return terminal(copied) if len(model.requests) == 1 else Hang()

    with ScriptedModel(player) as model:
        pytester.runpytest_subprocess(
            *("--mlebench-agent=openhands", "--mlebench-environment=slim", f"--mlebench-model-url={model.url}"),
            *("--mlebench-time-limit=50s", "-k", "builtin-wine"),
        )
    (attempt,) = pytester.path.glob("runs/*/builtin-wine/seed-0")
    record = json.loads((attempt / "attempt.json").read_text())
    assert (record["outcome"], record["timed_out"], record["exit_status"]) == ("valid", True, 128 + 15)
    last = (attempt / "logs" / "trajectory.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["kind"] == "ObservationEvent"


def test_it_stops_after_the_steps_that_it_may_take(attempt: Attempts):
    execution = attempt(lambda request: terminal(f"echo {len(attempt.model.requests)}"), max_steps="2")
    assert (execution.exit_status, len(attempt.model.requests)) == (0, 2)
    assert "OpenHands has taken its 2 steps" in attempt.log


@pytest.mark.parametrize(
    ("option", "value"),
    [("max_steps", "many"), ("max_steps", "0"), ("temperature", "hot"), ("temperature", "nan"), ("model", "")],
)
def test_options_that_make_no_sense_are_refused_in_one_line(option: str, value: str, registered):
    agent = registered("openhands")
    variables = {f"MLEBENCH_OPTION_{name.upper()}": given for name, given in agent.options.items()}
    variables[f"MLEBENCH_OPTION_{option.upper()}"] = value
    done = subprocess.run(
        [sys.executable, "-m", "launcher"],
        env={"PYTHONPATH": str(agent.folder), "PYTHONDONTWRITEBYTECODE": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
        check=False,
    )
    assert (done.returncode, done.stdout.count("\n")) == (2, 1)
    assert done.stdout.startswith(f"OpenHands cannot begin: {option} ")

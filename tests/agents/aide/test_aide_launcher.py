"""What AIDE's launcher does before and beside AIDE: settings, the task's text, files, stopping; and its presets."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_mlebench.agents.aide import agent as registration
from pytest_mlebench.agents.aide.launcher import files, task, verdicts
from pytest_mlebench.agents.aide.launcher.settings import RefusalError, Settings, full_name, takes_system_messages

AGENTS = {agent.name: agent for agent in registration.pytest_mlebench_agents()}
PUBLISHED = {
    "aide": "openai/gpt-4o-2024-08-06",
    "aide-o1-preview": "openai/o1-preview",
    "aide-claude-3.5-sonnet": "anthropic/claude-3-5-sonnet-20240620",
    "aide-llama-3.1-405b": "openrouter/meta-llama/llama-3.1-405b-instruct",
}


def variables(agent: str = "aide", **options: str) -> dict[str, str]:
    given = {**AGENTS[agent].options, **options}
    return {
        "OPENAI_BASE_URL": "http://localhost:5002/v1",
        "MLEBENCH_TIME_LIMIT": "86400",
        "MLEBENCH_INSTRUCTIONS": "/home/instructions.txt",
        **{f"MLEBENCH_{name}_DIR": f"/home/{name.lower()}" for name in ("DATA", "SUBMISSION", "CODE", "LOGS")},
        **{f"MLEBENCH_OPTION_{name.upper()}": value for name, value in given.items()},
    }


def test_the_published_models_and_settings_are_registered():
    assert {name: AGENTS[name].options["model"] for name in PUBLISHED} == PUBLISHED
    settings = Settings.of(variables())
    assert (settings.steps, settings.drafts, settings.exec_timeout) == (500, 5, 32_400)
    assert (settings.debug_depth, settings.debug_prob, settings.temperature) == (20, 1, 0.5)
    assert settings.feedback_model == settings.model


@pytest.mark.parametrize("name", AGENTS)
def test_every_preset_is_one_that_the_launcher_takes(name):
    agent = AGENTS[name]
    assert (agent.environment, agent.uses_gateway, agent.needs_network) == ("full", True, True)
    assert agent.description.startswith("AIDE with ")
    settings = Settings.of(variables(name))
    assert (settings.model, full_name(settings.feedback_model)) == (agent.options["model"], settings.feedback_model)


@pytest.mark.parametrize(
    ("bare", "full"),
    [
        ("gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
        ("o3", "openai/o3"),
        ("claude-3-5-sonnet-20240620", "anthropic/claude-3-5-sonnet-20240620"),
        ("gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("openrouter/meta-llama/llama-3.1-405b-instruct", "openrouter/meta-llama/llama-3.1-405b-instruct"),
    ],
)
def test_bare_names_get_their_provider(bare, full):
    assert full_name(bare) == full


def test_prompts_are_system_messages_for_those_that_take_them():
    takes = [name for name, agent in AGENTS.items() if takes_system_messages(agent.options["model"])]
    assert takes == ["aide", "aide-gpt-6-sol"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("model", "llama-3.1-405b", "name it with its provider, such as openai/gpt-4o-2024-08-06 or "),
        ("model", "", "name it with its provider"),
        ("feedback_model", "best", "model 'best': name it"),
        ("steps", "many", "option steps=many: it is a number from 1 to 1000000"),
        ("steps", "0", "option steps=0"),
        ("debug_prob", "1.5", "option debug_prob=1.5: it is a number from 0 to 1"),
        ("temperature", "nan", "option temperature=nan: it is a number from 0 to 2"),
        ("exec_timeout", "inf", "option exec_timeout=inf"),
    ],
)
def test_options_that_make_no_sense_are_refused(name, value, said):
    with pytest.raises(RefusalError) as refused:
        Settings.of(variables(**{name: value}))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_a_gateway_it_ends_with_one_line():
    environment = {**variables(), "PYTHONPATH": str(AGENTS["aide"].folder), "PYTHONDONTWRITEBYTECODE": "1"}
    del environment["OPENAI_BASE_URL"]
    done = subprocess.run(
        [sys.executable, "-m", "launcher"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("aide: there is no model to talk to: OPENAI_BASE_URL is not set")
    assert done.stdout.count("\n") == 1


def test_the_task_tells_what_is_left_and_ends_with_the_instructions():
    told = task.task(
        "  Predict {y}.\n",
        seconds_left=5430.9,
        steps_left=7,
        script_seconds=61,
        hardware="2 CPUs",
        packages="numpy 1",
    )
    assert "- 1 h 30 min of the time limit are left, for at most 7 more" in told
    assert "stopped after 61 s." in told
    assert "- Hardware: 2 CPUs.\n- Installed: numpy 1. Use these" in told
    assert told.endswith("\n\nPredict {y}.\n")


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0 s"), (119.9, "119 s"), (120, "2 min"), (7200, "2 h"), (86_399, "23 h 59 min")]
)
def test_durations_are_never_longer_than_they_are(seconds, text):
    assert task.duration(seconds) == text


def test_installed_packages_are_told_with_their_versions():
    told = task.installed(["pytest", "no-such-package"])
    assert told == f"pytest {pytest.__version__}"


def test_long_texts_keep_their_beginning_and_their_end():
    text = "a" * 50 + "b" * 900 + "c" * 50
    assert task.shortened(text, 1000) == text
    assert task.shortened(text, 100) == f"{'a' * 50}\n... (900 characters left out) ...\n{'c' * 50}"


def test_a_folder_is_listed_up_to_a_limit(tmp_path: Path):
    for name in ("b.csv", "c.csv"):
        (tmp_path / name).write_text("12345")
    (tmp_path / "a").mkdir()
    assert task.listing(tmp_path) == "a/\nb.csv (5 bytes)\nc.csv (5 bytes)"
    assert task.listing(tmp_path, 1) == "a/\n... and 2 more"


def test_files_are_put_whole_and_removed_whatever_they_are(tmp_path: Path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    source.chmod(0o600)
    target.write_text("old")
    opened = target.open()
    files.put(source, target)
    assert (target.read_text(), opened.read()) == ("new", "old")
    opened.close()
    assert target.stat().st_mode & 0o777 == 0o644
    files.write("text", target)
    assert target.read_text() == "text"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("source", "target", "folder", "link", "missing"):
        files.remove(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@dataclass(eq=False)
class Node:
    id: str
    is_buggy: bool = False
    children: set[Node] = field(default_factory=set)
    metric: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(value=0.5, maximize=None))


@pytest.mark.parametrize(
    ("said", "all_of_them"), [("+", True), ("-", False), ("+-", True), ("-+", False), ("+--", False), ("-++", True)]
)
def test_the_direction_is_that_of_most_reviews_and_of_the_first_in_a_draw(said, all_of_them):
    nodes = [Node("bug", is_buggy=True), *(Node(str(number)) for number in range(len(said)))]
    verdicts.agree(nodes, {str(number): sign == "+" for number, sign in enumerate(said)})
    assert {node.metric.maximize for node in nodes[1:]} == {all_of_them}
    assert nodes[0].metric.maximize is None


def test_metrics_that_nothing_compares_with_are_told_apart():
    metrics = [SimpleNamespace(value=value) for value in (0.5, None, float("nan"), float("inf"))]
    assert [verdicts.is_number(metric) for metric in metrics] == [True, False, False, False]


def test_a_step_that_failed_leaves_no_child():
    kept, lost = Node("kept"), Node("lost")
    parent = Node("parent", children={kept, lost})
    verdicts.forget_unfinished([parent, kept])
    assert parent.children == {kept}


STOPPED_TWICE = """
import os, signal, sys
from launcher.stopping import Stop, Stopped
stop = Stop()
if child := os.fork():
    os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM and print("child ended", flush=True)
else:
    os.kill(os.getpid(), signal.SIGTERM)
try:
    with stop.later():
        with stop.later():
            os.kill(os.getpid(), signal.SIGTERM)
            print("written", flush=True)
        print("and saved", flush=True)
    print("too late", flush=True)
except Stopped:
    os.kill(os.getpid(), signal.SIGTERM)
    print("stopped", flush=True)
"""


def test_a_signal_stops_it_after_what_must_be_whole_and_scripts_at_once():
    environment = {"PYTHONPATH": str(AGENTS["aide"].folder), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_TWICE], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == ["child ended", "written", "and saved", "stopped"], done.stderr
    assert done.returncode == 0

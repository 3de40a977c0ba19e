"""Registrations of agents: what they may say, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent, AgentRegistry
from pytest_mlebench.errors import MlebenchError, UnknownNameError


def test_options_replace_defaults_and_are_texts():
    agent = Agent(name="a", command=["run"], options={"steps": 5}).with_options({"steps": "7"})
    assert agent.options == {"steps": "7"}
    assert agent.command == ("run",)


def test_an_undeclared_option_names_the_near_ones():
    with pytest.raises(UnknownNameError, match=r"no option named 'step': did you mean steps\? \(agent a\)"):
        Agent(name="a", command=["run"], options={"steps": "5"}).with_options({"step": "7"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "Bad Name"}, "use lower-case letters"),
        ({"command": []}, "has no command"),
        ({"image": "x", "dockerfile": Path("Dockerfile")}, "keep one"),
        ({"environment": "huge"}, "'slim' or 'full'"),
        ({"command": "python main.py"}, "command is a list"),
        ({"env": "API_KEY"}, "env is a list"),
    ],
)
def test_a_registration_that_contradicts_itself_is_refused(fields, message):
    with pytest.raises(MlebenchError, match=message):
        Agent(**{"name": "a", "command": ["run"], **fields})


@pytest.mark.parametrize("fields", [{"folder": "nowhere"}, {"dockerfile": "nowhere/Dockerfile"}])
def test_files_that_are_not_there_are_named_when_the_agent_is_chosen(fields):
    with pytest.raises(MlebenchError, match=r"agent 'a': there is no (folder|file) /.*nowhere"):
        AgentRegistry([Agent(name="a", command=["x"], **fields)]).get("a")


def test_two_agents_of_one_name_are_refused():
    with pytest.raises(MlebenchError, match="two agents are named 'a'"):
        AgentRegistry([Agent(name="a", command=["x"]), Agent(name="a", command=["y"])])


def test_a_registry_lists_by_name():
    registry = AgentRegistry([Agent(name=n, command=["x"]) for n in "cab"])
    assert [agent.name for agent in registry] == ["a", "b", "c"]
    with pytest.raises(UnknownNameError, match="mlebench agents"):
        registry.get("zebra")

"""Agents from TOML files: what is read, and what is said of mistakes."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.agent import Agent
from pytest_mlebench.agent_file import read_agent
from pytest_mlebench.errors import MlebenchError, UnknownNameError

WHOLE = """
description = "Some Coder,  headless"
node = "22"
install = '''
npm install -g some-coder
some-coder --version
'''
command = 'some-coder < "$MLEBENCH_INSTRUCTIONS"'
env = ["SOME_KEY"]
hosts = ["api.example.com", "localhost:8000"]
gateway = true
environment = "full"
folder = "files"
[options]
model = "best"
steps = 5
share = 0.5
quick = true
"""


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "my_agent.toml"
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        return path

    return write


def test_all_that_a_file_can_say(write, tmp_path):
    (tmp_path / "files").mkdir()
    agent = read_agent(write(WHOLE))
    assert (agent.name, agent.description) == ("my_agent", "Some Coder, headless")
    assert agent.command == ("sh", "-c", 'some-coder < "$MLEBENCH_INSTRUCTIONS"')
    assert agent.build_args == {"NODE": "22", "INSTALL": "npm install -g some-coder\nsome-coder --version\n"}
    assert agent.dockerfile is not None
    assert "ARG INSTALL" in agent.dockerfile.read_text()
    assert (agent.env, agent.model_hosts) == (("SOME_KEY",), ("api.example.com", "localhost:8000"))
    assert (agent.uses_gateway, agent.needs_network, agent.environment) == (True, True, "full")
    assert agent.folder == tmp_path / "files"
    assert agent.options == {"model": "best", "steps": "5", "share": "0.5", "quick": "true"}


def test_a_command_is_enough_and_needs_no_image(write):
    agent = read_agent(write("command = 'echo hello'\nname = 'other'"))
    assert agent == Agent(name="other", command=["sh", "-c", "echo hello"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("comand = 'x'", "no key named 'comand': did you mean command? (in {path})"),
        ("", "{path}: there is no command: write command = 'SHELL'"),
        ("command = ['x', 'y']", "{path}: command is a text, as in command = '...', not ['x', 'y']"),
        ("command = 'x\ny'", "{path} is no TOML: "),
        (b"command = '\xff'", "{path} is no TOML: 'utf-8' codec"),
        ('command = "x\\u0000"', "{path}: command is a text without NUL characters"),
        ("command = 'x'\ninstall = 5", "{path}: install is a text"),
        ("command = 'x'\nnode = 'latest; rm -rf /'", '{path}: node is a version of Node.js such as "22"'),
        ("command = 'x'\ngateway = 'yes'", "{path}: gateway is true or false, not 'yes'"),
        ("command = 'x'\nenv = ['KEY=secret']", "{path}: env is a list of names of variables"),
        ("command = 'x'\nenv = 'KEY'", "{path}: env is a list of names"),
        ("command = 'x'\nhosts = ['https://example.com/v1']", "{path}: hosts: "),
        ("command = 'x'\nhosts = [5]", "{path}: hosts is a list of hosts such as api.example.com"),
        ("command = 'x'\nenvironment = 'huge'", "{path}: agent 'my_agent': environment is 'slim' or 'full'"),
        ("command = 'x'\nname = 'My Agent'", "{path}: agent name 'My Agent': use lower-case letters"),
        ("command = 'x'\nfolder = '..'", "{path}: folder is one beside this file or below, not '..'"),
        ("command = 'x'\nfolder = '/etc'", "{path}: folder is one beside this file or below, not '/etc'"),
        ("command = 'x'\nfolder = 'link'", "{path}: folder is one beside this file or below, not 'link'"),
        ("command = 'x'\nfolder = 'gone'", "{path}: folder is one beside this file or below; there is none at"),
        ("command = 'x'\noptions = 5", "{path}: options is a table"),
        ("command = 'x'\n[options]\nsteps = [1]", "{path}: option steps is a text, a number, true or false, not [1]"),
        ("command = 'x'\n[options]\n'a b' = 1", "{path}: option 'a b' is no name"),
        pytest.param(f"command = {'[' * 20000}{']' * 20000}", "{path} is nested too deeply", id="nested"),
        pytest.param(b"#" * (1 << 20) + b"\n", "{path} is larger than 1 MiB", id="large"),
        pytest.param(
            f"command = {['long'] * 5000}", "{path}: command is a text, as in command = '...', not", id="long"
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file_and_the_key(write, tmp_path, content, said):
    (tmp_path / "link").symlink_to("/etc")
    path = write(content)
    with pytest.raises(MlebenchError) as caught:
        read_agent(path)
    assert said.format(path=path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_the_near_keys_are_named(write):
    with pytest.raises(UnknownNameError, match="did you mean hosts"):
        read_agent(write("command = 'x'\nhost = ['a.b']"))


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(MlebenchError, match=r"pipe\.toml is no file"):
        read_agent(tmp_path / "pipe.toml")
    with pytest.raises(MlebenchError, match=r"gone\.toml is not there"):
        read_agent(tmp_path / "gone.toml")


@given(st.text(max_size=60))
def test_any_text_is_an_agent_or_a_line(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"command = 'x'\n{text}", encoding="utf-8", errors="replace")
    said = ""
    try:
        assert read_agent(path).command[2].startswith("x")
    except MlebenchError as error:
        said = str(error)
    assert "\n" not in said

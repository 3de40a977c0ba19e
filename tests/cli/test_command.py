"""The command as the shell sees it: help, pipes, colours, interrupts, and what it loads."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

COMMAND = [sys.executable, "-m", "pytest_mlebench.cli"]
COMMANDS = [
    "list",
    "show",
    "prepare",
    "verify",
    "grade",
    "grade-sample",
    "rank",
    "agents",
    "doctor",
    "watch",
    "logs",
    "report",
    "compare",
]


def run(*arguments, **options):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300, **options)


def test_the_console_script_is_the_command():
    from pytest_mlebench.cli import main

    [script] = entry_points(group="console_scripts", name="mlebench")
    assert script.load() is main


def test_help_names_commands_and_exit_codes(mlebench):
    text = " ".join(mlebench("--help").stdout.split())
    assert "Exit status: 0 done; 1 the answer is no" in text
    assert all(command in text for command in COMMANDS)
    assert mlebench().exit_code == 2, "no command is wrong usage"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(mlebench, command):
    result = mlebench(command, "--help")
    assert result.exit_code == 0
    assert f"Example: mlebench {command}" in result.stdout


def test_wrong_usage_is_told(mlebench):
    assert mlebench("lst").exit_code == 2
    assert mlebench("rank", "spaceship-titanic").exit_code == 2
    assert mlebench("list", "--no-such-option").exit_code == 2


def test_rank_and_show_load_nothing_heavy():
    heavy = ("pandas", "numpy", "sklearn", "scipy", "docker", "kaggle", "rich", "pytest", "requests", "filelock")
    for arguments in (["rank", "spaceship-titanic", "0.81"], ["show", "spaceship-titanic"]):
        code = (
            f"import sys; sys.argv = ['mlebench', *{arguments!r}]\n"
            "from pytest_mlebench.cli import main\n"
            "try:\n    main()\nexcept SystemExit:\n    pass\n"
            f"print(sorted(set({heavy!r}) & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_is_no_error():
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([*COMMAND, "list"], stdout=write, stderr=subprocess.PIPE, text=True, timeout=300)
    finally:
        os.close(write)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def in_terminal(*arguments, **variables):
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **variables}
    process = subprocess.Popen([*COMMAND, *arguments], stdout=theirs, stderr=subprocess.PIPE, env=environment)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    process.communicate(timeout=300)
    os.close(ours)
    assert process.returncode == 0
    return said.decode()


def test_colours_on_a_terminal_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in in_terminal("list")
    assert "\x1b[" not in in_terminal("list", NO_COLOR="1")
    assert "\x1b[" not in in_terminal("list", TERM="dumb")
    assert "\x1b[" not in run("list").stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [("mlebench show spacesh", "spaceship-titanic"), ("mlebench list --complexity bu", "builtin")],
)
def test_names_are_completed(words, expected):
    shell = {"_MLEBENCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    code = "from pytest_mlebench.cli import app; app(prog_name='mlebench')"
    command, environment = [sys.executable, "-c", code], {**os.environ, **shell}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert expected in done.stdout.split(), done.stderr


def test_json_is_json_and_nothing_else(wine):
    for arguments in (["list"], ["show", "builtin-wine"], ["rank", "builtin-wine", "0.1"], ["doctor"], ["agents"]):
        done = run(*arguments, "--json")
        assert json.loads(done.stdout)
        assert done.returncode == 0

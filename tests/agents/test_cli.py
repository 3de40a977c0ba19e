"""Command-line agents from TOML files: those that come with the plugin, and one of a user's own in its image."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from pytest_mlebench.agent_file import read_agent
from pytest_mlebench.errors import HarnessError

from ..models.scripted import Reply, ScriptedModel, text_of
from ..wine import PROGRAM

FILES = sorted(Path(importlib.import_module("pytest_mlebench.agents.cli").__file__).parent.glob("*.toml"))
DOCS = (Path(__file__).parent.parent.parent / "docs" / "agents.md").read_text(encoding="utf-8")

# The tool that the file installs asks once for a program, with curl, and prints it.
TINY = '''\
node = "22"
gateway = true
install = """
cat > /usr/local/bin/tiny-coder <<'END'
#!/bin/sh
node -e 'process.stdout.write(JSON.stringify({model: process.argv[1], messages: [
  {role: "user", content: require("fs").readFileSync(0, "utf8")}]}))' "$1" > /tmp/request.json
curl -sS --json @/tmp/request.json "$OPENAI_BASE_URL/chat/completions" |
  node -e 'process.stdout.write(JSON.parse(require("fs").readFileSync(0, "utf8")).choices[0].message.content)'
END
chmod +x /usr/local/bin/tiny-coder
"""
command = """
set -e
tiny-coder "$MLEBENCH_OPTION_MODEL" < "$MLEBENCH_INSTRUCTIONS" > solve.py
git --version
exec bash -lc 'python3 solve.py'
"""
[options]
model = "openai/first"
'''


def test_the_agents_that_people_use_are_there():
    names = {path.stem for path in FILES}
    assert {"claude-code", "codex", "gemini-cli", "aider", "mini-swe-agent", "qwen-code"} <= names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_packaged_agent_says_all_that_it_needs(path):
    agent = read_agent(path)
    assert agent.name == path.stem
    assert agent.description
    assert f"| `{agent.name}` |" in DOCS
    assert agent.options["model"]
    # It reaches its model in one of two ways, and gets a key only where it must.
    assert agent.uses_gateway != bool(agent.model_hosts)
    assert bool(agent.env) == bool(agent.model_hosts)
    assert "MLEBENCH_INSTRUCTIONS" in agent.command[2]
    assert "MLEBENCH_OPTION_MODEL" in agent.command[2]
    assert "MLEBENCH_LOGS_DIR" in agent.command[2]
    for script in (agent.command[2], agent.build_args["INSTALL"]):
        subprocess.run(["sh", "-n", "-c", script], check=True)
    # What is installed is the same tomorrow.
    lines = tomllib.loads(path.read_text())["install"].split("install ")[1:]
    packages = [word for line in lines for word in line.partition("\n")[0].partition("&&")[0].split() if word[0] != "-"]
    assert packages
    assert all(re.fullmatch(r"@?[^@=]+(@|==)[0-9.]+", package) for package in packages)


def test_the_packaged_agents_are_registered(pytester):
    pytester.runpytest("--mlebench-agent=claude-cod").stderr.fnmatch_lines(["*did you mean claude-code*"])


@pytest.mark.usefixtures("docker_sandbox")
def test_a_file_of_ones_own_installs_its_tool_which_asks_the_model_and_trains(pytester, monkeypatch):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    (pytester.path / "tiny.toml").write_text(TINY)
    with ScriptedModel(lambda request: Reply(PROGRAM, usage=(1000, 200))) as model:
        result = pytester.runpytest_subprocess(
            "--mlebench-agent=./tiny.toml",
            "--mlebench-option",
            "model=openai/second",
            f"--mlebench-model-url={model.url}",
            "--mlebench-sandbox=docker",
            "--mlebench-require=valid",
            "-k",
            "builtin-wine",
        )
    assert result.ret == 0
    (request,) = model.requests
    assert request.body["model"] == "second"
    assert "description.md" in text_of(request.body)
    (folder,) = pytester.path.glob("runs/*/builtin-wine/seed-0")
    log = (folder / "agent.log").read_text()
    assert "git version" in log
    assert "trained on" in log
    assert "as user 0" not in log
    record = json.loads((folder / "attempt.json").read_text())
    assert (record["exit_status"], record["sandbox"]) == (0, "docker")
    assert (folder / "code" / "solve.py").read_text() == PROGRAM


def test_an_install_that_fails_in_the_middle_ends_the_build(docker_sandbox, tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text(TINY.replace("chmod +x", "echo about to fail\nfalse\nchmod +x"))
    with pytest.raises(HarnessError, match="about to fail"):
        docker_sandbox.build(read_agent(path), lambda line: None)

"""The examples of docs/agents.md: they stand there as in docs/examples, and each does what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .models.scripted import Reply, ScriptedModel, text_of
from .wine import PROGRAM

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLES = DOCS / "examples"
TEXT = (DOCS / "agents.md").read_text(encoding="utf-8")
SHOWN = dict(re.findall(r"`(docs/examples/[^`]+)`:\n\n```\w*\n(.*?)```\n", TEXT, flags=re.DOTALL))
FILES = sorted(path for path in EXAMPLES.rglob("*") if path.is_file() and path.suffix != ".pyc")
VALID = ["-k", "builtin-wine", "--mlebench-require=valid"]

FIRST_TRY = "```python\nimport nonsense\n```"
ANSWER = f"Now it works:\n\n```python\n{PROGRAM}```\n"


@pytest.fixture
def user(pytester, monkeypatch):
    """The directory of somebody who follows the text."""
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    return pytester


def attempt_of(user) -> tuple[dict, str]:
    (folder,) = user.path.glob("runs/*/builtin-wine/seed-0")
    return json.loads((folder / "attempt.json").read_text()), (folder / "agent.log").read_text()


def test_the_text_shows_every_file_of_the_examples_as_it_is():
    files = {str(path.relative_to(DOCS.parent)): path.read_text(encoding="utf-8") for path in FILES}
    assert {name: text for name, text in files.items() if not name.endswith(".dockerignore")} == SHOWN


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT))))
def test_what_the_text_links_to_is_there(path):
    assert (DOCS / path).exists()


def test_a_function_in_a_conftest(user):
    shutil.copy(EXAMPLES / "function" / "conftest.py", user.path)
    result = user.runpytest_subprocess("--mlebench-agent=forest", "--mlebench-sandbox=process", *VALID)
    assert result.ret == 0
    assert attempt_of(user)[0]["exit_status"] == 0


@pytest.mark.usefixtures("docker_sandbox")
def test_a_folder_with_a_dockerfile_asks_its_model_through_the_gateway(user):
    shutil.copytree(EXAMPLES / "folder", user.path, dirs_exist_ok=True)

    def player(request):
        said = text_of(request)
        if "exit status" not in said:
            assert "sample_submission.csv" in said
            return Reply(FIRST_TRY)
        return Reply("DONE" if "exit status 0" in said else ANSWER)

    with ScriptedModel(player) as model:
        result = user.runpytest_subprocess(
            "--mlebench-agent=coder", "--mlebench-sandbox=docker", f"--mlebench-model-url={model.url}", *VALID
        )
    assert result.ret == 0
    record, log = attempt_of(user)
    assert (record["exit_status"], record["requests"], len(model.requests)) == (0, 3, 3)
    assert "step_0.py: exit status 1" in log
    assert "step_1.py: exit status 0\ntrained on" in log


def test_a_plugin_package(user, monkeypatch, tmp_path):
    # Building may write beside the sources.
    source, installed = tmp_path / "plugin", tmp_path / "installed"
    shutil.copytree(EXAMPLES / "plugin", source)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", installed, source]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    result = user.runpytest_subprocess(
        "--mlebench-agent=nearest", "--mlebench-option", "neighbours=3", "--mlebench-sandbox=process", *VALID
    )
    assert result.ret == 0
    record, log = attempt_of(user)
    assert record["exit_status"] == 0
    assert "the submission is valid" in log

"""mlebench build."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = {key: value for key, value in os.environ.items() if key in ("MLEBENCH_BASE_IMAGE", "MLEBENCH_CA_BUNDLE")}
AGENT = """
from pathlib import Path
from pytest_mlebench import Agent

def pytest_mlebench_agents():
    return [Agent(name="mine", command=["true"], dockerfile=Path(__file__).parent / "{folder}" / "Dockerfile")]
"""


@pytest.fixture(autouse=True)
def _images_of_this_machine(docker_sandbox, monkeypatch: pytest.MonkeyPatch):
    """Docker, its slim environment image, and what the machine says of images."""
    for key, value in OUTSIDE.items():
        monkeypatch.setenv(key, value)


@pytest.fixture
def agent_folder(tmp_path: Path, docker_engine):
    """The folder of an agent `mine` that the conftest.py here registers; its images are removed at the end."""
    folder = tmp_path / "here" / f"test-{secrets.token_hex(4)}"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG ENVIRONMENT\nFROM $ENVIRONMENT\nRUN date +%N > /tmp/when\n")
    (tmp_path / "here" / "conftest.py").write_text(AGENT.format(folder=folder.name))
    yield folder
    for image in ids(docker_engine, folder):
        docker_engine.api.remove_image(image, force=True)


def ids(engine, folder: Path) -> list[str]:
    return [image["Id"] for image in engine.api.images(name=f"mlebench-agent-{folder.name}")]


def test_what_is_there_is_said_with_its_size(mlebench):
    for name in ("slim", "baseline"):
        result = mlebench("build", name)
        assert result.exit_code == 0, result.stderr
        assert result.stdout.startswith(f"{name}: mlebench-environment:slim-")
        assert result.stdout.endswith(" MB, is there already\n")
    assert mlebench("build").stdout.startswith("slim: mlebench-environment:slim-"), "no name is the environment's"


def test_agents_image_is_built_once_and_with_force_anew(mlebench, agent_folder, docker_engine):
    first = mlebench("build", "mine")
    assert first.exit_code == 0, first.stderr
    assert first.stdout.startswith(f"mine: mlebench-agent-{agent_folder.name}:")
    assert "MB, made in " in first.stdout
    assert " : RUN date +%N > /tmp/when\n" in first.stderr
    (image,) = ids(docker_engine, agent_folder)
    assert "is there already" in mlebench("build", "mine").stdout
    assert ids(docker_engine, agent_folder) == [image]
    (facts,) = json.loads(mlebench("build", "mine", "--force", "--json").stdout)
    assert facts["seconds"] > 0
    assert facts["size"] > 1e8
    (anew,) = ids(docker_engine, agent_folder)
    assert anew != image
    assert image not in docker_engine.api.images(quiet=True, all=True), "the one of before fills no disk"


def test_the_ini_file_says_what_is_built_on(mlebench, tmp_path, monkeypatch):
    (tmp_path / "here" / "pytest.ini").write_text("[pytest]\nmlebench_base_image = localhost:1/ini\n")
    monkeypatch.setenv("MLEBENCH_BASE_IMAGE", "localhost:1/variable")  # as in a run, the ini file comes first
    for arguments, base in (((), "localhost:1/ini"), (("--base-image", "localhost:1/option"), "localhost:1/option")):
        result = mlebench("build", *arguments)
        assert result.exit_code == 3
        assert f"cannot pull the image {base}:" in result.stderr


def test_unknown_name_builds_nothing(mlebench, agent_folder, docker_engine):
    result = mlebench("build", "mine", "fulll")
    assert result.exit_code == 2
    assert "no image named 'fulll': did you mean full?" in result.stderr
    assert ids(docker_engine, agent_folder) == []


def test_build_that_fails_says_where(mlebench, agent_folder, docker_engine):
    (agent_folder / "Dockerfile").write_text("ARG ENVIRONMENT\nFROM $ENVIRONMENT\nRUN echo what went wrong; exit 7\n")
    result = mlebench("build", "mine")
    assert result.exit_code == 3
    assert "exit 7" in result.stderr
    assert "what went wrong" in result.stderr
    assert ids(docker_engine, agent_folder) == []


def test_toml_file_names_an_agent(mlebench, tmp_path):
    (tmp_path / "here" / "mine.toml").write_text("command = 'true'\n")
    result = mlebench("build", "mine.toml")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("mine.toml: mlebench-environment:slim-")
    assert mlebench("build", "none.toml").exit_code == 3


def test_no_docker_is_an_error_with_what_to_do(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    # A process of its own: the docker package leaves the socket open that it could not connect.
    command = [sys.executable, "-m", "pytest_mlebench.cli", "build"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 3
    assert "install Docker" in result.stderr

"""mlebench doctor --image."""

from __future__ import annotations

import json
import os
import secrets

import pytest

from pytest_mlebench.sandboxes.docker.gpus import archive_of_nothing

OUTSIDE = {key: value for key, value in os.environ.items() if key in ("MLEBENCH_BASE_IMAGE", "MLEBENCH_CA_BUNDLE")}
AGENT = """
from pathlib import Path
from pytest_mlebench import Agent

def pytest_mlebench_agents():
    return [Agent(name="mine", command=["true"], {more})]
"""
# One package gone, to the Python that scripts run by; one that raises, one that kills, and one of another version.
BROKEN = """
ARG ENVIRONMENT
FROM $ENVIRONMENT
RUN python3 -m venv --without-pip /opt/venv/own
RUN cd /opt/venv/lib/python3*/site-packages \\
 && mv tqdm-* tqdm /opt/venv/own/lib/python3*/site-packages \\
 && echo 'raise RuntimeError("no luck")' > PIL/__init__.py \\
 && echo 'import os; os.abort()' > yaml/__init__.py \\
 && sed -i 's/^Version: .*/Version: 0.0.1/' requests-*/METADATA
ENV MLEBENCH_PYTHON=/opt/venv/own/bin/python
"""


@pytest.fixture(autouse=True)
def _images_of_this_machine(docker_sandbox, monkeypatch: pytest.MonkeyPatch):
    """Docker, its slim environment image, and what the machine says of images."""
    for key, value in OUTSIDE.items():
        monkeypatch.setenv(key, value)


def look(result) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for check in json.loads(result.stdout):
        found.setdefault(check["name"], []).append(check)
    return found


def test_slim_is_fine_and_says_what_it_holds(mlebench):
    result = mlebench("doctor", "--image", "--json")
    assert result.exit_code == 0, result.stdout
    found = look(result)
    assert found["image"][0]["text"].startswith("mlebench-environment:slim-")
    (packages,) = found["packages"]
    assert packages["status"] == "ok"
    for package in ("numpy", "pandas", "scikit-learn", "pyyaml"):
        assert f"{package} " in packages["text"]
    assert found["python"][0]["text"].endswith("at /opt/venv/bin/python3; pip can install")
    assert found["folders"][0]["text"].endswith("can write where agents do, and has no network")
    assert "user 0 " not in found["folders"][0]["text"]
    assert found["shm"][0]["status"] == "note", "Docker's 64 MB are little"
    assert found["disk"][0]["text"].endswith("free inside")
    assert found["cuda"][0]["text"] == "torch is not in this image; the environment full has it"


def test_image_that_is_not_there_is_not_built(mlebench, tmp_path, docker_engine):
    folder = tmp_path / "here" / f"test-{secrets.token_hex(4)}"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG ENVIRONMENT\nFROM $ENVIRONMENT\n")
    more = f"dockerfile=Path(__file__).parent / '{folder.name}' / 'Dockerfile'"
    (tmp_path / "here" / "conftest.py").write_text(AGENT.format(more=more))
    result = mlebench("doctor", "--image", "mine")
    assert result.exit_code == 1
    assert result.stdout.startswith("problem  image ")
    assert result.stdout.endswith("`mlebench build mine` makes it\n")
    assert docker_engine.api.images(name=f"mlebench-agent-{folder.name}") == []


def test_what_is_broken_inside_is_told_apart_from_what_is_fine(mlebench, tmp_path, docker_engine):
    folder = tmp_path / "here" / f"test-{secrets.token_hex(4)}"
    folder.mkdir()
    (folder / "Dockerfile").write_text(BROKEN)
    more = f"dockerfile=Path(__file__).parent / '{folder.name}' / 'Dockerfile'"
    (tmp_path / "here" / "conftest.py").write_text(AGENT.format(more=more))
    built = mlebench("build", "mine")
    try:
        assert built.exit_code == 0, built.stderr
        result = mlebench("doctor", "--image", "mine", "--json")
    finally:
        for image in docker_engine.api.images(name=f"mlebench-agent-{folder.name}"):
            docker_engine.api.remove_image(image["Id"], force=True)
    assert result.exit_code == 1
    problems = [check["text"] for check in look(result)["packages"] if check["status"] == "problem"]
    assert problems[0] == "not installed: tqdm: `mlebench build mine --force`"
    assert any("imported as PIL: " in text and "RuntimeError: no luck" in text for text in problems)
    assert any("cannot be imported as yaml: ends the process with SIGABRT" in text for text in problems)
    note, fine = [check["text"] for check in look(result)["packages"] if check["status"] != "problem"]
    assert "requests 0.0.1 for " in note
    assert "pandas " in fine
    assert look(result)["own python"][0]["text"].endswith("at /opt/venv/own/bin/python")
    (fine,) = look(result)["own packages"]
    assert (fine["status"], fine["text"].split()[:5]) == ("ok", ["1", "can", "be", "imported:", "tqdm"])


def test_image_without_python_is_said(mlebench, tmp_path, docker_engine):
    name = f"mlebench-test-{secrets.token_hex(6)}"
    docker_engine.api.import_image_from_data(archive_of_nothing(), repository=name, tag="1")
    try:
        (tmp_path / "here" / "conftest.py").write_text(AGENT.format(more=f"image='{name}:1'"))
        result = mlebench("doctor", "--image", "mine")
    finally:
        docker_engine.api.remove_image(f"{name}:1", force=True)
    assert result.exit_code == 1
    (problem,) = [line for line in result.stdout.splitlines() if line.startswith("problem")]
    assert "has no python3: install it there" in problem


def test_unknown_image_is_wrong_usage(mlebench):
    result = mlebench("doctor", "--image", "slimm")
    assert result.exit_code == 2
    assert "did you mean slim?" in result.stderr
    result = mlebench("doctor", "slim")
    assert result.exit_code == 2
    assert "--image slim" in result.stderr

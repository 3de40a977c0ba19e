"""mlebench doctor."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def look(result) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(result.stdout)}


def test_every_line_begins_with_a_verdict(mlebench):
    result = mlebench("doctor")
    assert result.exit_code == 0, result.stdout
    assert {line.split()[0] for line in result.stdout.splitlines()} <= {"ok", "note"}
    names = look(mlebench("doctor", "--json")).keys()
    assert {"python", "packages", "docker", "gpu", "data disk", "runs disk", "kaggle", "data"} <= names


def test_credentials_are_found_and_not_shown(mlebench, home, monkeypatch):
    found = look(mlebench("doctor", "--json"))["kaggle"]
    assert found["status"] == "note"
    assert "https://www.kaggle.com/settings/api" in found["text"]
    (home / ".kaggle").mkdir()
    (home / ".kaggle" / "access_token").write_text("secret-value")
    monkeypatch.setenv("KAGGLE_KEY", "secret-value")
    result = mlebench("doctor", "--json")
    assert look(result)["kaggle"]["status"] == "ok"
    assert str(home / ".kaggle" / "access_token") in look(result)["kaggle"]["text"]
    assert "secret-value" not in result.stdout


def test_no_docker_is_a_note_with_what_to_do(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    # A process of its own: the docker package leaves the socket open that it could not connect.
    command = [sys.executable, "-m", "pytest_mlebench.cli", "doctor", "--json"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, "the default run does without"
    found = look(result)["docker"]
    assert found["status"] == "note"
    assert "process sandbox" in found["text"]


def test_prepared_data_is_named(mlebench, tmp_path):
    folder = tmp_path / "cache" / "spaceship-titanic" / "prepared"
    for name in ("public", "private"):
        (folder / name).mkdir(parents=True)
    (folder / "prepared.json").write_text("{}")
    assert "spaceship-titanic" in look(mlebench("doctor", "--json"))["data"]["text"]


@pytest.mark.parametrize("where", ["/proc/none", "a file"])
def test_a_cache_that_cannot_be_is_missing(mlebench, monkeypatch, tmp_path, where):
    if where == "a file":
        (tmp_path / "file").write_text("")
        where = str(tmp_path / "file")
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", where)
    result = mlebench("doctor", "--json")
    assert result.exit_code == 1
    assert look(result)["data disk"]["status"] == "missing"


def test_libraries_that_few_competitions_need_are_looked_for(mlebench, monkeypatch):
    assert look(mlebench("doctor", "--json"))["extras"]["status"] == "ok"
    monkeypatch.setitem(sys.modules, "shapely", None)
    lacking = ("shapely", "litellm", "aiohttp")
    monkeypatch.setattr("pytest_mlebench.cli.doctor.is_installed", lambda module: module not in lacking)
    found = look(mlebench("doctor", "--json"))["extras"]
    assert found["status"] == "note"
    needed = "some competitions, agents or reports need aiohttp, litellm, shapely"
    assert found["text"] == f"{needed}: pip install 'pytest-mlebench[boxes,gateway]'"


def test_keys_of_models_are_named_and_never_shown(mlebench, monkeypatch):
    for name in [name for name in os.environ if name.endswith("_KEY")]:
        monkeypatch.delenv(name)
    assert look(mlebench("doctor", "--json"))["models"]["status"] == "note"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    result = mlebench("doctor", "--json")
    assert (look(result)["models"]["status"], "OPENAI_API_KEY" in look(result)["models"]["text"]) == ("ok", True)
    assert "sk-secret-value" not in result.output

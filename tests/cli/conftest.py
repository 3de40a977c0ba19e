"""A person's machine: a home and a cache of their own, no credentials, and the command run in this process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pytest_mlebench import catalog
from pytest_mlebench.cli import app
from pytest_mlebench.data.store import DataStore, PreparedData


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("KAGGLE_", "MLEBENCH_", "XDG_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return home


@pytest.fixture
def mlebench() -> Callable[..., Any]:
    """Runs the command; the result has exit_code, stdout and stderr."""

    def run(*arguments: object) -> Any:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert "Traceback" not in result.stderr
        if result.exit_code == 3:
            assert result.stderr.splitlines()[-1].startswith("mlebench: ")
        return result

    return run


@pytest.fixture(scope="session")
def wine_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("wine")
    DataStore(root).prepare(catalog.get("builtin-wine"))
    return root


@pytest.fixture
def wine(wine_once: Path, tmp_path: Path) -> PreparedData:
    """Prepared data of builtin-wine, in the cache of this test."""
    shutil.copytree(wine_once, tmp_path / "cache")
    data = DataStore(tmp_path / "cache").prepared(catalog.get("builtin-wine"))
    assert data is not None
    return data

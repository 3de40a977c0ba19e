"""Prepared data of every competition, made from synthetic raw data (or by its own make_raw) once a session."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.competition import Competition

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Prepared:
    raw: Path
    public: Path
    private: Path


def _generator(name: str) -> ModuleType:
    path = HERE / "rawgen" / f"{name}.py"
    assert path.is_file(), f"write {path}, which makes small synthetic raw data for {name}"
    spec = importlib.util.spec_from_file_location("rawgen_" + name.replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def generator() -> Callable[[str], ModuleType]:
    """The module that makes synthetic raw data for a real competition, by its id."""
    return cache(_generator)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Prepared]:
    """The data of a competition, prepared from raw data of a seed."""

    @cache
    def prepare(competition: Competition, seed: int = 0) -> Prepared:
        root = tmp_path_factory.mktemp(competition.id)
        data = Prepared(root / "raw", root / "public", root / "private")
        for folder in (data.raw, data.public, data.private):
            folder.mkdir()
        if competition.source == "builtin":
            competition.make_raw(data.raw)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _generator(competition.id).make_raw(data.raw, seed=seed)
        competition.prepare(data.raw, data.public, data.private)
        return data

    return prepare


@pytest.fixture(scope="session")
def repaired(prepared: Callable[..., Prepared], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    """The repaired variant of a competition's data, made from the same raw data as `prepared`."""

    @cache
    def repair(id: str) -> Prepared:
        competition, root = Catalog().get(id), tmp_path_factory.mktemp(f"{id}-repaired")
        data = Prepared(prepared(competition).raw, root / "public", root / "private")
        for folder in (data.public, data.private):
            folder.mkdir()
        competition.prepare(data.raw, data.public, data.private, fixed=True)
        return data

    return repair


@pytest.fixture(scope="session")
def gradable(
    prepared: Callable[..., Prepared], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Competition], Prepared]:
    """The data of a competition to grade with: as prepared, or what its generator makes where that is too large."""

    @cache
    def answers(competition: Competition) -> Prepared:
        module = _generator(competition.id) if competition.source == "kaggle" else None
        if not hasattr(module, "make_answers"):
            return prepared(competition)
        root = tmp_path_factory.mktemp(f"{competition.id}-answers")
        data = Prepared(root / "raw", root / "public", root / "private")
        for folder in (data.public, data.private):
            folder.mkdir()
        module.make_answers(data.private, data.public, 0)
        return data

    return answers

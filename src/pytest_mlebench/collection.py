"""Collection: one item per competition and seed, from any directory, by pytest's own means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import pytest

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.errors import UnknownNameError

__all__ = ["Collection", "attempt_of", "marker_lines", "unmatched_words"]

_ARGUMENT = re.compile(r"(?:(?P<file>[^:]*)::)?test_competition(?:\[(?P<param>.+)\])?")


class _BenchmarkModule(pytest.Module):
    """The one test module; its node id is ``mlebench`` wherever the package is installed."""

    @classmethod
    def of(cls, parent: pytest.Collector) -> _BenchmarkModule:
        from pytest_mlebench import test_competition

        below = (
            parent.path.relative_to(parent.config.rootpath)
            if parent.path.is_relative_to(parent.config.rootpath)
            else ""
        )
        nodeid = PurePosixPath(below, "mlebench").as_posix()
        module = cls.from_parent(parent, path=Path(test_competition.__file__), name="mlebench", nodeid=nodeid)
        module.obj = test_competition
        return module


class _BenchmarkDirectory(pytest.Directory):
    """The invocation directory: its conftest.py counts as always, its own test files are not collected."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        yield _BenchmarkModule.of(self)


class Collection:
    """The plugin that collects the attempts of a run."""

    def __init__(self, config: pytest.Config, catalog: Catalog, attempts: int) -> None:
        self.catalog = catalog
        self.attempts = attempts
        self.folder = config.invocation_params.dir
        self.selected = self._selected(config)
        config.args[:] = [str(self.folder)]

    def _selected(self, config: pytest.Config) -> list[str] | None:
        """Parametrisations named by node ids on the command line; None for all."""
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            return None
        selected: list[str] = []
        for argument in config.args:
            match = _ARGUMENT.fullmatch(argument)
            if match is None:
                if (self.folder / argument).resolve() == self.folder:
                    return None
                raise pytest.UsageError(
                    f"{argument}: with --mlebench-agent only attempts are collected; name them like "
                    f"'test_competition[spaceship-titanic-0]', or select with -k and -m"
                )
            if match["param"] is None:
                return None
            self._check(match["param"])
            selected.append(match["param"])
        return selected

    def _check(self, param: str) -> None:
        competition, _, seed = param.rpartition("-")
        try:
            self.catalog.get(competition if seed.isdecimal() else param)
        except UnknownNameError as error:
            raise pytest.UsageError(f"test_competition[{param}]: {error}") from None
        if not seed.isdecimal() or int(seed) >= self.attempts:
            raise pytest.UsageError(
                f"test_competition[{param}]: seeds go from 0 to {self.attempts - 1}; for more say --mlebench-attempts"
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Put the benchmark where pytest would look for test files."""
        return _BenchmarkDirectory.from_parent(parent, path=path) if path == self.folder else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One parameter set per competition and seed, with the competition's complexity and category as markers."""
        if metafunc.function.__module__ != "pytest_mlebench.test_competition":
            return
        wanted = None if self.selected is None else set(self.selected)
        sets = []
        for competition in self.catalog:
            marks = [getattr(pytest.mark, name) for name in competition.markers]
            if metafunc.config.pluginmanager.has_plugin("timeout"):
                # An attempt has a time limit of its own; a project's limit for its tests is not meant for it.
                marks.append(pytest.mark.timeout(0))
            for seed in range(self.attempts):
                name = f"{competition.id}-{seed}"
                if wanted is None or name in wanted:
                    sets.append(pytest.param(competition, seed, marks=marks, id=name))
        metafunc.parametrize(("competition", "seed"), sets, indirect=["competition"])


def attempt_of(id: str) -> tuple[str, int] | None:
    """Competition and seed of an item of ours, from its node id; None for another's. pytest-xdist may append @group."""
    found = re.fullmatch(r".*\[(.+)-(\d+)\](@.*)?", id)
    return None if found is None else (found[1], int(found[2]))


def unmatched_words(keywords: str, marks: str, catalog: Catalog) -> list[str]:
    """A line for each word of a -k or -m expression that matches no competition or marker; it names the near ones."""
    ids = catalog.all_ids()
    markers = {name for competition in catalog for name in competition.markers}
    lines = []
    for word in _words(keywords):
        base = re.sub(r"(.+?)(-\d+\]?)?", r"\1", word.removeprefix("test_competition["))
        if not any(base.lower() in name.lower() for name in (*ids, *markers, "test_competition", "mlebench")):
            lines.append(str(UnknownNameError("competition", base, ids)))
    lines.extend(str(UnknownNameError("marker", word, markers)) for word in _words(marks) if word not in markers)
    return lines


def _words(expression: str) -> list[str]:
    return [w for w in re.findall(r"[\w:+\-.\[\]\\/]+", expression) if w not in ("and", "or", "not")]


def marker_lines(catalog: Catalog) -> Sequence[str]:
    """The markers that items carry, as pytest registers them."""
    complexities = {c.markers[0] for c in catalog}
    categories = {c.markers[1] for c in catalog}
    return [
        *(f"{name}: competitions of this complexity" for name in sorted(complexities)),
        *(f"{name}: competitions of this category" for name in sorted(categories)),
    ]

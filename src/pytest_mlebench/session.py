"""A run of the benchmark inside a pytest session: who attempts what, where, and on which terms."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench import registration
from pytest_mlebench.agent import Agent
from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.hardware import Machine, describe_share, select_gpus
from pytest_mlebench.attempts.locking import RunLock
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.catalog import Catalog
from pytest_mlebench.collection import Collection, marker_lines
from pytest_mlebench.competition import Competition
from pytest_mlebench.data.progress import Step
from pytest_mlebench.data.store import DataStore, PreparedData
from pytest_mlebench.errors import HarnessError, MlebenchError
from pytest_mlebench.options import Settings, values
from pytest_mlebench.quantities import format_duration, format_size
from pytest_mlebench.resuming import Selection
from pytest_mlebench.sandboxes import Limits, Network, Sandbox, scratch

__all__ = ["BENCHMARK", "Benchmark", "start"]

BENCHMARK = pytest.StashKey["Benchmark"]()

# What the published results were obtained with, for a person to read; the GPU had 24 GB.
_STANDARD = {"time_limit": "24h 00m", "cpus": "36", "memory": "440 GB", "gpus": "1", "attempts": "3"}


def start(config: pytest.Config) -> None:
    """Make this pytest session a run of the benchmark; raises pytest.UsageError for what a user can mend."""
    from pytest_mlebench import fixtures, reports

    settings = Settings.of(config)
    selection = Selection.of(config)
    if getattr(config.option, "reruns", None):
        raise pytest.UsageError("--reruns would hide failed attempts: to attempt more often say --mlebench-attempts=N")
    catalog = registration.competitions(config)
    for line in marker_lines(catalog):
        config.addinivalue_line("markers", line)
    benchmark = Benchmark(config, settings, catalog, selection)
    config.stash[BENCHMARK] = benchmark
    config.pluginmanager.register(benchmark, "mlebench-session")
    config.pluginmanager.register(Collection(config, catalog, settings.attempts), "mlebench-collection")
    config.pluginmanager.register(reports.Reports(config, benchmark), "mlebench-reports")
    for module in fixtures.MODULES:
        config.pluginmanager.register(module, f"mlebench-{module.__name__.rpartition('.')[2]}")


class Benchmark:
    """The state of a run, and the plugin that prepares it before the first attempt starts."""

    def __init__(self, config: pytest.Config, settings: Settings, catalog: Catalog, selection: Selection) -> None:
        self.config = config
        self.settings = settings
        self.catalog = catalog
        self.selection = selection
        self.is_worker = hasattr(config, "workerinput")
        try:
            self.agent: Agent = registration.agents(config).get(settings.agent).with_options(settings.options)
        except MlebenchError as error:
            raise pytest.UsageError(str(error)) from None
        self.sandbox: Sandbox = registration.choose_sandbox(
            config, settings.sandbox, base_image=settings.base_image, allow_privileged=settings.allow_privileged
        )
        self.store = DataStore(settings.data_dir)
        self.started = datetime.datetime.now(datetime.UTC)
        if self.is_worker:
            self.folder = RunFolder(Path(config.workerinput["mlebench"]["run"]))  # type: ignore[attr-defined]
        elif settings.resume:
            self.folder = RunFolder(Path(settings.resume))
        else:
            self.folder = RunFolder.new(settings.runs_dir, self.agent.name, self.started)
        own_image = self.agent.image or self.agent.dockerfile
        self._chose_docker = settings.sandbox == "auto" and self.sandbox.name == "docker" and not own_image
        self.lock = RunLock(self.folder.root)
        if settings.resume and not self.is_worker and not self._only_shows:
            # Before workers of pytest-xdist start, which say that they attempt.
            self._lead()
        self._ready = self.is_worker
        self._begun = False
        self._machine: Machine | None = None

    def _lead(self) -> None:
        try:
            self.lock.lead()
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from None

    @property
    def machine(self) -> Machine:
        """This machine; looked at once."""
        self._machine = self._machine or Machine.here()
        return self._machine

    @property
    def gpus(self) -> tuple[str, ...]:
        """Device ids that attempts get; raises HarnessError where what was asked for is not there."""
        return select_gpus(self.settings.gpus, self.machine)

    @property
    def limits(self) -> Limits:
        """What an attempt may use; where the sandbox keeps no limit but the time, the machine itself is one."""
        s = self.settings
        if not self.sandbox.isolates:
            return Limits(time=s.time_limit)
        return Limits(time=s.time_limit, cpus=s.cpus, memory=s.memory, shm=s.shm)

    @property
    def network(self) -> Network:
        """The network that attempts really have."""
        return self.settings.network if self.sandbox.isolates else "open"

    @property
    def hardware(self) -> str:
        """What an attempt may use, for a person."""
        return describe_share(self.machine, self.limits, self.gpus)

    def pytest_report_header(self) -> list[str]:
        """Agent, sandbox, limits, and where the run is recorded."""
        s = self.settings
        unset = [name for name in self.agent.env if name not in os.environ]
        lines = [
            f"mlebench: agent {self.agent.name}, {s.attempts} attempt{'s' if s.attempts > 1 else ''} per competition, "
            f"time limit {format_duration(s.time_limit)}, network {self.network}, gpus {s.gpus}",
            f"mlebench: sandbox {self.sandbox.describe()}",
        ]
        if self.sandbox.name == "process" and (why := self._why_not_docker()):
            lines.append(f"mlebench: not in Docker: {why}")
        if s.resume:
            lines.append(f"mlebench: {'grading again' if s.regrade else 'going on with'} {self.folder.name}")
        if s.fixed:
            lines.append("mlebench: repaired data where there is some: not comparable with the published results")
        if unset:
            lines.append(f"mlebench: not set, so not passed to the agent: {', '.join(unset)}")
        return lines

    def _why_not_docker(self) -> str | None:
        from pytest_mlebench.sandboxes import docker

        return docker.available()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist the terms of the run, and what was decided here once for all workers."""
        options = {**values(self.config), "mlebench_sandbox": self.sandbox.name}
        selection = self.selection.to_json()
        node.workerinput["mlebench"] = {"options": options, "run": str(self.folder.root), "selection": selection}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Under pytest-xdist the workers collect; the controller makes ready before it hands out the first item."""
        names = (i.partition("[")[2].rstrip("]").rpartition("-") for i in ids)
        self._make_ready({(competition, int(seed)) for competition, _, seed in names})

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make ready before the first attempt starts."""
        params = [i.callspec.params for i in session.items if hasattr(i, "callspec")]
        if params:
            self._make_ready({(each["competition"].id, each["seed"]) for each in params})

    def _make_ready(self, attempts: set[tuple[str, int]]) -> None:
        """Check and build the sandbox, and begin the run's record; ends the session where the sandbox cannot work."""
        if self._ready or self._only_shows:
            return
        self._ready = True
        resumed = bool(self.settings.resume)
        pending = {id for id, seed in attempts if self.finished(self.catalog.get(id), seed) is None}
        runs = not self.settings.regrade and any(map(self._will_run, pending))
        if not runs and not resumed:
            return
        try:
            if runs:
                self._make_sandbox_ready(pending)
            if resumed:
                self.folder.go_on(self._resumption())
            else:
                self.folder.create(self._facts())
                self.lock.lead()
            self.lock.work()
        except MlebenchError as error:
            raise pytest.UsageError(str(error)) from None
        self._begun = runs

    @property
    def _only_shows(self) -> bool:
        shows = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test")
        return any(getattr(self.config.option, name, False) for name in shows)

    def _make_sandbox_ready(self, competitions: set[str]) -> None:
        scratch.sweep()
        self.sandbox.sweep()
        self.sandbox.check(self.agent, self.gpus, self.settings.network)
        self._build()
        for competition in competitions:
            _ = self.catalog.get(competition).leaderboard

    def _build(self) -> None:
        """Make the sandbox ready; where it is only the default and fails, the error tells of the other one."""
        try:
            self.sandbox.build(self.agent, self._progress)
        except HarnessError as error:
            if not self._chose_docker:
                raise
            first, newline, rest = str(error).partition("\n")
            raise HarnessError(f"{first}; to do without Docker say --mlebench-sandbox=process{newline}{rest}") from None

    def _will_run(self, competition_id: str) -> bool:
        competition = self.catalog.get(competition_id)
        if self.settings.download or competition.source == "builtin":
            return True
        return self.store.prepared(competition, fixed=self.is_fixed(competition)) is not None

    def is_fixed(self, competition: Competition) -> bool:
        """Whether attempts of it are on the repaired variant of its data."""
        return self.settings.fixed and bool(competition.fixes)

    def prepare_options(self, competition: Competition) -> str:
        """The options with which ``mlebench prepare`` prepares what this run needs of it."""
        return " ".join(["--fixed"] * self.is_fixed(competition) + ["--description original"] * self._reads_original)

    @property
    def _reads_original(self) -> bool:
        return self.settings.description == "original"

    def description(self, competition: Competition, data: PreparedData) -> Path | None:
        """The description that agents get in place of the one in the data; None for that one."""
        if self.settings.description == "obfuscated":
            return data.obfuscated_description if self.is_fixed(competition) else competition.description_obfuscated
        return self.store.original_description(competition) if self._reads_original else None

    def prepare(self, competition: Competition) -> PreparedData:
        """The competition's data, prepared now where that is allowed; says on the terminal what is downloaded.

        Raises NotPreparedError where it is not allowed, HarnessError where it fails.
        """
        said = set()

        def progress(step: Step) -> None:
            if competition.source != "builtin" and step.doing not in said:
                said.add(step.doing)
                self._progress(str(step))

        try:
            return self.store.prepare(
                competition,
                download=self.settings.download,
                fixed=self.is_fixed(competition),
                original=self._reads_original,
                progress=progress,
            )
        except OSError as error:
            raise HarnessError(
                f"cannot reach the data in {self.store.root}: {error.strerror or error}; name another folder with "
                "--mlebench-data-dir"
            ) from error

    def _progress(self, line: str) -> None:
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(f"mlebench: {line}")

    def _facts(self) -> dict[str, Any]:
        """What run.json says: everything a reader needs to know how the results were obtained."""
        s, machine, limits = self.settings, self.machine, self.limits
        cpus, memory = limits.cpus or machine.cpus, limits.memory or machine.memory
        shown = {
            "time_limit": format_duration(limits.time),
            "cpus": f"{cpus:g}",
            "memory": format_size(memory),
            "gpus": str(len(self.gpus)),
            "attempts": str(s.attempts),
        }
        return {
            "run": self.folder.name,
            "options": {**values(self.config), "mlebench_sandbox": self.sandbox.name},
            "selection": self.selection.to_json(),
            "started": self.started.isoformat(timespec="seconds"),
            "agent": {
                "name": self.agent.name,
                "options": dict(self.agent.options),
                "variables_passed": [name for name in self.agent.env if name in os.environ],
            },
            "attempts": s.attempts,
            "sandbox": self.sandbox.name,
            "description": s.description,
            "fixed": s.fixed,
            "require": s.require,
            "time_limit": limits.time,
            "cpus": cpus,
            "memory": memory,
            "shm": limits.shm,
            "gpus": list(self.gpus),
            "network": self.network,
            "privileged": s.allow_privileged and self.agent.privileged,
            "machine": {
                "cpus": machine.cpus,
                "memory": machine.memory,
                "gpus": [gpu.name for gpu in machine.gpus],
                "system": machine.system,
            },
            "deviations": [
                f"{key}: {shown[key]} (standard {standard})"
                for key, standard in _STANDARD.items()
                if shown[key] != standard
            ]
            + ["data: repaired where there is a repaired variant (standard as published)"] * s.fixed,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("pytest-mlebench", "pytest", "pandas", "numpy", "scikit-learn")},
            },
        }

    def _resumption(self) -> dict[str, Any]:
        """What run.json says of going on: when, with how many seeds and which selection, on which versions."""
        facts = self._facts()
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        kept = ("attempts", "selection", "machine", "deviations", "versions")
        return {"resumed": now, **{name: facts[name] for name in kept}}

    def finished(self, competition: Competition, seed: int) -> AttemptRecord | None:
        """The record of an attempt that an earlier pytest finished, errors of the harness not counted."""
        if not self.settings.resume:
            return None
        record = self.folder.attempt(competition.id, seed).read_record()
        return record if record is not None and (record.outcome != "error" or self.settings.regrade) else None

    def pytest_sessionstart(self) -> None:
        """A worker of pytest-xdist says that it attempts, so that nobody resumes the run as long as it lives."""
        if self.is_worker and self.folder.root.is_dir():
            self.lock.work()

    def pytest_unconfigure(self) -> None:
        """Remove what interrupted attempts of this run may have left."""
        self.lock.release()
        if self._begun:
            # A daemon that went away has said so in the attempts that it took with it.
            with contextlib.suppress(HarnessError):
                self.sandbox.sweep(self.folder.name)

"""A run of the benchmark inside a pytest session: who attempts what, where, and on which terms."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench import registration
from pytest_mlebench.agent import Agent
from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.hardware import Machine, describe_share, select_gpus
from pytest_mlebench.attempts.leases import Request
from pytest_mlebench.attempts.locking import RunLock
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.attempts.status import StatusFile, clear_statuses
from pytest_mlebench.catalog import Catalog
from pytest_mlebench.collection import Collection, attempt_of, marker_lines
from pytest_mlebench.competition import Competition
from pytest_mlebench.data.progress import Step
from pytest_mlebench.data.store import DataStore, PreparedData
from pytest_mlebench.errors import HarnessError, MlebenchError
from pytest_mlebench.options import Settings, values
from pytest_mlebench.quantities import format_duration
from pytest_mlebench.resuming import Selection
from pytest_mlebench.run_facts import resumption, run_facts
from pytest_mlebench.run_gateway import RunGateway
from pytest_mlebench.sandboxes import Limits, Network, Sandbox, scratch

__all__ = ["BENCHMARK", "Benchmark", "start"]

BENCHMARK = pytest.StashKey["Benchmark"]()


def start(config: pytest.Config) -> None:
    """Make this pytest session a run of the benchmark; raises pytest.UsageError for what a user can mend."""
    from pytest_mlebench import ending, fixtures, live, reports
    from pytest_mlebench.scheduling import Scheduling

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
    config.pluginmanager.register(ending.Ending(config, benchmark), "mlebench-ending")
    config.pluginmanager.register(Scheduling(config, benchmark), "mlebench-scheduling")
    if not benchmark.is_worker:
        config.pluginmanager.register(live.Live(config, benchmark), "mlebench-live")
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
            self.agent: Agent = registration.choose_agent(config, settings.agent).with_options(settings.options)
        except MlebenchError as error:
            raise pytest.UsageError(str(error)) from None
        self.sandbox: Sandbox = registration.choose_sandbox(
            config, settings.sandbox, base_image=settings.base_image, allow_privileged=settings.allow_privileged
        )
        if settings.environment is not None:
            self.agent = replace(self.agent, environment=settings.environment)
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
        self.worker: str = config.workerinput["workerid"] if self.is_worker else "main"  # type: ignore[attr-defined]
        self.status = StatusFile(self.folder.root, self.worker)
        self.gateway = self._gateway()
        if settings.resume and not self.is_worker and not self.is_only_shown:
            # Before workers of pytest-xdist start, which say that they attempt.
            self._lead()
        self._ready = self.is_worker
        self._begun = False
        self._workers = 1

    def _lead(self) -> None:
        try:
            self.lock.lead()
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from None

    def _gateway(self) -> RunGateway | None:
        """The run's model gateway where its agent uses one; nothing is started yet."""
        if not self.agent.uses_gateway or self.network == "none" or self.is_only_shown:
            return None
        folder = self.config.workerinput["mlebench"]["gateway"] if self.is_worker else None  # type: ignore[attr-defined]
        try:
            gateway = RunGateway(Path(folder) if folder else None)
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from None
        self.config.pluginmanager.register(gateway, "mlebench-gateway")
        return gateway

    @cached_property
    def machine(self) -> Machine:
        """This machine; looked at once."""
        return Machine.here()

    @cached_property
    def pool(self) -> tuple[str, ...]:
        """Ids of the GPUs that attempts share out; raises HarnessError where what was asked for is not there."""
        if self.settings.gpus_per_attempt == 0:
            return ()
        return select_gpus(self.settings.gpus, self.machine, used=self.agent.uses_gpu)

    @property
    def gpus_per_attempt(self) -> float:
        """How many GPUs an attempt gets."""
        return self.settings.gpus_per_attempt if self.pool else 0

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
        return self._asked_network if self.sandbox.isolates else "open"

    @property
    def _asked_network(self) -> Network:
        """The network policy that was asked for, or that the agent's registration calls for."""
        if self.settings.network != "auto":
            return self.settings.network
        return "llm" if self.agent.uses_gateway or self.agent.model_hosts else "none"

    @property
    def needs(self) -> Request:
        """What an attempt gets for itself, of this machine's; what has no limit is shared by all."""
        limits = self.limits
        return Request(
            pool=self.pool,
            gpus=self.gpus_per_attempt,
            cpus=limits.cpus or 0,
            total_cpus=self.machine.cpus,
            memory=limits.memory or 0,
            total_memory=self.machine.memory,
        )

    def hardware(self, gpus: tuple[str, ...]) -> str:
        """What an attempt with these GPUs may use, for a person."""
        return describe_share(self.machine, self.limits, gpus)

    def pytest_report_header(self) -> list[str]:
        """Agent, sandbox, limits, and where the run is recorded."""
        s = self.settings
        unset = [name for name in self.agent.env if name not in os.environ]
        lines = [
            f"mlebench: agent {self.agent.name}, {s.attempts} attempt{'s' if s.attempts > 1 else ''} per competition, "
            f"time limit {format_duration(s.time_limit)}, network {self.network}, {self._gpus_in_words()}",
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

    def _gpus_in_words(self) -> str:
        try:
            pool = self.pool
        except HarnessError:  # said before the first attempt starts
            return f"gpus {self.settings.gpus}"
        if not pool:
            return "no GPU"
        return f"{self.gpus_per_attempt:g} of GPU{'s' if len(pool) > 1 else ''} {', '.join(pool)} each"

    def _why_not_docker(self) -> str | None:
        from pytest_mlebench.sandboxes import docker

        return docker.available()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Note how many attempts there are at a time."""
        self._workers = len(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist the terms of the run, and what was decided here once for all workers."""
        options = {**values(self.config), "mlebench_sandbox": self.sandbox.name}
        selection = self.selection.to_json()
        node.workerinput["mlebench"] = {
            "options": options,
            "run": str(self.folder.root),
            "selection": selection,
            "gateway": str(self.gateway.folder) if self.gateway is not None else None,
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Under pytest-xdist the workers collect; the controller makes ready before it hands out the first item."""
        self._make_ready({attempt for attempt in map(attempt_of, ids) if attempt is not None})

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make ready before the first attempt starts."""
        params = [i.callspec.params for i in session.items if hasattr(i, "callspec")]
        if params:
            self._make_ready({(each["competition"].id, each["seed"]) for each in params})

    def _make_ready(self, attempts: set[tuple[str, int]]) -> None:
        """Check and build the sandbox, and begin the run's record; ends the session where the sandbox cannot work."""
        if self._ready or self.is_only_shown:
            return
        self._ready = True
        resumed = bool(self.settings.resume)
        will_run = set(filter(self._will_run, {id for id, _ in attempts}))
        planned = [f"{id}-{seed}" for id, seed in attempts if id in will_run]
        pending = {id for id, seed in attempts if self.finished(self.catalog.get(id), seed) is None}
        runs = not self.settings.regrade and bool(pending & will_run)
        if not runs and not resumed:
            return
        try:
            if runs:
                self._make_sandbox_ready(pending)
            if resumed:
                self.folder.go_on(resumption(self, planned, self._workers))
            else:
                self.folder.create(run_facts(self, planned, self._workers))
                self.lock.lead(new=True)
            self.lock.work()
            clear_statuses(self.folder.root)
            if runs and self.gateway is not None:
                s = self.settings
                self.gateway.start(model_url=s.model_url, run_budget=s.run_budget, run=self.folder.root)
        except MlebenchError as error:
            raise pytest.UsageError(str(error)) from None
        self._begun = runs

    @property
    def is_only_shown(self) -> bool:
        """Whether pytest was asked to show something, and to run nothing."""
        shows = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test")
        return any(getattr(self.config.option, name, False) for name in shows)

    def _make_sandbox_ready(self, competitions: set[str]) -> None:
        scratch.sweep()
        self.sandbox.sweep()
        self.sandbox.check(self.agent, self.pool, self._asked_network)
        if self.gateway is not None:
            self.gateway.check(self.agent.options.get("model", ""), self.settings.model_url)
        _ = self.needs
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
            scratch.sweep()  # pytest-xdist kills workers that take long to end
            # A daemon that went away has said so in the attempts that it took with it.
            with contextlib.suppress(HarnessError):
                self.sandbox.sweep(self.folder.name)

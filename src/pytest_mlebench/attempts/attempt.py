"""One attempt, from its empty folder to its record."""

from __future__ import annotations

import datetime
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlebench.agent import Agent
from pytest_mlebench.attempts.budget import Budget
from pytest_mlebench.attempts.folders import AttemptFolder
from pytest_mlebench.attempts.instructions import instructions
from pytest_mlebench.attempts.judging import judged, unjudged
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.grading.grade import Grade
from pytest_mlebench.sandboxes import Execution, Job, Limits, Network, Observer, Sandbox, Variables

if TYPE_CHECKING:
    from pytest_mlebench.competition import Competition

__all__ = ["Attempt", "Servers", "record_of"]


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Where the servers of one attempt listen on this machine: a Unix socket, or a base URL; None for none."""

    validation: Path | str
    gateway: Path | str | None = None
    proxy: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One agent, one competition, one seed, and the terms on which it runs."""

    competition: Competition
    seed: int
    agent: Agent
    folder: AttemptFolder
    run: str
    """The run's name."""
    limits: Limits
    gpus: tuple[str, ...]
    network: Network
    hardware: str
    """What it may use, for a person."""
    budget: Budget | None = None
    disk: int | None = None
    """Bytes that its folders may take."""
    observer: Observer = field(default_factory=Observer)
    """Who follows it while its agent works."""
    description: Path | None = None
    """The description that the agent gets in place of the data's own."""
    obfuscated: bool = False
    """Whether the agent is not told the competition's name."""
    fixed: bool = False
    """Whether the data is the repaired variant."""

    def execute(self, sandbox: Sandbox, public: Path, servers: Servers) -> Execution:
        """Run the agent in the sandbox to its end or its time limit; raises HarnessError where the harness fails it."""
        try:
            self.folder.create()
            self.folder.log.touch()
            self.folder.instructions.touch()
            # The agent may be another user, whatever the umask here.
            self.folder.instructions.chmod(0o644)
        except OSError as error:
            raise HarnessError(
                f"cannot make the attempt's folder {self.folder.root}: {error.strerror or error}"
            ) from error
        job = Job(
            name=self._job_name(),
            run=self.run,
            agent=self.agent,
            environment=self._environment(os.environ),
            data=public.resolve(),
            instructions=self.folder.instructions,
            submission=self.folder.submission,
            code=self.folder.code,
            logs=self.folder.logs,
            log=self.folder.log,
            validation=servers.validation,
            gateway=servers.gateway,
            proxy=servers.proxy,
            description=self.description,
            limits=self.limits,
            gpus=self.gpus,
            network=self.network,
            observer=self.observer,
        )
        text = instructions(
            sandbox.places(job),
            description=self._description(public),
            time_limit=self.limits.time,
            hardware=self.hardware,
            network=self.network,
            budget=self.budget,
            disk=self.disk,
        )
        try:
            self.folder.instructions.write_text(text, encoding="utf-8")
        except OSError as error:
            raise HarnessError(f"cannot write {self.folder.instructions}: {error.strerror or error}") from error
        return sandbox.execute(job)

    def _description(self, public: Path) -> str:
        path = self.description or public / "description.md"
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise HarnessError(f"cannot read the description {path}: {error}") from error

    def _job_name(self) -> str:
        readable = re.sub(r"[^a-z0-9]+", "-", f"{self.competition.id}-{self.seed}".lower())
        return f"mlebench-{readable}-{secrets.token_hex(4)}"

    def _environment(self, host: Mapping[str, str]) -> Variables:
        """What the agent is told in variables; of the host's own only those that its registration names."""
        variables = Variables({name: host[name] for name in self.agent.env if name in host})
        for name, value in self.agent.options.items():
            variables[f"MLEBENCH_OPTION_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"] = value
        variables |= {
            "MLEBENCH_SEED": str(self.seed),
            "MLEBENCH_TIME_LIMIT": f"{self.limits.time:.0f}",
            "MLEBENCH_HARDWARE": self.hardware,
        }
        if not self.obfuscated:
            variables["MLEBENCH_COMPETITION"] = self.competition.id
        return variables


def record_of(
    attempt: Attempt,
    execution: Execution,
    grade: Grade | None,
    *,
    sandbox: str,
    started: datetime.datetime,
    run_root: Path,
) -> AttemptRecord:
    """The record of a finished attempt; `grade` is None where there was no submission."""
    record = judged(unjudged(attempt.competition, attempt.seed, attempt.agent.name, fixed=attempt.fixed), grade)
    return replace(
        record,
        seconds=round(execution.seconds, 3),
        exit_status=execution.exit_status,
        timed_out=execution.timed_out,
        out_of_memory=execution.out_of_memory,
        sandbox=sandbox,
        gpus=attempt.gpus,
        created_at=started.isoformat(timespec="seconds"),
        folder=str(attempt.folder.root.relative_to(run_root)),
    )

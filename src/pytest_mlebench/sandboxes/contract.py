"""What a sandbox is given, what it gives back, and what it promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from pytest_mlebench.agent import Agent

__all__ = [
    "GATEWAY_PORT",
    "PROXY_PORT",
    "VALIDATION_PORT",
    "Execution",
    "Job",
    "Limits",
    "Network",
    "Observer",
    "Sandbox",
    "Variables",
    "gateway_variables",
    "proxy_variables",
]

Network = Literal["none", "llm", "open"]
"""What an attempt reaches: nothing, its model alone (the gateway, and hosts that the agent names), or everything."""


VALIDATION_PORT, PROXY_PORT, GATEWAY_PORT = 5000, 5001, 5002
"""Where an agent in a container finds the servers of the host, on its localhost."""


class Variables(dict[str, str]):
    """Environment variables, some of them secret: shown by their names alone, as tracebacks would show them."""

    def __repr__(self) -> str:
        return f"Variables of {', '.join(sorted(self))}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an attempt may use; None leaves a resource as the machine has it."""

    time: float = 24 * 3600.0
    """Seconds that the agent may run, counted from its first instruction."""
    grace: float = 30.0
    """Seconds between the request to terminate and the kill."""
    cpus: float | None = None
    """Processors; fractions allowed."""
    memory: int | None = None
    """Bytes of memory."""
    shm: int | None = None
    """Bytes of shared memory (/dev/shm)."""
    processes: int = 4096
    """Processes and threads at a time."""


def gateway_variables(url: str | None) -> dict[str, str]:
    """The variables by which programs find the model gateway at `url`; none where there is none.

    Its key is no secret: it is there because programs insist on one.
    """
    if url is None:
        return {}
    return {
        "MLEBENCH_GATEWAY_URL": f"{url}/v1",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": "mlebench",
    }


def proxy_variables(url: str | None) -> dict[str, str]:
    """The variables by which programs find the forward proxy at `url`; none where there is none."""
    if url is None:
        return {}
    variables = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), url)
    local = dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1")
    # Node does not look at the others without it.
    return {**variables, **local, "NODE_USE_ENV_PROXY": "1"}


class Observer:
    """Who follows an execution while the sandbox waits for its end; this one lets everything pass."""

    def began(self) -> None:
        """The agent's clock runs from now. Called once, by the thread that executes; must not take long or raise."""

    def should_end(self) -> bool:
        """Whether to end the agent now as at its time limit; asked at least every `PATIENCE` seconds until it ends."""
        return False

    PATIENCE = 2.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """One attempt as a sandbox sees it. All paths are absolute host paths that exist."""

    name: str
    """Unique on this machine, ``[a-z0-9][a-z0-9-]*``; names the container."""
    run: str
    """The run it belongs to, for labels."""
    agent: Agent
    environment: Mapping[str, str] = field(repr=False)
    """Variables for the agent: MLEBENCH_COMPETITION, ..., options, and named host variables with their secret values.

    The sandbox adds those that depend on where it puts things (MLEBENCH_DATA_DIR, _SUBMISSION_DIR, _CODE_DIR,
    _LOGS_DIR, _AGENT_DIR, _INSTRUCTIONS, _VALIDATION_URL).
    """
    data: Path
    """The public folder, to be read-only inside."""
    instructions: Path
    submission: Path
    code: Path
    logs: Path
    log: Path
    """File to which stdout and stderr of the agent are appended as they come, in bounds and without secrets."""
    validation: Path | str | None = None
    """Where the validation server listens: a Unix socket, or a URL for sandboxes whose transport is ``tcp``."""
    gateway: Path | str | None = None
    """Where the model gateway listens, likewise; None for none."""
    proxy: Path | None = None
    """The Unix socket of the forward proxy to the agent's model hosts; None for none. The three sockets are ours."""
    description: Path | None = None
    """A description.md to show in place of the one in `data`."""
    limits: Limits = Limits()
    gpus: tuple[str, ...] = ()
    """Device ids; empty for none."""
    network: Network = "none"
    observer: Observer = field(default_factory=Observer)

    @property
    def secrets(self) -> Mapping[str, str]:
        """The host variables that the agent was given, by name: what it prints of their values is not written down."""
        return Variables({name: self.environment[name] for name in self.agent.env if name in self.environment})


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How an execution ended, by the host's clock and the host's word."""

    seconds: float
    """From the agent's first instruction to its end."""
    exit_status: int | None
    """The agent's exit status; 128 + n where signal n ended it; None where it is not known."""
    timed_out: bool = False
    out_of_memory: bool = False
    ended_early: bool = False
    """Whether it was ended because the job's observer asked for it."""


class Sandbox(ABC):
    """A place where agents run. Methods raise HarnessError with a line for a person when the place itself fails.

    Instances are cheap to make; nothing is contacted before `check`.
    """

    name: ClassVar[str]
    """As in ``--mlebench-sandbox``."""
    transport: ClassVar[Literal["unix", "tcp"]]
    """How its agents reach servers of the host: over socket files that are mounted in, or over loopback TCP."""
    isolates: ClassVar[bool] = True
    """Whether it keeps the network policy and the limits beside the time limit; a run's record says what really was."""

    @abstractmethod
    def describe(self) -> str:
        """One line for the report header: what it is and how far it isolates."""

    @abstractmethod
    def check(self, agent: Agent, gpus: tuple[str, ...], network: Network) -> None:
        """Raise HarnessError, before any attempt starts, if it cannot run this agent with these devices."""

    @abstractmethod
    def build(self, agent: Agent, progress: Callable[[str], None]) -> None:
        """Make ready what `agent` needs (images); a no-op when it is there. Safe to call from several processes."""

    def places(self, job: Job) -> dict[str, str]:
        """The variables that tell the agent where things are inside; `execute` sets these, the instructions show them.

        Here: the places of every container. Sandboxes without a file system of their own give host paths.
        """
        return {
            "MLEBENCH_DATA_DIR": "/home/data",
            "MLEBENCH_INSTRUCTIONS": "/home/instructions.txt",
            "MLEBENCH_SUBMISSION_DIR": "/home/submission",
            "MLEBENCH_CODE_DIR": "/home/code",
            "MLEBENCH_LOGS_DIR": "/home/logs",
            "MLEBENCH_AGENT_DIR": "/home/agent",
            "MLEBENCH_VALIDATION_URL": f"http://localhost:{VALIDATION_PORT}",
            **gateway_variables(f"http://localhost:{GATEWAY_PORT}" if job.gateway is not None else None),
            **proxy_variables(f"http://localhost:{PROXY_PORT}" if job.proxy is not None else None),
        }

    @abstractmethod
    def execute(self, job: Job) -> Execution:
        """Run the job to its end or to its time limit, and leave nothing of it running, whatever happens.

        At the limit: terminate, wait for the grace period, kill. On any exception, KeyboardInterrupt included,
        everything is removed before it propagates. A sandbox that cannot find all that hides says so where it is
        documented.
        """

    @abstractmethod
    def sweep(self, run: str | None = None) -> list[str]:
        """Remove what killed runs left behind (of `run`, or of any whose process is gone); the names removed."""

"""The options of a run: declared once, as command-line flags and as ini keys, and read into one typed object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from pytest_mlebench.quantities import parse_duration, parse_size

if TYPE_CHECKING:
    from pytest_mlebench.attempts.budget import Budget

__all__ = ["Settings", "add_options", "agent_name", "given_values", "resumed_run", "take_over", "values"]

Require = Literal["valid", "median", "bronze", "silver", "gold"]


@dataclass(frozen=True)
class _Option:
    """One option; ``--mlebench-time-limit`` and the ini key ``mlebench_time_limit`` are the same."""

    name: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    default: str = ""
    kind: Literal["string", "bool", "list"] = "string"

    @property
    def flag(self) -> str:
        return f"--mlebench-{self.name}"

    @property
    def key(self) -> str:
        return f"mlebench_{self.name.replace('-', '_')}"


_OPTIONS = (
    _Option(
        "agent", "Run the benchmark with this agent (see `mlebench agents`); without it nothing is collected.", "NAME"
    ),
    _Option(
        "resume",
        "Go on with a run: its name in the runs folder or the beginning of it, a path, or last. Finished attempts are "
        "not run again, options are those of the run.",
        "RUN",
    ),
    _Option("regrade", "With --mlebench-resume, grade again what was submitted, and run no agent.", kind="bool"),
    _Option(
        "retries",
        "How often an attempt that ends in an error of the harness is tried again (default 0).",
        "N",
        default="0",
    ),
    _Option("attempts", "Attempts per competition, with seeds 0..N-1 (default 1).", "N", default="1"),
    _Option("option", "Set an option of the agent; may be repeated.", "KEY=VALUE", kind="list"),
    _Option(
        "sandbox",
        "Where attempts execute: docker, process, or one of a plugin (default: docker where a daemon answers).",
        "NAME",
        default="auto",
    ),
    _Option("time-limit", "How long an agent may run, like 24h, 90m or 30s (default 24h).", "TIME", default="24h"),
    _Option("cpus", "Processors per attempt (default: all).", "N"),
    _Option("memory", "Memory per attempt, like 440g (default: all).", "SIZE"),
    _Option("shm", "Shared memory (/dev/shm) per attempt, like 16g (default: Docker's 64m).", "SIZE"),
    _Option(
        "gpus",
        "GPUs that attempts share out among them: auto (those of this machine, none where the agent uses none), none, "
        "all, or device ids like 0,1 (default auto).",
        "IDS",
        default="auto",
    ),
    _Option(
        "gpus-per-attempt",
        "How many of them an attempt gets for itself; a fraction, like 0.5, shares one (default 1).",
        "N",
        default="1",
    ),
    _Option("disk", "How much the folders of an attempt may take, like 100g; beyond it the attempt is ended.", "SIZE"),
    _Option(
        "budget",
        "What an attempt may use of its model, like 20usd, 5mtokens, or both with a comma; beyond it it is ended.",
        "AMOUNT",
    ),
    _Option(
        "run-budget",
        "What all attempts of the run may use of their models together; those that ask for more end as errors.",
        "AMOUNT",
    ),
    _Option("snapshot-every", "Keep and grade what is submitted at each mark of an attempt's time, like 1h.", "TIME"),
    _Option(
        "network",
        "What an attempt reaches: none; llm: its model alone; open: everything; auto: llm for agents that name their "
        "model's hosts or use the gateway, none for others (default auto).",
        choices=("auto", "none", "llm", "open"),
        default="auto",
    ),
    _Option(
        "model-url",
        "OpenAI-compatible endpoint that serves the models of agents that use the gateway, like "
        "http://localhost:8000/v1 (default: each model's provider, with its key from the environment).",
        "URL",
    ),
    _Option("allow-privileged", "Let an agent that asks for it run in a privileged container.", kind="bool"),
    _Option(
        "require",
        "What a test needs to pass: a valid submission, above the median, or a medal (default bronze).",
        choices=("valid", "median", "bronze", "silver", "gold"),
        default="bronze",
    ),
    _Option(
        "fail-under",
        "Let the exit status say whether this percent of attempts earned a medal: 0 if so, else 1.",
        "PERCENT",
    ),
    _Option("summary", "Write the summary to this file too, as Markdown as GitHub shows it.", "FILE"),
    _Option(
        "description",
        "Which description agents get: plain (default); obfuscated: without the competition's name and origin; "
        "original: the text of Kaggle's own pages, fetched with `mlebench prepare --description original`.",
        choices=("plain", "obfuscated", "original"),
        default="plain",
    ),
    _Option(
        "fixed",
        "Use the repaired data of competitions that have some; results do not compare with the published ones.",
        kind="bool",
    ),
    _Option(
        "download", "Download and prepare data that is not there (else such competitions are skipped).", kind="bool"
    ),
    _Option("data-dir", "Folder of the prepared data (default: the user's cache folder).", "DIR"),
    _Option("runs-dir", "Folder that runs are recorded in (default runs).", "DIR", default="runs"),
    _Option(
        "environment",
        "Environment image that the agent's image is built on: slim, or full with CUDA (default: what the agent says).",
        choices=("slim", "full"),
    ),
    _Option(
        "base-image",
        "Debian or Ubuntu image that the environment image is built on (default debian:bookworm-slim).",
        "IMAGE",
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Declare every option under one group, and its ini key."""
    group = parser.getgroup("mlebench", "MLE-bench: agents attempt competitions")
    for option in _OPTIONS:
        extra: dict[str, Any]
        if option.kind == "bool":
            extra = {"action": "store_true"}
        else:
            extra = {"metavar": option.metavar, "action": "append" if option.kind == "list" else "store"}
            if option.choices:
                extra |= {"choices": option.choices, "metavar": "|".join(option.choices)}
        group.addoption(option.flag, dest=option.key, default=None, help=option.help, **extra)
        ini_type: Any = {"string": "string", "bool": "bool", "list": "linelist"}[option.kind]
        parser.addini(option.key, f"Same as {option.flag}.", type=ini_type, default=None)


def _value(config: pytest.Config, name: str) -> Any:
    """The value of an option: from the command line, else the ini file, else the default."""
    option = next(o for o in _OPTIONS if o.name == name)
    given = config.getoption(option.key)
    if given is None or given == []:
        given = config.getini(option.key)
    if given is None or given == "" or given == []:
        given = {"string": option.default, "bool": False, "list": []}[option.kind]
    if option.choices and given not in (*option.choices, option.default):
        raise pytest.UsageError(f"{option.key} = {given}: choose from {', '.join(option.choices)}")
    return given


def values(config: pytest.Config) -> dict[str, Any]:
    """Every option's value, as plain values that travel to a worker of pytest-xdist; `take_over` reads them there."""
    return {option.key: _value(config, option.name) for option in _OPTIONS}


def given_values(config: pytest.Config) -> dict[str, Any]:
    """The values of the options that stand on the command line."""
    values = {option.key: config.getoption(option.key) for option in _OPTIONS}
    return {key: value for key, value in values.items() if value not in (None, [])}


def resumed_run(config: pytest.Config) -> str | None:
    """The run to resume, or None."""
    return _value(config, "resume") or None


def take_over(config: pytest.Config, given: Mapping[str, Any]) -> None:
    """Use another session's `values` as if they stood on the command line."""
    vars(config.option).update(given)


def agent_name(config: pytest.Config) -> str | None:
    """The agent asked for, or None where this is not a run of the benchmark."""
    return _value(config, "agent") or None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of a run, parsed and checked."""

    agent: str
    attempts: int
    resume: str | None
    regrade: bool
    retries: int
    options: Mapping[str, str] = field(default_factory=dict)
    sandbox: str
    time_limit: float
    """Seconds."""
    cpus: float | None
    memory: int | None
    """Bytes; likewise shm."""
    shm: int | None
    gpus: str
    """``auto``, ``none``, ``all``, or device ids with commas."""
    gpus_per_attempt: float
    """A whole number, or a fraction below 1; 0 for none."""
    disk: int | None
    """Bytes."""
    budget: Budget | None
    """Of each attempt."""
    run_budget: Budget | None
    snapshot_every: float | None
    """Seconds."""
    network: Literal["auto", "none", "llm", "open"]
    model_url: str | None
    allow_privileged: bool
    require: Require
    fail_under: float | None
    """Percent of attempts with any medal, 0-100."""
    summary: Path | None
    description: Literal["plain", "obfuscated", "original"]
    fixed: bool
    download: bool
    data_dir: Path | None
    runs_dir: Path
    environment: Literal["slim", "full"] | None
    """None for what the agent says."""
    base_image: str | None

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """The settings of this invocation; raises pytest.UsageError naming the option that cannot be read."""

        from pytest_mlebench.attempts.budget import Budget

        def parsed(name: str, parse: Any, absent: Any = None) -> Any:
            text = _value(config, name)
            if text == "":
                return absent
            try:
                return parse(text)
            except ValueError as error:
                raise pytest.UsageError(f"--mlebench-{name}: {error}") from None

        folder = config.invocation_params.dir
        if _value(config, "regrade") and not resumed_run(config):
            raise pytest.UsageError("--mlebench-regrade: say which run with --mlebench-resume=RUN (or last)")
        if _value(config, "fixed") and _value(config, "description") == "original":
            raise pytest.UsageError(
                "--mlebench-fixed: Kaggle's text does not describe repaired data; choose another --mlebench-description"
            )
        return cls(
            agent=cast(str, agent_name(config)),
            attempts=parsed("attempts", _positive_int),
            resume=resumed_run(config),
            regrade=_value(config, "regrade"),
            retries=parsed("retries", _whole_number),
            options=dict(parsed("option", lambda texts: [_pair(text) for text in texts])),
            sandbox=_value(config, "sandbox"),
            time_limit=parsed("time-limit", parse_duration),
            cpus=parsed("cpus", _positive_float),
            memory=parsed("memory", _memory),
            shm=parsed("shm", parse_size),
            gpus=_value(config, "gpus"),
            gpus_per_attempt=parsed("gpus-per-attempt", _gpus_per_attempt),
            disk=parsed("disk", parse_size),
            budget=parsed("budget", Budget.parse),
            snapshot_every=parsed("snapshot-every", _at_least_a_second),
            run_budget=parsed("run-budget", Budget.parse),
            network=_value(config, "network"),
            model_url=parsed("model-url", _web_address),
            allow_privileged=_value(config, "allow-privileged"),
            require=_value(config, "require"),
            fail_under=parsed("fail-under", _percent),
            summary=parsed("summary", lambda text: folder / Path(text).expanduser()),
            description=_value(config, "description"),
            fixed=_value(config, "fixed"),
            download=_value(config, "download"),
            data_dir=parsed("data-dir", lambda text: folder / Path(text).expanduser()),
            runs_dir=parsed("runs-dir", lambda text: folder / Path(text).expanduser()),
            environment=_value(config, "environment") or None,
            base_image=_value(config, "base-image") or None,
        )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"write it as key=value, not {text!r}")
    return key.strip(), value


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", text):
        raise ValueError(f"write it like http://localhost:8000/v1, without a user or key in it, not {text!r}")
    return text.rstrip("/")


def _memory(text: str) -> int:
    size = parse_size(text)
    if size < 6 * 1024**2:
        raise ValueError(f"at least 6m, not {text!r} (write it like 440g or 512m)")
    return size


def _positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"a whole number of at least 1, not {text!r}")
    return int(text)


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"a whole number of at least 0, not {text!r}")
    return int(text)


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise ValueError(f"a percentage from 0 to 100, not {text!r}")
    return value


def _at_least_a_second(text: str) -> float:
    if (seconds := parse_duration(text)) < 1:
        raise ValueError(f"at least 1s, not {text!r}")
    return seconds


def _gpus_per_attempt(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1000 or (value > 1 and value != int(value)):
        raise ValueError(f"a whole number, or a fraction below 1 that shares a GPU, not {text!r}")
    return value


def _positive_float(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(f"a positive number, not {text!r}")
    return value

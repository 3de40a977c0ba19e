"""Running our agents as plain processes, with a real validation server, on folders made up here."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.attempts.validation import ValidationServer

DESCRIPTION = "# A competition\n\n## Evaluation\n\nSubmissions are scored by {metric}.\n"


@dataclass(frozen=True)
class Played:
    status: int
    output: str
    submission: Path


@pytest.fixture
def registered() -> Callable[[str], Agent]:
    def get(name: str) -> Agent:
        (agent,) = importlib.import_module(f"pytest_mlebench.agents.{name}.agent").pytest_mlebench_agents()
        return agent

    return get


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Played]:
    """Run an agent on a public folder; `validate` is what the validation server says, None for no server."""

    def run(
        agent: Agent,
        public: Path,
        validate: Callable[[Path], tuple[bool, str]] | None,
        *,
        competition: str | None = "made-up",
        seed: int = 0,
        time_limit: int = 600,
        **variables: str,
    ) -> Played:
        place = tmp_path / "place"
        folders = {name: place / name for name in ("submission", "code", "logs")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        (place / "instructions.txt").write_text("Solve it.\n")
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(place),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MLEBENCH_DATA_DIR": str(public),
            **{f"MLEBENCH_{name.upper()}_DIR": str(folder) for name, folder in folders.items()},
            "MLEBENCH_INSTRUCTIONS": str(place / "instructions.txt"),
            "MLEBENCH_SEED": str(seed),
            "MLEBENCH_TIME_LIMIT": str(time_limit),
            "MLEBENCH_HARDWARE": "a test",
            **{f"MLEBENCH_OPTION_{key.upper()}": value for key, value in agent.options.items()},
        }
        if agent.folder is not None:
            environment["MLEBENCH_AGENT_DIR"] = str(agent.folder)
        if competition is not None:
            environment["MLEBENCH_COMPETITION"] = competition

        def start() -> Played:
            done = subprocess.run(
                agent.command,
                cwd=folders["code"],
                env=environment | variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=600,
                check=False,
            )
            return Played(done.returncode, done.stdout, folders["submission"] / "submission.csv")

        if validate is None:
            environment["MLEBENCH_VALIDATION_URL"] = "http://127.0.0.1:9"  # the discard port: nothing listens
            return start()
        with ValidationServer(validate) as server:
            environment["MLEBENCH_VALIDATION_URL"] = str(server.address)
            return start()

    return run


@pytest.fixture
def public(tmp_path: Path) -> Callable[..., Path]:
    """A public folder of CSV texts by file name, with a description that names a metric."""

    def make(metric: str = "accuracy", **tables: str) -> Path:
        folder = tmp_path / "public"
        folder.mkdir(exist_ok=True)
        (folder / "description.md").write_text(DESCRIPTION.format(metric=metric))
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text)
        return folder

    return make

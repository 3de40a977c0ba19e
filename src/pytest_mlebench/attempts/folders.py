"""The run folder on disk: where a run and its attempts keep what they leave."""

from __future__ import annotations

import datetime
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.files import write_json
from pytest_mlebench.grading.grade import Grade

__all__ = ["AttemptFolder", "RunFolder"]


@dataclass(frozen=True)
class AttemptFolder:
    """The folder of one attempt; paths are absolute."""

    root: Path

    @property
    def submission(self) -> Path:
        """The folder an agent leaves submission.csv in."""
        return self.root / "submission"

    @property
    def code(self) -> Path:
        """The agent's working folder."""
        return self.root / "code"

    @property
    def logs(self) -> Path:
        """Logs that the agent writes itself."""
        return self.root / "logs"

    @property
    def log(self) -> Path:
        """What the agent printed."""
        return self.root / "agent.log"

    @property
    def instructions(self) -> Path:
        """The instructions the agent got."""
        return self.root / "instructions.txt"

    @property
    def record(self) -> Path:
        """What is known of the attempt; it counts as finished once this file is there."""
        return self.root / "attempt.json"

    def create(self) -> None:
        """Make the folder new; one that is there already is kept under another name, never overwritten."""
        if self.root.exists():
            n = 1
            while (kept := self.root.with_name(f"{self.root.name}.earlier-{n}")).exists():
                n += 1
            self.root.rename(kept)
        for folder in (self.submission, self.code, self.logs):
            folder.mkdir(parents=True)

    def read_record(self) -> AttemptRecord | None:
        """What is recorded of the attempt; None where it is not finished, or the file is damaged."""
        try:
            return AttemptRecord.from_json(json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def write_grade(self, grade: Grade) -> None:
        """Record the grade as grade.json."""
        write_json(self.root / "grade.json", grade.to_json())

    def write_record(self, record: AttemptRecord) -> None:
        """Record the attempt as attempt.json."""
        self.root.mkdir(parents=True, exist_ok=True)
        write_json(self.record, record.to_json())


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    root: Path

    @classmethod
    def new(cls, runs: Path, agent: str, now: datetime.datetime) -> RunFolder:
        """A folder name that no other run has: date, time, agent and a few random letters. Nothing is created yet."""
        name = f"{now:%Y-%m-%dT%H-%M-%S}-{re.sub(r'[^a-z0-9-]+', '-', agent.lower())}-{secrets.token_hex(2)}"
        return cls(runs / name)

    @property
    def name(self) -> str:
        """The run's name."""
        return self.root.name

    def create(self, facts: Mapping[str, Any]) -> None:
        """Make the folder and write run.json; raises HarnessError where that cannot be done."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            write_json(self.root / "run.json", dict(facts))
        except OSError as error:
            raise HarnessError(
                f"cannot record the run in {self.root}: {error.strerror or error}; "
                "name another folder with --mlebench-runs-dir"
            ) from error

    def go_on(self, facts: Mapping[str, Any]) -> None:
        """Add to run.json that the run is resumed; raises HarnessError where that cannot be done."""
        path = self.root / "run.json"
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            write_json(path, {**known, "resumptions": [*known.get("resumptions", []), dict(facts)]})
        except (OSError, ValueError) as error:
            raise HarnessError(f"cannot record in {path} that the run goes on: {error}") from error

    def attempt(self, competition: str, seed: int) -> AttemptFolder:
        """The folder of one attempt."""
        return AttemptFolder(self.root / competition / f"seed-{seed}")

    def attempts(self) -> Iterator[AttemptFolder]:
        """The folders of the finished attempts, in order of their names."""
        for path in sorted(self.root.glob("*/seed-*/attempt.json")):
            if re.fullmatch(r"seed-\d+", path.parent.name):
                yield AttemptFolder(path.parent)

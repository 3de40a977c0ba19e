"""The run folder on disk: where a run and its attempts keep what they leave."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.files import write_json
from pytest_mlebench.grading.grade import Grade

__all__ = ["AttemptFolder", "RunFolder"]

_FORMAT = "%Y-%m-%dT%H-%M-%S"
_TIME = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d"


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
    def transcript(self) -> Path:
        """What the model gateway was asked and answered, as JSON lines."""
        return self.root / "model.jsonl"

    @property
    def contacts(self) -> Path:
        """Which hosts the agent tried to reach through the forward proxy, as JSON lines."""
        return self.root / "network.jsonl"

    @property
    def instructions(self) -> Path:
        """The instructions the agent got."""
        return self.root / "instructions.txt"

    def snapshot(self, elapsed: float) -> Path:
        """The folder of what was submitted after so many seconds: ``snapshots/002h30m00s``."""
        minutes, seconds = divmod(round(elapsed), 60)
        return self.root / "snapshots" / f"{minutes // 60:03d}h{minutes % 60:02d}m{seconds:02d}s"

    @property
    def record(self) -> Path:
        """What is known of the attempt; it counts as finished once this file is there."""
        return self.root / "attempt.json"

    def create(self) -> None:
        """Make the folder new; one that is there already is kept under another name, never overwritten."""
        _put_aside(self.root)
        for folder in (self.submission, self.code, self.logs):
            folder.mkdir(parents=True)

    def read_record(self) -> AttemptRecord | None:
        """What is recorded of the attempt; None where it is not finished, or the file is damaged."""
        try:
            return AttemptRecord.from_json(json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return None

    def write_grade(self, grade: Grade) -> None:
        """Record the grade as grade.json."""
        self._make_recordable()
        write_json(self.root / "grade.json", grade.to_json())

    def write_record(self, record: AttemptRecord) -> None:
        """Record the attempt as attempt.json."""
        self._make_recordable()
        write_json(self.record, record.to_json())

    def _make_recordable(self) -> None:
        """Put aside what an agent, where nothing isolates it, left in the place of the folder or of its records."""
        if not stat.S_ISDIR(_mode(self.root)):
            _put_aside(self.root)
        self.root.mkdir(parents=True, exist_ok=True)
        for path in (self.root / "grade.json", self.record):
            if stat.S_ISDIR(_mode(path)):
                _put_aside(path)


def _mode(path: Path) -> int:
    """The mode of what stands there, a link not followed; 0 where nothing does."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0


def _put_aside(path: Path) -> None:
    """Give what stands there, if anything, the first name ``<name>.earlier-<n>`` that is free."""
    if not _mode(path):
        return
    n = 1
    while _mode(kept := path.with_name(f"{path.name}.earlier-{n}")):
        n += 1
    path.rename(kept)


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    root: Path

    @classmethod
    def new(cls, runs: Path, agent: str, now: datetime.datetime) -> RunFolder:
        """A folder name that no other run has: date, time, agent and a few random letters. Nothing is created yet.

        It sorts behind those of all other runs there, so that the last one is found: the clock may have been set back.
        """
        times = (re.match(_TIME, path.parent.name) for path in runs.glob("*/run.json"))
        for found in (each[0] for each in times if each):
            with contextlib.suppress(ValueError):
                now = max(now, datetime.datetime.strptime(found + "Z", f"{_FORMAT}%z") + datetime.timedelta(seconds=1))
        name = f"{now:{_FORMAT}}-{re.sub(r'[^a-z0-9-]+', '-', agent.lower())}-{secrets.token_hex(2)}"
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

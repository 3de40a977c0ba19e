"""A pytest in a process of its own, to be interrupted and killed; and what it left on the machine."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ..waiting import text_of, wait_for

MARK = "MLEBENCH_TEST_RUN"


class Run:
    """A run whose agent sleeps, recognisable among all processes."""

    def __init__(self, directory, sandbox: str, *options: str, attempts: int = 1, until_told=False, **popen) -> None:
        self.directory = directory
        self.sandbox = sandbox
        self.attempts = attempts
        self._until_told = until_told
        self.sleep = f"sleep 600.{secrets.randbelow(10**9):09d}"
        # Short, for the validation server's socket; of its own, so that what is left there is of this run.
        self.temporary = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))
        self.mark = secrets.token_hex(8)
        told = f"until [ -e {directory.path}/told-$MLEBENCH_SEED ]; do sleep 0.05; done"
        self._replace("sleep 600", told if until_told else self.sleep)
        self.command = [sys.executable, "-m", "pytest", "-k", "toy", f"--mlebench-sandbox={sandbox}"]
        self.command += ["--mlebench-agent=sleeper", f"--mlebench-attempts={attempts}", *options]
        self.environment = {**os.environ, MARK: self.mark, "TMPDIR": str(self.temporary)}
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, **popen}
        # A process group of its own, so that a signal reaches what a terminal's Ctrl-C reaches.
        self.process = subprocess.Popen(
            self.command, cwd=directory.path, env=self.environment, start_new_session=True, **how
        )

    def wait_until_asleep(self, attempts: int | None = None) -> None:
        logs, count = self.directory.path.glob, attempts or self.attempts
        wait_for(lambda: sum("asleep" in text_of(p) for p in logs("runs/*/toy/*/agent.log")) == count, 180)
        assert self._until_told or processes_with(self.sleep)

    def tell(self, *seeds: int) -> None:
        """Let the agents of these attempts end."""
        for seed in seeds or range(self.attempts):
            (self.directory.path / f"told-{seed}").touch()

    def workers(self) -> list[int]:
        """Process ids of the workers of pytest-xdist, oldest first."""
        stats = {p.parent.name: _read(p).decode(errors="replace") for p in Path("/proc").glob("[0-9]*/stat")}
        return sorted(int(n) for n, s in stats.items() if s.rpartition(")")[2].split()[1:2] == [str(self.process.pid)])

    def end(self) -> str:
        """What it printed; it must have ended by itself."""
        return self.process.communicate(timeout=180)[0]

    @property
    def folder(self) -> Path:
        return self.directory.run_folder()

    def leaves_nothing(self) -> None:
        """No process, container, temporary folder, lock, or word of what a worker does; soon, or at once."""
        wait_for(lambda: not self.left(), otherwise=self.left)

    def left(self) -> list[str]:
        return [
            *processes_with(self.sleep),
            *(f"process {pid}" for pid in self._processes()),
            *(f"container {name}" for name in containers(self.folder.name)),
            *(f"temporary {path}" for path in self.temporary.glob("*") if not _is_empty(path)),
            *(f"lock {path}" for path in self.folder.glob("*.lock") if _is_held(path)),
            *(f"status {path}" for path in self.folder.glob("workers/*")),
        ]

    def goes_on(self, *options: str) -> None:
        """Resumed, it attempts what is left, and has every attempt once."""
        self._replace(self.sleep, "true")
        command = [sys.executable, "-m", "pytest", "--mlebench-resume=last", *options]
        result = subprocess.run(
            command,
            cwd=self.directory.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert self.outcomes() == {f"toy-{seed}": "bronze" for seed in range(self.attempts)}
        assert f"of {self.attempts} attempt" in result.stdout
        report = json.loads((self.folder / "grading_report.json").read_text())
        assert report["total_runs"] == self.attempts
        self.leaves_nothing()

    def outcomes(self) -> dict[str, str]:
        records = self.folder.glob("*/seed-?/attempt.json")
        return {f"{r.parts[-3]}-{r.parts[-2][5:]}": json.loads(r.read_text())["outcome"] for r in records}

    def close(self) -> None:
        """End what a failed test left."""
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        shutil.rmtree(self.temporary, ignore_errors=True)

    def _replace(self, old: str, new: str) -> None:
        conftest = self.directory.path / "conftest.py"
        conftest.write_text(conftest.read_text().replace(old, new))

    def _processes(self) -> list[int]:
        """Those that pytest started, and that pytest: workers and graders; agents have another environment."""
        mark, places = f"{MARK}={self.mark}".encode(), Path("/proc").glob("[0-9]*/environ")
        return [int(path.parent.name) for path in places if mark in _read(path).split(b"\0")]


def processes_with(text: str) -> list[str]:
    """Command lines of this machine's processes that hold `text`, also of those in containers."""
    lines = (_read(path).replace(b"\0", b" ") for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [line for line in (each.decode(errors="replace") for each in lines) if text in line]


def containers(run: str) -> list[str]:
    command = ["docker", "ps", "-a", "--format", "{{.Names}}", "--filter", f"label=mlebench.run={run}"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def _is_empty(path: Path) -> bool:
    try:
        # The process sandbox keeps the folder that holds its folders.
        return path.name.startswith("mlebench-jobs-") and not any(path.iterdir())
    except FileNotFoundError:
        return True


def _is_held(path: Path) -> bool:
    with path.open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False

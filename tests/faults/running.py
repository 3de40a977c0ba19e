"""A user's directory whose pytest runs in a process of its own, and the one check of what a fault left of its run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import docker

from pytest_mlebench.sandboxes import leftovers

from ..toy import TASK, write_toy
from ..waiting import wait_for

CONFTEST = """
import os
from pathlib import Path
from pytest_mlebench import Agent

HERE = Path(__file__).parent


def pytest_mlebench_competition_folders():
    return [HERE / "own"]


def pytest_mlebench_agents():
    command = ["python3", "-c", (HERE / "agent.py").read_text()]
    return [Agent(name="subject", command=command, folder=HERE / "shared", image=os.environ.get("SUBJECT_IMAGE"))]
"""

AGENT = """
import os, shutil, sys, time
from pathlib import Path

seed = int(os.environ["MLEBENCH_SEED"])
# What the test and the agent both see.
shared = Path(os.environ["MLEBENCH_AGENT_DIR"])
code, logs, submission = (Path(os.environ[f"MLEBENCH_{name}_DIR"]) for name in ("CODE", "LOGS", "SUBMISSION"))


def submit():
    rows = "".join(f"{i},{i % 2}\\n" for i in range(10))
    (submission / "submission.csv").write_text("id,y\\n" + rows)


def wait_for(name):
    while not (shared / name).exists():
        time.sleep(0.05)
"""


class Place:
    """A directory with one competition, and one agent that does what a test says."""

    def __init__(self, path: Path, agent: str, *, runs: Path | None = None, read_options: str = "") -> None:
        """`agent` is Python, run behind `AGENT`; `runs` is where runs are kept, if not here."""
        self.path, self.runs = path, runs or path / "runs"
        self.shared = path / "shared"
        self.shared.mkdir()
        (path / "conftest.py").write_text(CONFTEST)
        (path / "agent.py").write_text(AGENT + agent)
        write_toy(path / "own" / "toy", task=TASK + read_options)
        # Short, for the validation server's socket; of its own, so that what is left there is of these runs.
        self.temporary = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))
        self.environment = {
            **os.environ,
            "COLUMNS": "200",
            "NO_COLOR": "1",
            "MLEBENCH_CACHE_DIR": str(path / "cache"),
            "SUBJECT_MARK": secrets.token_hex(8),
            "TMPDIR": str(self.temporary),
        }
        self.started: list[subprocess.Popen[str]] = []

    def agent_does(self, agent: str) -> None:
        """From the next pytest on, its agent does this."""
        (self.path / "agent.py").write_text(AGENT + agent)

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        """A pytest that attempts the competition, or resumes, if `options` say so."""
        resumes = any(option.startswith("--mlebench-resume") for option in options)
        begin = () if resumes else ("--mlebench-agent=subject", "-k", "toy")
        # A pipe would block a pytest that prints much while the test waits for something else.
        with (self.path / f"output-{len(self.started)}").open("w") as self.output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", f"--mlebench-runs-dir={self.runs}", *begin, *options],
                cwd=self.path,
                env={**self.environment, **environment},
                stdout=self.output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds, while the pytest that was started last is still at work."""
        wait_for(lambda: condition() or self.started[-1].poll() is not None, 180, self.printed)
        assert condition(), self.printed()

    def printed(self) -> str:
        """What the pytest that was started last has printed so far."""
        return Path(self.output.name).read_text()

    def end(self, process: subprocess.Popen[str], seconds: float = 300) -> str:
        """What it printed; it must have ended by itself, and in order."""
        process.wait(seconds)
        out = self.printed()
        assert "INTERNALERROR" not in out, out
        assert "Traceback" not in out, out
        return out

    def resumed(self, *options: str, **environment: str) -> str:
        """What a pytest printed that went on with the last run; nothing may have failed."""
        process = self.start("--mlebench-resume=last", *options, **environment)
        out = self.end(process)
        assert process.returncode == 0, out
        return out

    @property
    def run(self) -> Path:
        """The folder of the one run."""
        (run,) = self.runs.glob("*/run.json")
        return run.parent

    def attempt(self, seed: int) -> Path:
        """The folder of an attempt of the one run."""
        return self.run / "toy" / f"seed-{seed}"

    def record(self, seed: int) -> dict[str, object]:
        """What attempt.json says."""
        record: dict[str, object] = json.loads((self.attempt(seed) / "attempt.json").read_text())
        return record

    def outcomes(self) -> dict[str, str]:
        """Of the attempts that have a record, by name."""
        records = (json.loads(path.read_text()) for path in self.runs.glob("*/toy/seed-?/attempt.json"))
        return {f"{record['competition']}-{record['seed']}": record["outcome"] for record in records}

    def close(self) -> None:
        """End what a failed test left."""
        for process in self.started:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, 9)
            process.wait(60)
        shutil.rmtree(self.temporary, ignore_errors=True)


def check_nothing_is_left(place: Place, daemon: str | None = None) -> None:
    """Nothing of the place's runs is left but their folders, and no file in them is a half; soon, or at once."""
    wait_for(lambda: not _left(place, daemon), otherwise=lambda: _left(place, daemon))
    for path in place.runs.rglob("*.json"):
        json.loads(path.read_text())
    assert not list(place.runs.rglob(".*.json.*")), "half-written files"


def check_whole(place: Place, expected: Mapping[str, str], daemon: str | None = None) -> None:
    """The run holds just the `expected` outcomes by name, all as planned, each once; and nothing else is left of it.

    `daemon` is the address of the Docker daemon that the attempts were on.
    """
    check_nothing_is_left(place, daemon)
    facts = json.loads((place.run / "run.json").read_text())
    planned = {name for each in (facts, *facts.get("resumptions", ())) for name in each["planned"]}
    assert planned == set(expected)
    records = {path: json.loads(path.read_text()) for path in place.run.rglob("attempt.json")}
    counted = {path: record for path, record in records.items() if ".earlier-" not in str(path)}
    for path, record in counted.items():
        assert path == place.run / record["competition"] / f"seed-{record['seed']}" / "attempt.json"
        assert record["folder"] == str(path.parent.relative_to(place.run))
    assert {f"{r['competition']}-{r['seed']}": r["outcome"] for r in counted.values()} == dict(expected)
    assert len(counted) == len(expected)
    report = json.loads((place.run / "grading_report.json").read_text())
    graded = [outcome for outcome in expected.values() if outcome != "error"]
    assert report["total_runs"] == len(report["competition_reports"]) == len(graded)
    submissions = [each["submission_path"] for each in report["competition_reports"] if each["submission_path"]]
    assert len(set(submissions)) == len(submissions) == sum(outcome != "no_submission" for outcome in graded)


def _left(place: Place, daemon: str | None) -> list[str]:
    runs = [path.parent for path in place.runs.glob("*/run.json")]
    names = {run.name for run in runs}
    mark = f"SUBJECT_MARK={place.environment['SUBJECT_MARK']}".encode()
    processes = [pid for pid in _processes() if mark in _read(Path(f"/proc/{pid}/environ")).split(b"\0")]
    jobs = [f"{pid} {job}" for pid, job in leftovers.marked() if job.split(" ")[1] in names]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if f" {place.temporary}" in line]
    folders = [path for path in place.temporary.glob("mlebench-*") if not path.name.startswith("mlebench-jobs-")]
    folders += list(place.temporary.glob("mlebench-jobs-*/*"))
    return [
        *(f"process {pid}" for pid in processes),
        *(f"process of an attempt {job}" for job in jobs),
        *(f"container {name}" for name in containers(names, daemon)),
        *(f"temporary {path}" for path in folders),
        *(f"mount {line}" for line in mounts),
        *(f"lock {path}" for run in runs for path in run.glob("*.lock") if _is_held(path)),
        *(f"status {path}" for run in runs for path in run.glob("workers/*")),
    ]


def containers(runs: set[str], daemon: str | None) -> list[str]:
    """Names of the runs' containers, running or not."""
    if daemon is None:
        return []
    with contextlib.closing(docker.DockerClient(base_url=daemon)) as client:
        found = client.api.containers(all=True)
    return [each["Names"][0].lstrip("/") for each in found if each["Labels"].get("mlebench.run") in runs]


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _is_held(path: Path) -> bool:
    with path.open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False

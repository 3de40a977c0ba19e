"""Many short attempts in Docker while faults are injected at random; then the run folder is held against what happened.

    python benchmarks/soak.py [--attempts 300] [--workers 8] [--seed 0]

Agents succeed, fail, hang, run out of memory and misbehave as soaking/agent.py plans it; meanwhile workers, containers
and whole pytests are killed or interrupted, and the run is resumed until every attempt has its result. Exit status 1
where an attempt is lost, counted twice or judged otherwise than planned, or where anything is left running.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from soaking.agent import BEHAVIOURS, behaviour
from soaking.faults import Faults, command, containers
from toy import write_toy

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.leases import Request, acquire
from pytest_mlebench.attempts.locking import RunLock
from pytest_mlebench.attempts.status import read_statuses
from pytest_mlebench.sandboxes import scratch

SEEDS = 10
LIMIT = 8
CONFTEST = """
from pathlib import Path
from pytest_mlebench import Agent

HERE = Path(__file__).parent

def pytest_mlebench_competition_folders():
    return [HERE / "own"]

def pytest_mlebench_agents():
    script = 'exec python3 "$MLEBENCH_AGENT_DIR/agent.py"'
    return [Agent(name="soak", command=["sh", "-c", script], folder=%r)]
"""


def make_directory(folder: Path, competitions: int) -> list[str]:
    """A directory with an agent and competitions of its own; the names of the attempts."""
    (folder / "conftest.py").write_text(CONFTEST % str(Path(__file__).parent / "soaking"))
    names = [f"soak-{i:02d}" for i in range(competitions)]
    for name in names:
        write_toy(folder / "own" / name)
    return [f"{name}-{seed}" for name in names for seed in range(SEEDS)]


class Soak:
    """One run that is started, disturbed and resumed until it is whole."""

    def __init__(self, folder: Path, attempts: int, workers: int, seed: int) -> None:
        self.folder, self.workers = folder, workers
        self.names = make_directory(folder, -(-attempts // SEEDS))
        self.faults = Faults(seed)
        self.environment = {
            **os.environ,
            "MLEBENCH_CACHE_DIR": str(folder / "cache"),
            "MLEBENCH_LEASES_DIR": str(folder / "leases"),
            "CI": "1",
        }
        self.sessions = 0
        self.run: Path | None = None

    def go(self) -> None:
        """Run to the end, whatever it takes."""
        while not self._session(disturb=self._done() < 0.8 * len(self.names)):
            if self.sessions > 40:
                raise SystemExit("the run does not come to an end")

    def _done(self) -> int:
        return 0 if self.run is None else sum(1 for _ in RunFolder(self.run).attempts())

    def _session(self, *, disturb: bool) -> bool:
        """One pytest; whether it came to its end undisturbed with a result for every attempt."""
        options = ["--mlebench-resume=last"] if self.run else self._options()
        self.sessions += 1
        with (self.folder / f"output-{self.sessions}").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", "-n", str(self.workers), "--max-worker-restart=1000", *options],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until, disturbed = time.monotonic() + self.faults.pause(), False
        while process.poll() is None:
            time.sleep(0.1)
            if self.run is None:
                self.run = next(iter((self.folder / "runs").glob("*")), None)
            if disturb and self.run is not None and time.monotonic() > until and any(read_statuses(self.run)):
                self.faults.inject(self.run, process.pid)
                until, disturbed = time.monotonic() + self.faults.pause(), True
                disturb = self._done() < 0.8 * len(self.names)
        self._wait_for_orphans()
        records = self._records()
        errors = sum(record["outcome"] == "error" for record in records.values())
        what = f"status {process.returncode}, {len(records)} results, {errors} errors"
        print(f"  session {self.sessions}: {what}", flush=True)
        return not disturbed and process.returncode in (0, 1) and not errors and len(records) == len(self.names)

    def _wait_for_orphans(self) -> None:
        """Workers whose pytest was killed go on until they notice; what they do meanwhile is hit as well."""
        until = time.monotonic() + 60
        while self.run is not None and time.monotonic() < until:
            alive = {status.attempt for status in read_statuses(self.run) if not status.is_over}
            if not alive:
                return
            self.faults.hit |= alive
            time.sleep(0.05)

    @staticmethod
    def _options() -> list[str]:
        return [
            "--mlebench-agent=soak",
            "--mlebench-sandbox=docker",
            "-k",
            "soak-",
            f"--mlebench-attempts={SEEDS}",
            f"--mlebench-time-limit={LIMIT}s",
            "--mlebench-memory=256m",
            "--mlebench-cpus=0.5",
            "--mlebench-snapshot-every=2s",
        ]

    def _records(self) -> dict[str, dict[str, object]]:
        if self.run is None:
            return {}
        found = [json.loads(attempt.record.read_text()) for attempt in RunFolder(self.run).attempts()]
        return {f"{record['competition']}-{record['seed']}": record for record in found}

    def planned(self) -> Counter[str]:
        """How many attempts behave in which way."""
        parts = (name.rpartition("-") for name in self.names)
        return Counter(behaviour(competition, int(seed)) for competition, _, seed in parts)

    def problems(self) -> list[str]:
        """What is not as it should be, once the run is over."""
        assert self.run is not None
        records, found = self._records(), []
        for name in self.names:
            competition, _, seed = name.rpartition("-")
            record = records.pop(name, None)
            planned = behaviour(competition, int(seed))
            if record is None:
                found.append(f"{name} has no result")
            # A container that is killed from outside ends the agent: what is there then is graded.
            elif record["outcome"] != BEHAVIOURS[planned][0] and name not in self.faults.hit:
                found.append(f"{name} ({planned}) came to {record['outcome']}: {record['reason']}")
            elif planned == "eats memory" and not record["out_of_memory"] and name not in self.faults.hit:
                found.append(f"{name} ran out of memory, and its record does not say so")
            elif planned == "sleeps past the limit" and not record["timed_out"] and name not in self.faults.hit:
                found.append(f"{name} was not ended at its limit")
        found += [f"{name} was never planned" for name in records]
        report = json.loads((self.run / "grading_report.json").read_text())
        if report["total_runs"] != len(self.names):
            found.append(f"the grading report has {report['total_runs']} attempts")
        again = {f"{p.parent.name}-{p.name[5:].partition('.')[0]}" for p in self.run.glob("*/seed-*.earlier-*")}
        found += [f"{name} was begun again, and no fault hit it" for name in again - self.faults.hit]
        return found + self._left()

    def _left(self) -> list[str]:
        """What still runs or lies about."""
        assert self.run is not None
        found = [f"container {each} is left" for each in containers(self.run.name)]
        lines = [command(int(path.name)) for path in Path("/proc").glob("[0-9]*")]
        found += [f"process {line} is left" for line in lines if str(self.folder) in line]
        found += [f"temporary folder {name} is left" for name in scratch.sweep()]
        found += [f"worker {status.worker} still has {status.attempt}" for status in read_statuses(self.run)]
        lock = RunLock(self.run)
        lock.lead()  # raises where somebody still holds the run
        lock.release()
        signal.alarm(20)  # a lease that is held ends the program here
        everything = Request(cpus=1e6, total_cpus=os.cpu_count() or 1, memory=1 << 60, total_memory=1 << 60)
        acquire(everything, folder=self.folder / "leases").release()
        signal.alarm(0)
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=300)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    scratch.sweep()
    with tempfile.TemporaryDirectory(prefix="mlebench-soak-") as name:
        began = time.monotonic()
        soak = Soak(Path(name), arguments.attempts, arguments.workers, arguments.seed)
        soak.go()
        found = soak.problems()
        took = time.monotonic() - began
        print(f"{len(soak.names)} attempts, {arguments.workers} workers, {soak.sessions} sessions, {took:.0f} s")
        print(f"planned: {dict(soak.planned())}")
        print(f"faults: {soak.faults.counts}, which may have hit {len(soak.faults.hit)} attempts")
        print("\n".join(found) or "every attempt has one result, as planned; nothing is left")
        if found:
            for output in sorted(Path(name).glob("output-*")):
                print(f"--- {output.name}", *output.read_text(errors="replace").splitlines()[-15:], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

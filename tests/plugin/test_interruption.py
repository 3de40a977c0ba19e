"""Ctrl-C and kills, for real: nothing an attempt started is left, and the next run sweeps what could not be removed."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def processes_with(text: str) -> list[str]:
    """Command lines of this machine's processes that hold `text`, also of those in containers."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and "--mlebench-agent" not in line:
            found.append(line)
    return found


def wait_for(condition, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture(params=["process", "docker"])
def sandbox(request):
    if request.param == "docker":
        request.getfixturevalue("docker_sandbox")
    return request.param


class Run:
    """A run whose agent sleeps, recognisable among all processes."""

    def __init__(self, directory, sandbox: str, *options: str) -> None:
        self.directory = directory
        self.sleep = f"sleep 600.{secrets.randbelow(10**9):09d}"
        conftest = directory.path / "conftest.py"
        conftest.write_text(conftest.read_text().replace("sleep 600", self.sleep))
        command = [sys.executable, "-m", "pytest", "-k", "toy", f"--mlebench-sandbox={sandbox}"]
        # A process group of its own, so that a signal reaches what a terminal's Ctrl-C reaches.
        self.process = subprocess.Popen(
            [*command, "--mlebench-agent=sleeper", *options],
            cwd=directory.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wait_until_asleep(self, attempts: int = 1) -> None:
        logs = self.directory.path.glob
        wait_for(lambda: sum("asleep" in p.read_text() for p in logs("runs/*/toy/*/agent.log")) == attempts)
        assert processes_with(self.sleep)

    def nothing_is_left(self) -> bool:
        return not processes_with(self.sleep) and not containers(self.directory.run_folder().name)


def containers(run: str) -> str:
    command = ["docker", "ps", "-aq", "--filter", f"label=mlebench.run={run}"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


@pytest.mark.parametrize("options", [(), ("-n2", "--mlebench-attempts=2")], ids=["alone", "xdist"])
def test_an_interrupt_leaves_nothing_running(directory, sandbox, options):
    run = Run(directory, sandbox, *options)
    run.wait_until_asleep(2 if options else 1)
    os.killpg(run.process.pid, signal.SIGINT)
    out, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED, out
    wait_for(run.nothing_is_left, 10)


def test_a_worker_that_is_killed_is_reported_and_leaves_nothing_at_the_end(directory, sandbox):
    run = Run(directory, sandbox, "-n1", "--max-worker-restart=0")
    run.wait_until_asleep()
    (worker,) = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/stat")
        if path.read_text().rpartition(")")[2].split()[1] == str(run.process.pid)
    ]
    os.kill(worker, signal.SIGKILL)
    out, _ = run.process.communicate(timeout=60)
    assert "crashed while running 'mlebench::test_competition[toy-0]'" in out
    assert "error, not counted: toy-0" in out
    wait_for(run.nothing_is_left, 10)


def test_what_a_killed_run_left_is_swept_at_the_next_start(directory, sandbox):
    run = Run(directory, sandbox)
    run.wait_until_asleep()
    run.process.kill()
    run.process.communicate(timeout=30)
    (killed,) = (directory.path / "runs").iterdir()
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=perfect", "-k", "toy", f"--mlebench-sandbox={sandbox}", timeout=60
    )
    result.stdout.fnmatch_lines(["*1 gold*"])
    assert not processes_with(run.sleep)
    assert not containers(killed.name)

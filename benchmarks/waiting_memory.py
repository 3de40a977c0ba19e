"""Memory of a pytest process that waits for an agent: its resident size, and with its grading processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

AGENT = """
from pytest_mlebench import Agent

def pytest_mlebench_agents():
    return [Agent(name="sleeper", command=["sleep", "45"])]
"""
WAIT = 40.0


def resident(pid: int) -> float:
    """Resident memory of a process in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) / 1024


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conftest.py").write_text(AGENT)
        command = [sys.executable, "-m", "pytest", "-q", "--mlebench-agent=sleeper", "-k", "builtin-wine"]
        command += sys.argv[1:]
        worker = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        time.sleep(WAIT)
        names = {pid: Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:60] for pid in children(worker.pid)}
        print(f"waiting pytest process: {resident(worker.pid):.0f} MB (wanted: under 120 MB)")
        for pid, line in names.items():
            print(f"  its child: {resident(pid):.0f} MB: {line}")
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main()

"""Run as a program: executes one job in a process that a test can interrupt or kill.

run_one_attempt.py SANDBOX JOB RUN ROOT SCRIPT
"""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_mlebench.agent import Agent
from pytest_mlebench.sandboxes import Job, Limits
from pytest_mlebench.sandboxes.docker import DockerSandbox
from pytest_mlebench.sandboxes.process import ProcessSandbox


def main(sandbox: str, name: str, run: str, root: Path, script: str) -> None:
    for folder in ("data", "submission", "code", "logs"):
        (root / folder).mkdir(parents=True)
    (root / "instructions.txt").touch()
    job = Job(
        name=name,
        run=run,
        agent=Agent(name="shell", command=["sh", "-c", script]),
        environment={},
        data=root / "data",
        instructions=root / "instructions.txt",
        submission=root / "submission",
        code=root / "code",
        logs=root / "logs",
        log=root / "agent.log",
        limits=Limits(time=600, grace=1),
    )
    (ProcessSandbox() if sandbox == "process" else DockerSandbox()).execute(job)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), sys.argv[5])

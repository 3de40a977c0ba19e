"""How long one trivial attempt in Docker takes, from its start to its removed container.

    python benchmarks/docker_attempt.py [--runs N]

The image is built first and does not count. The base image is debian:bookworm-slim, or what MLEBENCH_BASE_IMAGE names.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from pytest_mlebench.agent import Agent
from pytest_mlebench.sandboxes import Job, Limits
from pytest_mlebench.sandboxes.docker import DockerSandbox

AGENTS = {
    "sh -c true": Agent(name="benchmark", command=["sh", "-c", "true"]),
    "import pandas": Agent(name="benchmark", command=["python", "-c", "import pandas"]),
}


def attempt(sandbox: DockerSandbox, agent: Agent, root: Path) -> float:
    """Seconds from handing over a job to the container's removal."""
    for name in ("data", "submission", "code", "logs"):
        (root / name).mkdir(parents=True)
    (root / "instructions.txt").touch()
    job = Job(
        name=f"mlebench-benchmark-{secrets.token_hex(4)}",
        run="benchmark",
        agent=agent,
        environment={},
        data=root / "data",
        instructions=root / "instructions.txt",
        submission=root / "submission",
        code=root / "code",
        logs=root / "logs",
        log=root / "agent.log",
        limits=Limits(time=60, cpus=1, memory=1 << 30, shm=64 << 20),
    )
    began = time.perf_counter()
    execution = sandbox.execute(job)
    seconds = time.perf_counter() - began
    if execution.exit_status != 0:
        raise SystemExit(f"the attempt failed:\n{job.log.read_text()}")
    return seconds


def whole_attempt(folder: Path) -> float:
    """Seconds of one attempt of the dummy agent inside pytest: from its first fixture to its record."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--mlebench-agent=dummy",
        "--mlebench-sandbox=docker",
        "-k",
        "builtin-wine",
    ]
    options = ["--mlebench-require=valid", "--junitxml=result.xml", "-q", "-p", "no:cacheprovider"]
    subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
    case = ElementTree.parse(folder / "result.xml").find(".//testcase")
    assert case is not None
    return float(case.attrib["time"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    sandbox = DockerSandbox()
    sandbox.build(AGENTS["sh -c true"], print)
    with tempfile.TemporaryDirectory() as folder:
        for name, agent in AGENTS.items():
            seconds = [attempt(sandbox, agent, Path(folder, f"{agent.command[-1]}-{i}")) for i in range(runs)]
            print(
                f"{name:14} median {statistics.median(seconds):.3f} s, fastest {min(seconds):.3f} s, "
                f"slowest {max(seconds):.3f} s of {runs}"
            )
        whole = [whole_attempt(Path(folder)) for _ in range(max(3, runs // 3))]
        print(f"dummy agent in pytest, grade included: median {statistics.median(whole):.2f} s (wanted: under 3 s)")


if __name__ == "__main__":
    main()

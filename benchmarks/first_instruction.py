"""How long it takes from the start of pytest to an agent's first instruction, in Docker with its image built.

    python benchmarks/first_instruction.py [--runs N]

Once for an agent without a model, and once for one that uses the model gateway and names a model's host, so that the
gateway and the forward proxy are started too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFTEST = """
from pytest_mlebench import Agent

def pytest_mlebench_agents():
    script = "date +%s.%N > $MLEBENCH_LOGS_DIR/began"
    model = {"uses_gateway": True, "model_hosts": ["api.openai.com"]}
    return [
        Agent(name="alone", command=["sh", "-c", script], uses_gpu=False),
        Agent(name="with_a_model", command=["sh", "-c", script], uses_gpu=False, **model),
    ]
"""


def seconds_to_first_instruction(folder: Path, agent: str) -> float:
    """From the start of the process to the time that the agent itself wrote down."""
    options = [f"--mlebench-agent={agent}", "--mlebench-sandbox=docker", "-k", "builtin-wine", "-p", "no:cacheprovider"]
    began = time.time()
    runs = folder / f"{agent}-{began}"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--mlebench-runs-dir={runs}", *options],
        cwd=folder,
        capture_output=True,
        check=False,  # what does nothing earns no medal
        env={**os.environ, "MLEBENCH_HEARTBEAT": "3600"},
    )
    (written,) = runs.glob("*/builtin-wine/seed-0/logs/began")
    return float(written.read_text()) - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conftest.py").write_text(CONFTEST)
        for agent in ("alone", "with_a_model"):
            seconds_to_first_instruction(folder, agent)  # builds the image and prepares the data
            seconds = [seconds_to_first_instruction(folder, agent) for _ in range(runs)]
            print(
                f"{agent:14} median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s of {runs} "
                "(wanted: under 5 s)"
            )


if __name__ == "__main__":
    main()

"""How long it takes to resume a run of 600 attempts that are all finished, from process start to the end.

python benchmarks/resuming.py [--attempts 600] [--workers 2]
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

from toy import make_directory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=600)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlebench-resuming-") as name:
        folder = Path(name)
        make_directory(folder, 75)
        environment = {**os.environ, "MLEBENCH_CACHE_DIR": str(folder / "cache")}

        def pytest(*options: str) -> float:
            command = [sys.executable, "-m", "pytest", "-q", "-n", str(arguments.workers), *options]
            began = time.perf_counter()
            # Status 1: the toy agent earns no medal.
            status = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL).returncode
            if status != 1:
                raise SystemExit(f"pytest ended with status {status}")
            return time.perf_counter() - began

        options = ["--mlebench-sandbox=process", "-k", "toy-", f"--mlebench-attempts={arguments.attempts // 75}"]
        first = pytest("--mlebench-agent=trivial", *options)
        seconds = [pytest("--mlebench-resume=last") for _ in range(5)]
        print(
            f"{arguments.attempts} attempts took {first:.0f} s; resuming them, all finished: "
            f"median {statistics.median(seconds):.1f} s, slowest {max(seconds):.1f} s (wanted: under 5 s)"
        )


if __name__ == "__main__":
    main()

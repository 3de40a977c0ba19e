"""What an attempt costs beyond its agent's own time, with eight workers in Docker.

python benchmarks/attempt_overhead.py [--attempts 64] [--workers 8]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from toy import SUBMIT, make_directory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=64)
    parser.add_argument("--workers", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlebench-overhead-") as name:
        folder = Path(name)
        # A second of sleep, so that not all attempts want a processor all the time.
        make_directory(folder, 8, f"sleep 1; {SUBMIT}")
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(arguments.workers), "--mlebench-agent=trivial"]
        options = ["--mlebench-sandbox=docker", "-k", "toy-", f"--mlebench-attempts={arguments.attempts // 8}"]
        more = ["--junitxml=result.xml", "-p", "no:cacheprovider", "--mlebench-require=valid"]
        environment = {**os.environ, "MLEBENCH_CACHE_DIR": str(folder / "cache")}
        subprocess.run([*command, *options, *more], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE)
        beyond = []
        for case in ElementTree.parse(folder / "result.xml").iter("testcase"):
            facts = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
            beyond.append(float(case.attrib["time"]) - float(facts["mlebench.seconds"]))
        beyond.sort()
        later = beyond[int(0.95 * (len(beyond) - 1))]
        print(
            f"{len(beyond)} attempts on {arguments.workers} workers: beyond the agent's own time "
            f"median {statistics.median(beyond):.2f} s, 95th percentile {later:.2f} s, most {beyond[-1]:.2f} s"
        )


if __name__ == "__main__":
    main()

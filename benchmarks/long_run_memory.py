"""Memory of pytest's controller and workers while 600 attempts pass, as shares of the run; it should stay flat.

python benchmarks/long_run_memory.py [--attempts 600] [--workers 2]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from toy import make_directory
from waiting_memory import children, resident


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=600)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlebench-memory-") as name:
        folder = Path(name)
        make_directory(folder, 75)
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(arguments.workers), "--mlebench-agent=trivial"]
        options = ["--mlebench-sandbox=process", "-k", "toy-", f"--mlebench-attempts={arguments.attempts // 75}"]
        environment = {**os.environ, "MLEBENCH_CACHE_DIR": str(folder / "cache")}
        controller = subprocess.Popen([*command, *options], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        marks = [0.1, 0.25, 0.5, 0.75, 0.95]
        while controller.poll() is None and marks:
            time.sleep(0.2)
            done = len(list(folder.glob("runs/*/*/seed-*/attempt.json")))
            if done >= marks[0] * arguments.attempts:
                marks.pop(0)
                workers = [resident(pid) for pid in children(controller.pid) if is_worker(pid)]
                sizes = ", ".join(f"{size:.0f}" for size in workers)
                print(
                    f"after {done} attempts: controller {resident(controller.pid):.0f} MB, workers {sizes} MB",
                    flush=True,
                )
        controller.wait()


def is_worker(pid: int) -> bool:
    """Whether it is a worker of pytest-xdist, as execnet starts them."""
    return b"exec(eval(" in Path(f"/proc/{pid}/cmdline").read_bytes()


if __name__ == "__main__":
    main()

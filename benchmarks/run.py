"""Run every benchmark here, or those named on the command line, and print their figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FIGURES = (
    "plugin_overhead",
    "collection",
    "images",
    "docker_attempt",
    "first_instruction",
    "proxy",
    "gateway",
    "attempt_overhead",
    "waiting_memory",
    "long_run_memory",
    "resuming",
    "scheduling",
    "watching",
    "grading",
    "graders",
    "preparing",
    "report_figures",
    "report",
    "soak",
)


def main() -> int:
    failed = 0
    for name in sys.argv[1:] or FIGURES:
        print(f"== {name}", flush=True)
        failed += subprocess.run([sys.executable, str(HERE / f"{name}.py")]).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

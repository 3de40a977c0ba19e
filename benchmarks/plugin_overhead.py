"""What having the plugin installed costs an unrelated pytest run: medians of alternating runs, with and without it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 25


def seconds(folder: Path, *options: str) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        seconds(folder)
        pairs = [(seconds(folder), seconds(folder, "-p", "no:mlebench")) for _ in range(RUNS)]
    installed, alone = (statistics.median(column) for column in zip(*pairs, strict=True))
    difference = statistics.median(a - b for a, b in pairs)
    print(f"unrelated pytest run: {installed * 1000:.0f} ms with the plugin, {alone * 1000:.0f} ms without it,")
    print(f"  median of {RUNS} paired differences {difference * 1000:.1f} ms (wanted: under 15 ms)")


if __name__ == "__main__":
    main()

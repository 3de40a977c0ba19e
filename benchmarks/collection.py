"""Collecting 86 competitions x 8 seeds, beside pytest collecting as many parametrised tests by itself."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pytest_mlebench.catalog import Catalog

COMPETITIONS, SEEDS, RUNS = 86, 8, 7

CONFTEST = """
from pathlib import Path

def pytest_mlebench_competition_folders():
    return [Path(__file__).parent / "more"]
"""

PLAIN = """
import pytest

@pytest.mark.parametrize(("name", "seed"), [
    pytest.param(f"competition-{{i}}", s, marks=[pytest.mark.low, pytest.mark.tabular], id=f"competition-{{i}}-{{s}}")
    for i in range({competitions}) for s in range({seeds})])
def test_competition(name, seed):
    pass
"""


def seconds(folder: Path, items: int, *options: str) -> float:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options]
    started = time.perf_counter()
    out = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    took = time.perf_counter() - started
    assert f"{items} tests collected" in out, out[-2000:]
    return took


def main() -> None:
    catalog = Catalog()
    with tempfile.TemporaryDirectory() as name:
        ours, plain = Path(name, "ours"), Path(name, "plain")
        ours.mkdir()
        plain.mkdir()
        (ours / "conftest.py").write_text(CONFTEST)
        (ours / "more").mkdir()
        model = catalog.get("spaceship-titanic").folder
        for i in range(COMPETITIONS - len(catalog.all_ids())):
            copy = ours / "more" / f"copy-{i}"
            shutil.copytree(model, copy)
            toml = copy / "competition.toml"
            toml.write_text(toml.read_text().replace('id = "spaceship-titanic"', f'id = "copy-{i}"', 1))
        (plain / "test_plain.py").write_text(PLAIN.format(competitions=COMPETITIONS, seeds=SEEDS))
        (plain / "pytest.ini").write_text("[pytest]\nmarkers =\n    low\n    tabular\n")
        items = COMPETITIONS * SEEDS
        options = ("--mlebench-agent=dummy", f"--mlebench-attempts={SEEDS}", "--mlebench-sandbox=process")
        pairs = [(seconds(ours, items, *options), seconds(plain, items)) for _ in range(RUNS)]
    collected, by_pytest = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"collecting {items} attempts: {collected:.2f} s; pytest with as many tests of its own: {by_pytest:.2f} s,")
    print(f"  beyond pytest's own {collected - by_pytest:.2f} s (median of {RUNS}; wanted: under 1 s)")


if __name__ == "__main__":
    main()

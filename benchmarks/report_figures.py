"""The figures of reports: pass@k with bootstrap intervals, and the exact paired test.

python benchmarks/report_figures.py
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from pytest_mlebench import catalog
from pytest_mlebench.attempts.record import TIERS, AttemptRecord
from pytest_mlebench.reporting.comparison.paired_test import sign_flip_p
from pytest_mlebench.reporting.intervals import DRAWS
from pytest_mlebench.reporting.pass_curves import pass_curves
from pytest_mlebench.reporting.standing import Standings
from pytest_mlebench.reporting.summary import PUBLISHED, Summary

SEEDS = 36
WANTED = 1.0
"""Seconds, for pass@k."""


def made_up() -> list[AttemptRecord]:
    """75 competitions x 36 attempts, each competition with a skill of its own."""
    chance = random.Random(0)
    records = []
    for complexity in PUBLISHED:
        for id in catalog.ids(complexity):
            competition = catalog.get(id)
            skill, board = chance.random(), competition.leaderboard
            for seed in range(SEEDS):
                luck = chance.random()
                outcome = TIERS[min(int(luck / max(skill, 0.05) * 4), len(TIERS) - 1)]
                valid = outcome not in ("invalid", "no_submission")
                records.append(
                    AttemptRecord(
                        competition=id,
                        complexity=complexity,
                        category=competition.category,
                        seed=seed,
                        agent="made-up",
                        outcome=outcome,
                        medal=outcome if outcome in ("gold", "silver", "bronze") else None,
                        above_median=outcome in TIERS[:4],
                        score=board.scores[int(luck * (board.teams - 1))] if valid else None,
                        lower_is_better=board.lower_is_better,
                    )
                )
    return records


def measured(action: Callable[[], object]) -> float:
    """Median seconds of 5."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> int:
    if sys.argv[1:] == ["once"]:
        pass_curves(Summary(made_up()))
        return 0
    records = made_up()
    began = time.perf_counter()
    curves = pass_curves(Summary(records))
    first = time.perf_counter() - began
    size = f"{len({record.competition for record in records})} competitions x {SEEDS} attempts"
    took = measured(lambda: pass_curves(Summary(records)))
    print(
        f"pass@k, k = 1..{SEEDS}, {len(curves)} curves, {DRAWS} draws, {size}: {took:.2f} s, "
        f"with loading numpy {first:.2f} s (wanted: {WANTED:g} s)"
    )
    began = time.perf_counter()
    subprocess.run([sys.executable, __file__, "once"], check=True)
    print(f"the same from process start, the attempts made up too: {time.perf_counter() - began:.2f} s")
    print(
        f"all totals: {measured(lambda: (s := Summary(records)).overall and s.by_complexity and s.by_category):.3f} s"
    )
    print(f"normalised score with its interval: {measured(lambda: Standings(Summary(records)).normalised()):.2f} s")
    chance = random.Random(0)
    differences = [chance.randint(-SEEDS, SEEDS) for _ in range(75)]
    print(
        f"exact paired test of 75 competitions x {SEEDS} attempts: {measured(lambda: sign_flip_p(differences)):.3f} s"
    )
    return 0 if max(first, took) <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())

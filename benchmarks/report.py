"""What `mlebench report` costs: time from process start and peak memory, on made-up runs as large as real ones.

python benchmarks/report.py [--keep DIR]
"""

from __future__ import annotations

import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pytest_mlebench import catalog
from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord, Outcome, Snapshot
from pytest_mlebench.competition import Competition
from pytest_mlebench.leaderboard import Leaderboard

HOUR = 3600.0
LIMIT = 24 * HOUR
BOUNDS = {600: (2.0, 1 << 30, 3_000_000), 20_000: (15.0, 1 << 30, None)}
"""For so many attempts: seconds, bytes of memory, bytes of the page; None where there is no bound."""

_INVALID = (
    "the submission has 8 rows fewer than the sample submission (1179 instead of 1187)",
    "the column 'target' is missing; the columns are id and prediction",
    "row 17: 'nan' is not a number",
    "it is not a CSV: line 4 has 3 cells instead of 2",
)
_ERRORS = ("the Docker daemon does not answer: connection refused", "no space left on device: /var/lib/docker")


def make_run(folder: Path, attempts: int, *, competitions: int = 82, seed: int = 0) -> Path:
    """Write a run of so many attempts over so many competitions below `folder`, as one would be; its folder."""
    chance = random.Random(seed)
    chosen = [catalog.get(id) for id in catalog.ids()][:competitions]
    seeds = -(-attempts // len(chosen))
    pairs = [(competition, number) for number in range(seeds) for competition in chosen][:attempts]
    run = RunFolder(folder / "2026-01-02T03-04-05-aide-5eed")
    run.create(_facts(run.name, pairs, seeds))
    started = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    skills = {competition.id: chance.betavariate(1.2, 1.6) for competition in chosen}
    for number, (competition, attempt_seed) in enumerate(pairs):
        began = started + datetime.timedelta(hours=number / 8)
        record = _record(chance, competition, attempt_seed, skills[competition.id], began)
        place = run.attempt(competition.id, attempt_seed)
        place.submission.mkdir(parents=True)
        # As files.write_json has it, without waiting for the disk.
        place.record.write_text(json.dumps(record.to_json(), indent=1) + "\n", encoding="utf-8")
        place.log.write_text("epoch 1: loss 0.5\n", encoding="utf-8")
        if record.submitted:
            (place.submission / "submission.csv").write_text("id,target\n1,0.5\n", encoding="utf-8")
    return run.root


def _facts(name: str, pairs: list[tuple[Competition, int]], seeds: int) -> dict[str, object]:
    return {
        "run": name,
        "options": {"mlebench_agent": "aide", "mlebench_attempts": seeds},
        "planned": sorted(f"{competition.id}-{seed}" for competition, seed in pairs),
        "workers": 8,
        "started": "2026-01-02T03:04:05+00:00",
        "agent": {
            "name": "aide",
            "options": {"model": "some-model-1", "steps": "500"},
            "variables_passed": ["API_KEY"],
        },
        "attempts": seeds,
        "sandbox": "docker",
        "description": "plain",
        "fixed": False,
        "time_limit": LIMIT,
        "snapshot_every": HOUR,
        "budget": None,
        "cpus": 36.0,
        "memory": 440 << 30,
        "gpus": [str(i) for i in range(8)],
        "gpus_per_attempt": 1.0,
        "network": "open",
        "machine": {"cpus": 288, "memory": 3520 << 30, "gpus": ["NVIDIA A10G"] * 8, "system": "Linux 6.1 x86_64"},
        "deviations": [f"attempts: {seeds} (standard 3)"],
        "versions": {"python": "3.11.2", "pytest-mlebench": "0.1.0", "pytest": "9.2.0"},
    }


def _record(
    chance: random.Random, competition: Competition, seed: int, skill: float, began: datetime.datetime
) -> AttemptRecord:
    board = competition.leaderboard
    common = {
        "competition": competition.id,
        "complexity": competition.complexity,
        "category": competition.category,
        "seed": seed,
        "agent": "aide",
        "created_at": began.isoformat(),
        "sandbox": "docker",
        "worker": f"gw{seed % 8}",
        "gpus": (str(seed % 8),),
        "cpus": 36.0,
        "memory": 440 << 30,
        "folder": f"{competition.id}/seed-{seed}",
        "problems": tuple(competition.serious_problems()),
        **board.thresholds,
    }
    luck = chance.random()
    if luck < 0.004:
        return AttemptRecord(**common, outcome="error", reason=chance.choice(_ERRORS))
    hours = min(24.0, chance.lognormvariate(2.3, 0.8))
    spent = {
        "seconds": hours * HOUR,
        "timed_out": hours == 24.0,
        "exit_status": 0 if hours < 24.0 else 143,
        "waited": chance.expovariate(1 / 600),
        "tokens": chance.randrange(200_000, 9_000_000),
        "cost": round(chance.lognormvariate(1.5, 0.7), 2),
    }
    if luck < 0.05:
        return AttemptRecord(**common, **spent, outcome="no_submission", reason="there is no submission.csv")
    if luck < 0.09:
        return AttemptRecord(**common, **spent, outcome="invalid", reason=chance.choice(_INVALID))
    shares = sorted(min(0.999, max(0.0, chance.gauss(skill, 0.2) - 0.6 / (1 + h))) for h in range(int(hours) + 1))
    snapshots = tuple(
        Snapshot(elapsed=h * HOUR, outcome=earned(board, at(board, share)), score=at(board, share))
        for h, share in enumerate(shares[:-1], 1)
    )
    score = at(board, shares[-1])
    outcome = earned(board, score)
    return AttemptRecord(
        **common,
        **spent,
        outcome=outcome,
        score=score,
        medal=outcome if outcome in ("gold", "silver", "bronze") else None,
        above_median=board.above_median(score),
        rank=board.rank(score),
        snapshots=snapshots,
    )


def at(board: Leaderboard, share: float) -> float:
    """The score that beats such a share of the teams."""
    return round(board.scores[int((1 - share) * (board.teams - 1))], 5)


def earned(board: Leaderboard, score: float) -> Outcome:
    """What the score earns."""
    return board.medal(score) or ("above_median" if board.above_median(score) else "valid")


def measure(command: list[str]) -> tuple[float, int, int]:
    """Seconds from process start, bytes of memory at their highest, and the exit status."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    return time.monotonic() - began, used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)


def main() -> int:
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for attempts, (seconds, memory, size) in BOUNDS.items():
            run = make_run(Path(name) / str(attempts), attempts)
            for form, file in (("html", "report.html"), ("markdown", "report.md"), ("text", "report.txt")):
                command = [sys.executable, "-m", "pytest_mlebench.cli", "report", str(run), "--format", form]
                results = [measure(command) for _ in range(3)]
                took, most = min(each[0] for each in results), max(each[1] for each in results)
                written = (run / file).stat().st_size
                failed |= any(each[2] for each in results) or took > seconds or most > memory
                failed |= form == "html" and size is not None and written > size
                print(
                    f"{attempts} attempts, {form}: {took:.2f} s from process start (slowest of 3 "
                    f"{max(each[0] for each in results):.2f}), {most / 1e6:.0f} MB, page of {written / 1e6:.2f} MB "
                    f"(wanted: {seconds:g} s, {memory / 1e6:.0f} MB{f', {size / 1e6:g} MB' if size else ''})",
                    flush=True,
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

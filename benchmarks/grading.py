"""How long grading takes and how much memory it needs, each case in a fresh process.

Run it as ``python benchmarks/grading.py [--rows N] [--masks N] [--repeat N]``. Seconds are those of
``Competition.grade``, reading included; "first" has the imports of pandas and others in it, "again" is the best of the
later ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peak import peak_memory

TOML = """\
id = "{id}"
title = "Synthetic ROC AUC"
category = "tabular"
complexity = "builtin"
source = "builtin"
answers = "test.csv"
sample_submission = "sample_submission.csv"

[metric]
name = "ROC AUC"
"""
TASK = '''\
"""Probabilities, graded by ROC AUC."""

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc


def grade(submission, answers):
    require_columns(submission, ["id", "target"])
    predicted = probabilities(align(submission, answers, "id")["target"])
    return roc_auc(answers["target"].to_numpy(), predicted)
'''


def make_roc_auc(root: Path, rows: int, kind: str) -> tuple[Path, Path, Path]:
    """A competition folder, a private folder, and a submission whose rows are in another order than the answers."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    folder, private = root / f"roc-auc-{kind}", root / f"private-{kind}"
    folder.mkdir()
    private.mkdir()
    (folder / "competition.toml").write_text(TOML.format(id=folder.name))
    (folder / "leaderboard.csv").write_text("score\n0.9\n0.8\n0.7\n")
    (folder / "task.py").write_text(TASK)
    numbers = rng.permutation(rows)
    ids = numbers if kind == "integers" else [f"img_{number:08x}" for number in numbers]
    answers = pd.DataFrame({"id": ids, "target": rng.integers(0, 2, rows)})
    answers.to_csv(private / "test.csv", index=False)
    submission = answers.assign(target=rng.random(rows)).sample(frac=1, random_state=0)
    submission.to_csv(root / f"{kind}.csv", index=False)
    return folder, private, root / f"{kind}.csv"


def make_masks(root: Path, images: int) -> tuple[Path, Path, Path]:
    """Run-length masks of 20 to 60 runs for the salt competition, and a submission of others in another order."""
    import numpy as np
    import pandas as pd

    import pytest_mlebench

    rng = np.random.default_rng(0)

    def mask() -> str:
        edges = np.sort(rng.choice(101 * 101, 2 * rng.integers(20, 60), replace=False)) + 1
        return " ".join(f"{start} {end - start}" for start, end in edges.reshape(-1, 2))

    private = root / "private-masks"
    private.mkdir()
    answers = pd.DataFrame({"id": [f"{number:010x}" for number in rng.permutation(images) + 2**36]})
    answers.assign(rle_mask=[mask() for _ in range(images)]).to_csv(private / "test.csv", index=False)
    submission = answers.assign(rle_mask=[mask() for _ in range(images)]).sample(frac=1, random_state=0)
    submission.to_csv(root / "masks.csv", index=False)
    competitions = Path(pytest_mlebench.__file__).parent / "competitions"
    return competitions / "tgs-salt-identification-challenge", private, root / "masks.csv"


def measure(folder: Path, private: Path, submission: Path, repeat: int) -> None:
    """Grade here and print what it took as JSON; runs in a process of its own."""
    from pytest_mlebench.competition import Competition

    competition, seconds = Competition.read(folder), []
    for _ in range(repeat + 1):
        started = time.perf_counter()
        grade = competition.grade(submission, private)
        seconds.append(time.perf_counter() - started)
        assert grade.valid, grade.reason
    print(json.dumps({"first": seconds[0], "again": min(seconds[1:]), "peak": peak_memory(), "score": grade.score}))


def main() -> None:
    """Make the cases, measure each in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the ROC AUC submissions")
    parser.add_argument("--masks", type=int, default=18_000, help="masks of the segmentation submission")
    parser.add_argument("--repeat", type=int, default=3, help="times each is graded after the first")
    parser.add_argument("--measure", nargs=3, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure, repeat=options.repeat)
        return
    with tempfile.TemporaryDirectory(prefix="mlebench-grading-") as temporary:
        root = Path(temporary)
        cases = {
            f"ROC AUC, {options.rows:,} integer ids": make_roc_auc(root, options.rows, "integers"),
            f"ROC AUC, {options.rows:,} text ids": make_roc_auc(root, options.rows, "texts"),
            f"IoU precision, {options.masks:,} masks": make_masks(root, options.masks),
        }
        print(f"{'case':<34} {'first':>8} {'again':>8} {'peak memory':>12}  score")
        for name, case in cases.items():
            command = [sys.executable, __file__, "--repeat", str(options.repeat), "--measure", *map(str, case)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{name:<34} {result['first']:>6.2f} s {result['again']:>6.2f} s "
                f"{result['peak'] / 1024**2:>9.0f} MB  {result['score']}"
            )


if __name__ == "__main__":
    main()

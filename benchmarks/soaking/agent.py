"""Inside the sandbox: does what `behaviour` says of its competition and seed. Standard library only."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

# How an attempt goes, what it must come to, and how often.
BEHAVIOURS = {
    "perfect": ("gold", 6),
    "good": ("silver", 4),
    "fair": ("bronze", 4),
    "poor": ("valid", 4),
    "crashes after submitting": ("silver", 2),
    "gives up": ("no_submission", 3),
    "wrong columns": ("invalid", 2),
    "a pipe": ("invalid", 1),
    "a link to the root": ("invalid", 1),
    "removes its folders": ("no_submission", 1),
    "sleeps past the limit": ("bronze", 2),
    "eats memory": ("no_submission", 1),
    "floods the log": ("gold", 1),
    "leaves children behind": ("gold", 1),
}
_RIGHT = {"perfect": 10, "good": 9, "fair": 8, "poor": 2}


def behaviour(competition: str, seed: int) -> str:
    """What the agent does; the same on both sides of the sandbox."""
    names = list(BEHAVIOURS)
    weights = [weight for _, weight in BEHAVIOURS.values()]
    return random.Random(f"{competition}-{seed}").choices(names, weights)[0]


def submit(folder: str, right: int) -> None:
    """A submission with the first `right` of ten rows right."""
    new = Path(folder, ".new")
    new.write_text("id,y\n" + "".join(f"{i},{i % 2 if i < right else 1 - i % 2}\n" for i in range(10)))
    new.replace(Path(folder, "submission.csv"))


def act(what: str, folder: str) -> int:
    """Behave so; the exit status."""
    path = Path(folder, "submission.csv")
    if what in _RIGHT:
        submit(folder, _RIGHT[what])
    elif what == "crashes after submitting":
        submit(folder, 9)
        raise RuntimeError("as planned")
    elif what == "gives up":
        return 3
    elif what == "wrong columns":
        path.write_text("id,z\n1,2\n")
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "a link to the root":
        path.symlink_to("/")
    elif what == "removes its folders":
        os.system("rm -rf /home/submission /home/code /home/logs 2> /dev/null")
    elif what == "sleeps past the limit":
        submit(folder, 8)
        time.sleep(600)
    elif what == "eats memory":
        eaten = []
        while True:
            eaten.append(os.urandom(1 << 24))
    elif what == "floods the log":
        line = "x" * 199 + "\n"
        for _ in range(100_000):
            sys.stdout.write(line)
        submit(folder, 10)
    elif what == "leaves children behind":
        for _ in range(5):
            if os.fork() == 0:
                os.setsid()
                time.sleep(600)
        submit(folder, 10)
    return 0


if __name__ == "__main__":
    time.sleep(random.random() * 2)
    chosen = behaviour(os.environ["MLEBENCH_COMPETITION"], int(os.environ["MLEBENCH_SEED"]))
    print(chosen, flush=True)
    sys.exit(act(chosen, os.environ["MLEBENCH_SUBMISSION_DIR"]))

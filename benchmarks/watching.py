"""What `mlebench watch` costs: processor time of the command in a terminal, 600 attempts, 36 at work."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

from pytest_mlebench import catalog
from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord, Snapshot
from pytest_mlebench.attempts.status import StatusFile, now
from pytest_mlebench.files import write_json

SEEDS, DONE, WORKERS = 8, 450, 36
SECONDS = 90.0
HOUR = 3600.0


def make_run(root: Path) -> tuple[RunFolder, list[tuple[str, int]]]:
    """A run in its third day, and the attempts that its workers have in hand."""
    run = RunFolder(root / "runs" / "2026-01-02T03-04-05-agent-0000")
    names = [(id, seed) for level in ("low", "medium", "high") for id in catalog.ids(level) for seed in range(SEEDS)]
    planned = [f"{competition}-{seed}" for competition, seed in names]
    run.create(
        {"run": run.name, "agent": {"name": "agent"}, "planned": planned, "workers": WORKERS, "time_limit": 86400}
    )
    outcomes = ("gold", "bronze", "valid", "invalid", "no_submission")
    for i, (competition, seed) in enumerate(names[:DONE]):
        record = AttemptRecord(
            competition=competition,
            complexity="low",
            category="tabular",
            seed=seed,
            agent="agent",
            outcome=outcomes[i % 5],
            seconds=HOUR * (1 + i % 23),
            created_at=now(),
        )
        folder = run.attempt(competition, seed)
        folder.root.mkdir(parents=True)
        write_json(folder.record, record.to_json())
    return run, names[DONE : DONE + WORKERS]


def begin(run: RunFolder, in_hand: list[tuple[str, int]]) -> None:
    began = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=5)
    snapshots = tuple(Snapshot(elapsed=h * HOUR, outcome="valid", score=0.5 + h / 100) for h in range(1, 6))
    for worker, (competition, seed) in enumerate(in_hand):
        run.attempt(competition, seed).create()
        status = StatusFile(run.root, f"gw{worker}")
        status.begin(competition, seed)
        status.say(phase="running", began=began.isoformat(), time_limit=86400.0, gpus=(str(worker % 8),))
        status.say(valid=True, snapshots=snapshots, tokens=1234567, cost=12.5)


def print_lines(run: RunFolder, in_hand: list[tuple[str, int]], stop: threading.Event) -> None:
    """Agents that print several lines a second, all of them."""
    with contextlib.ExitStack() as stack:
        logs = [stack.enter_context(run.attempt(*each).log.open("a", buffering=1)) for each in in_hand]
        step = 0
        while not stop.wait(0.5):
            step += 1
            for log in logs:
                log.write(f"epoch {step // 100} step {step}: loss {1 / step:.5f}, a line as agents print them\n")


def processor_seconds(pid: int) -> float:
    """What the process has used so far, and its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        run, in_hand = make_run(Path(name))
        begin(run, in_hand)
        stop = threading.Event()
        writer = threading.Thread(target=print_lines, args=(run, in_hand, stop))
        writer.start()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        started = time.monotonic()
        command = [sys.executable, "-m", "pytest_mlebench.cli", "watch"]
        environment = {**os.environ, "TERM": "xterm-256color"}
        watch = subprocess.Popen(command, cwd=name, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
        os.close(theirs)
        shown = bytearray()
        os.set_blocking(ours, False)
        marks: list[tuple[float, float]] = []
        first: float | None = None
        while time.monotonic() - started < SECONDS:
            with contextlib.suppress(OSError):
                shown += os.read(ours, 1 << 16)
            if first is None and b"gw0" in shown:
                first = time.monotonic() - started
            if first is not None and (not marks or time.monotonic() - marks[-1][0] > 10):
                marks.append((time.monotonic(), processor_seconds(watch.pid)))
            time.sleep(0.02)
        used = processor_seconds(watch.pid)
        steady = (used - marks[0][1]) / (time.monotonic() - marks[0][0])
        alive = watch.poll() is None
        os.write(ours, b"q")
        status = watch.wait(timeout=30)
        stop.set()
        writer.join()
    if first is None or not alive or status != 0:
        print(shown.decode(errors="replace"))
        return 1
    print(f"mlebench watch, {75 * SEEDS} attempts, {WORKERS} at work, a look every 2 s, for {SECONDS:.0f} s:")
    print(f"  {100 * steady:.2f} % of a core (wanted: under 2 %), {100 * used / SECONDS:.2f} % with its start")
    print(f"  first table after {first:.2f} s, {len(shown) / SECONDS / 1000:.1f} kB a second to the terminal")
    return 0 if steady < 0.02 else 1


if __name__ == "__main__":
    sys.exit(main())

"""A run's folder as those find it who watch: workers that live and die, attempts that end, files that are damaged."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import time

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.locking import RunLock
from pytest_mlebench.attempts.record import Snapshot
from pytest_mlebench.attempts.status import StatusFile
from pytest_mlebench.files import write_json
from pytest_mlebench.reporting.watching.lines import heartbeat, worker_lines
from pytest_mlebench.reporting.watching.watch import Watch

HOUR = 3600.0
WORKER = """
import sys, time
from pathlib import Path
from pytest_mlebench.attempts.locking import RunLock
from pytest_mlebench.attempts.status import StatusFile
run = Path(sys.argv[1])
RunLock(run).lead()
StatusFile(run, "gw0").begin("toy", 0)
print("at work", flush=True)
time.sleep(600)
"""


def ago(**time_ago) -> str:
    return (datetime.datetime.now(datetime.UTC) - datetime.timedelta(**time_ago)).isoformat()


class Run:
    """A run folder, and what a pytest does to it."""

    def __init__(self, root, make_attempt):
        self.folder = RunFolder(root / "2026-01-02T03-04-05-agent-0000")
        self.path, self.watch, self._attempt = self.folder.root, Watch(self.folder.root), make_attempt

    def plan(self, *names, **facts):
        usual = {"agent": {"name": "baseline"}, "workers": 2, "time_limit": 24 * HOUR, "started": ago(hours=1)}
        self.folder.create({"run": self.folder.name, "planned": list(names), **usual, **facts})

    def begin(self, competition, seed, worker="gw0", **says):
        status = StatusFile(self.path, worker)
        self.folder.attempt(competition, seed).create()
        status.begin(competition, seed)
        status.say(**says)
        return status

    def end(self, competition, seed, letter, **facts):
        self.folder.attempt(competition, seed).write_record(self._attempt(competition, seed, letter, **facts))

    def look(self):
        return self.watch.look()


@pytest.fixture
def run(tmp_path, attempt):
    return Run(tmp_path, attempt)


@pytest.fixture
def worker(run):
    """Another process that leads the run and has toy-0 in hand."""
    run.path.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(run.path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "at work\n"
    yield process
    process.kill()
    process.communicate()


def test_an_attempt_in_hand_is_shown_with_all_that_is_known(run):
    run.plan("toy-0", "toy-1")
    taken = (Snapshot(elapsed=HOUR, outcome="bronze", medal="bronze"), Snapshot(elapsed=2 * HOUR, outcome="valid"))
    says = {"phase": "running", "began": ago(hours=3, minutes=12), "gpus": ("1",), "valid": True, "snapshots": taken}
    run.begin("toy", 0, tokens=12, cost=0.5, **says)
    run.folder.attempt("toy", 0).log.write_text("epoch 2\nepoch 3 loss 0.2\n\n")
    view = run.look()
    [row] = view.working
    assert (row.attempt, row.worker, row.phase, row.gpus) == ("toy-0", "gw0", "running", ("1",))
    assert row.elapsed == pytest.approx(3.2 * HOUR, abs=60)
    assert row.time_limit == 24 * HOUR
    assert (row.line, row.valid, row.best, row.tokens, row.cost) == ("epoch 3 loss 0.2", True, taken[0], 12, 0.5)
    assert (view.state, view.agent, view.counts.working, view.counts.waiting) == ("running", "baseline", 1, 1)
    json.dumps(view.to_json(), allow_nan=False)


def test_phases_end_in_a_record(run):
    run.plan("toy-0")
    status = run.begin("toy", 0, phase="waiting")
    assert run.look().working[0].phase == "waiting"
    assert run.look().working[0].elapsed is None
    status.say(phase="running", began=ago(seconds=5))
    status.say(phase="grading")
    assert run.look().working[0].phase == "grading"
    run.end("toy", 0, "G")
    assert run.look().state == "running", "the worker still has it in hand"
    status.end()
    view = run.look()
    assert (view.state, view.working, view.counts.outcomes) == ("finished", (), {"gold": 1})
    assert heartbeat(view) == "mlebench: 1 of 1 attempt done (1 gold)"


def test_only_what_changed_is_read_again(run, monkeypatch):
    names = [f"toy-{seed}" for seed in range(50)]
    run.plan(*names)
    for seed in range(49):
        run.end("toy", seed, "n")
    run.begin("toy", 49)
    assert run.look().counts.outcomes == {"valid": 49}
    opened = []
    sys.addaudithook(lambda event, facts: opened.append(str(facts[0])) if event == "open" and opened is not None else 0)
    run.look()
    assert not [path for path in opened if path.endswith(("attempt.json", "run.json", "agent.log"))]
    run.end("toy", 3, "G")
    assert run.look().counts.outcomes == {"gold": 1, "valid": 48}
    assert [path for path in opened if path.endswith("attempt.json")] == [str(run.path / "toy/seed-3/attempt.json")]
    opened = None


def test_a_worker_that_is_killed_leaves_a_stopped_run(run, worker):
    run.plan("toy-0", "toy-1")
    view = run.look()
    assert (view.state, view.working[0].lost) == ("running", False)
    worker.kill()
    worker.wait()
    view = run.look()
    assert (view.state, view.working[0].lost, view.counts.working) == ("stopped", True, 0)
    assert view.counts.waiting == 2, "what was in flight is still to be done"
    assert worker_lines(view, 80) == ["gw0  toy-0  lost"]


def test_a_run_is_led_between_its_attempts(run, worker):
    run.plan("toy-0", "toy-1")
    (run.path / "workers" / "gw0.json").unlink()
    os.utime(run.path / "run.json", (1, 1))
    os.utime(run.path / "workers", (1, 1))
    assert run.look().state == "running"
    with pytest.raises(Exception, match="another pytest is working on"):
        RunLock(run.path).lead()
    worker.kill()
    worker.wait()
    assert run.look().state == "stopped"
    lock = RunLock(run.path)
    lock.lead()  # watching never holds the locks
    lock.release()


def test_an_attempt_that_another_worker_took_over_is_there_once(run, worker):
    run.plan("toy-0")
    worker.kill()
    worker.wait()
    run.begin("toy", 0, worker="gw1", phase="running", began=ago(seconds=1))
    assert [(row.worker, row.lost) for row in run.look().working] == [("gw1", False)]


def test_a_run_of_another_machine_is_alive_while_its_files_are_fresh(run):
    run.plan("toy-0", "toy-1")
    status = run.begin("toy", 0, owner="12:34:ffff.0000.1", phase="running", began=ago(hours=1))
    assert run.look().state == "running"
    old = time.time() - 2 * HOUR
    for path in (run.path / "run.json", run.path / "workers"):
        os.utime(path, (old, old))
    view = run.look()
    assert view.state == "silent"
    assert view.silent == pytest.approx(2 * HOUR, abs=60)
    run.folder.attempt("toy", 0).log.write_text("still here\n")
    assert run.look().state == "running"
    run.folder.attempt("toy", 0).log.unlink()
    status.end()
    os.utime(run.path / "workers", (old, old))
    assert run.look().state == "silent", "it is between two attempts, or over: nobody here can tell"


def test_errors_of_the_harness_are_to_come_again_in_a_resumed_run(run):
    run.plan("toy-0", "toy-1", "toy-2")
    run.end("toy", 0, "G")
    run.end("toy", 1, "E", created_at=ago(hours=3))
    assert run.look().counts.done == 2
    run.folder.go_on({"resumed": ago(hours=1), "planned": ["toy-0", "toy-1", "toy-2", "toy-3"], "workers": 2})
    counts = run.look().counts
    assert (counts.planned, counts.done, counts.waiting, counts.outcomes) == (4, 1, 3, {"gold": 1})
    run.end("toy", 1, "E", created_at=ago(minutes=1))
    assert run.look().counts.outcomes == {"gold": 1, "error": 1}


def test_clocks_never_give_negative_times(run):
    run.plan("toy-0", started=ago(hours=-5))
    run.begin("toy", 0, phase="running", began=ago(hours=-2)).say(since=ago(hours=-2))
    view = run.look()
    assert (view.working[0].elapsed, view.working[0].in_phase, view.ran) == (0.0, 0.0, 0.0)
    assert "running 0s of 24h" in worker_lines(view, 80)[0]


def test_the_estimate_plays_out_what_is_left(run):
    run.plan(*[f"toy-{seed}" for seed in range(6)])
    for seed in range(2):
        run.end("toy", seed, "n", seconds=4 * HOUR)
    run.begin("toy", 2, worker="gw0", phase="running", began=ago(hours=1))
    run.begin("toy", 3, worker="gw1", phase="running", began=ago(hours=3))
    # Expected: 3 h and 1 h more for those at work, then 4 h each; at most: 23 h and 21 h, then 24 h each.
    rest = run.look().rest
    assert rest.about == pytest.approx(7 * HOUR, abs=60)
    assert rest.at_most == pytest.approx(47 * HOUR, abs=60)
    assert heartbeat(run.look()).endswith("2 running; about 7h left, at most 47h")


def test_no_more_at_a_time_than_there_are_gpus_for(run):
    run.plan(*[f"toy-{seed}" for seed in range(4)], workers=4, gpus=["0", "1"], gpus_per_attempt=2)
    run.begin("toy", 0, phase="running", began=ago(seconds=0))
    assert run.look().rest.at_most == pytest.approx(96 * HOUR, abs=60)
    run.plan(*[f"toy-{seed}" for seed in range(4)], workers=4, gpus=["0", "1"], gpus_per_attempt=0.5)
    assert run.look().rest.at_most == pytest.approx(24 * HOUR, abs=60)


def test_what_is_not_known_is_said_to_be_unknown(run):
    run.plan("toy-0", "toy-1")
    run.begin("toy", 0, phase="running", began=ago(hours=1))
    assert run.look().rest.about is None
    assert heartbeat(run.look()) == "mlebench: 0 of 2 attempts done, 1 running; time left unknown, at most 24h"
    (run.path / "run.json").write_text('{"agent": {"name": "x"}, "time_limit": "soon"}')
    view = run.look()
    assert (view.counts.planned, view.counts.waiting) == (None, None)
    assert heartbeat(view) == "mlebench: 0 attempts done, 1 running; time left unknown"


def test_attempts_that_outlast_what_was_expected_are_not_done_already(run):
    run.plan("toy-0", "toy-1")
    run.end("toy", 0, "n", seconds=HOUR)
    run.begin("toy", 1, phase="running", began=ago(hours=14))
    assert run.look().rest.about == pytest.approx(5 * HOUR, abs=60)


def test_earlier_runs_of_the_agent_tell_what_to_expect(run, tmp_path, attempt):
    before = Run(tmp_path / "before", attempt)
    before.plan("toy-0")
    before.end("toy", 0, "n", seconds=3 * HOUR)
    before.path.rename(tmp_path / "2026-01-01T00-00-00-baseline-0000")
    run.plan("toy-0")
    run.begin("toy", 0, phase="running", began=ago(hours=1))
    assert run.look().rest.about == pytest.approx(2 * HOUR, abs=60)


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"outcome": "gold"}', "\0" * 100, '{"a": NaN}', "[" * 9999])
def test_damaged_files_are_passed_over(run, damage):
    run.plan("toy-0", "toy-1", "toy-2")
    run.end("toy", 0, "G")
    run.end("toy", 1, "G")
    run.begin("toy", 2)
    run.folder.attempt("toy", 1).record.write_text(damage)
    for name in ("gw1", "gw2"):
        (run.path / "workers" / f"{name}.json").write_text(damage)
    counts = run.look().counts
    assert (counts.outcomes, counts.unreadable, counts.done, counts.working) == ({"gold": 1}, 1, 2, 1)
    (run.path / "run.json").write_text(damage)
    assert run.look().counts.outcomes == {"gold": 1}
    assert Watch(run.path).look().agent == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"competition": 5},
        {"competition": "../../etc"},
        {"competition": "a\0b"},
        {"seed": "x"},
        {"since": None},
        {"owner": 7},
        {"gpus": [1]},
        {"time_limit": "long"},
        {"cost": float("nan")},
        {"snapshots": [{"elapsed": "1", "outcome": "gold"}]},
        {"snapshots": 4},
        {"phase": "sleeping"},
    ],
)
def test_a_status_with_a_wrong_field_is_passed_over(run, wrong):
    run.plan("toy-0")
    run.begin("toy", 0)
    path = run.path / "workers" / "gw0.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **wrong}))
    assert run.look().working == ()


def test_what_is_no_file_of_a_run_is_not_waited_for(run):
    run.plan("toy-0", "toy-1")
    run.begin("toy", 1)
    run.folder.attempt("toy", 0).create()
    os.mkfifo(run.folder.attempt("toy", 0).record)
    os.mkfifo(run.folder.attempt("toy", 1).log)
    (run.path / "seed-0").mkdir()
    (run.path / "toy" / "seed-0.earlier-1").mkdir()
    write_json(run.path / "toy" / "seed-0.earlier-1" / "attempt.json", {})
    view = run.look()
    assert (view.counts.unreadable, view.counts.done, view.working[0].line) == (1, 1, "")


def test_a_run_that_vanishes_says_nothing(run, tmp_path):
    run.plan("toy-0")
    run.begin("toy", 0)
    assert run.look().counts.working == 1
    run.path.rename(tmp_path / "elsewhere")
    view = run.look()
    assert (view.working, view.counts.working) == ((), 0)
    assert Watch(tmp_path / "nothing").look().counts.planned is None


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"one\ntwo", "two"),
        (b"a\r 10 %\r 20 %\r", "20 %"),
        (b"\x1b[31mred\x1b[0m \x1b]0;title\x07x\n", "red x"),
        (b"a\tb\x08\x00\n", "a b\\x08\\x00"),
        ("\u202egnal\n".encode(), "\\u202egnal"),
        (b"\xff\xfe\n", "��"),
        (b"x" * 5000, "x" * 4096),
        (b"first\n" + b"\n" * 5000, ""),
    ],
)
def test_the_last_line_of_a_log_is_printable(run, log, line):
    run.plan("toy-0")
    run.begin("toy", 0)
    run.folder.attempt("toy", 0).log.write_bytes(log)
    assert run.look().working[0].line == line


def test_lines_of_workers_fit(run):
    names = ["spaceship-titanic", "jigsaw-unintended-bias-in-toxicity-classification"]
    run.plan(*[f"{name}-0" for name in names])
    for n, name in enumerate(names):
        run.begin(name, 0, worker=f"gw{n}", phase="running", began=ago(hours=3), gpus=(str(n),), valid=True)
        run.folder.attempt(name, 0).log.write_text("日本語 " * 30)
    view = run.look()
    for width in (20, 40, 80, 120, 400):
        lines = worker_lines(view, width)
        assert len(lines) == 2
        assert all(len(line) + line.count("日") + line.count("本") + line.count("語") <= width for line in lines)
    first, second = worker_lines(view, 100)
    assert first.startswith("gw0  spaceship-titanic-0             running 3h of 24h  gpu 0  valid  日本語")
    assert second.startswith("gw1  jigsaw-unintended-bias-in-t…-0  running")

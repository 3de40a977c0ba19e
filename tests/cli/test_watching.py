"""`mlebench watch` beside real runs: on a terminal, in a pipe, and with runs that end, stop, or are not there."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.status import StatusFile

from ..waiting import wait_for

COMMAND = [sys.executable, "-m", "pytest_mlebench.cli"]
NAME = "2026-01-02T03-04-05-agent-0000"
ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
CONFTEST = """
from pytest_mlebench import Agent

def pytest_mlebench_agents():
    script = "echo at work; cd {here}; while [ ! -e go ]; do sleep 0.05; done; echo done"
    return [Agent(name="steps", command=["sh", "-c", script])]
"""


class Terminal:
    """A command on a terminal of its own, and what it has shown."""

    def __init__(self, *arguments, columns=120, lines=40, **variables):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *COMMAND, *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color", **variables},
            start_new_session=True,
        )
        self.theirs, self.shown = theirs, ""
        os.set_blocking(self.ours, False)

    def read(self):
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self.ours, 1 << 16):
                self.shown += piece.decode(errors="replace")
        return self.shown

    def until(self, text):
        wait_for(lambda: text in self.read(), otherwise=lambda: self.shown, every=0.02)

    def type(self, text):
        os.write(self.ours, text.encode())

    def wait(self):
        wait_for(self._has_ended, otherwise=lambda: self.shown, every=0.02)
        self.read()
        return self.process.returncode

    def _has_ended(self):
        self.read()  # or it would wait for a terminal that takes no more
        return self.process.poll() is not None

    def settings(self):
        return termios.tcgetattr(self.theirs)

    def screens(self):
        """What it drew, one text each time, without colours."""
        drawn = re.split(r"\x1b\[2K(?:\x1b\[1A\x1b\[2K)*", self.shown)
        return [re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", each).replace("\r", "") for each in drawn]

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def terminal():
    with contextlib.ExitStack() as stack:

        def open_terminal(*arguments, **options):
            opened = Terminal(*arguments, **options)
            stack.callback(opened.close)
            return opened

        yield open_terminal


@pytest.fixture
def run():
    """A run in ./runs of which nothing is known but its plan."""
    folder = RunFolder(Path("runs") / NAME)
    names = [f"spaceship-titanic-{seed}" for seed in range(40)]
    folder.create({"run": NAME, "agent": {"name": "aide"}, "planned": names, "workers": 36, "time_limit": 86400})
    return folder


def begin(run, seed, line="epoch 3 loss 0.2", **says):
    run.attempt("spaceship-titanic", seed).create()
    status = StatusFile(run.root, f"gw{seed}")
    status.begin("spaceship-titanic", seed)
    began = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=3)
    status.say(**{"phase": "running", "began": began.isoformat(), "gpus": ("1",), "valid": True, **says})
    run.attempt("spaceship-titanic", seed).log.write_text(f"{line}\n")
    return status


@pytest.fixture
def attempting(wine):
    """A real run of pytest in another process, whose agent works until the file go is there."""
    here = Path.cwd()
    (here / "conftest.py").write_text(CONFTEST.replace("{here}", str(here)))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mlebench-agent=steps"]
    command += ["--mlebench-sandbox=process", "--mlebench-require=valid", "-k", "builtin-wine", "--mlebench-attempts=2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    logs = "runs/*/builtin-wine/seed-0/agent.log"
    wait_for(lambda: list(here.glob(logs)) or process.poll() is not None, 180)
    assert process.poll() is None, process.stdout.read()
    yield process
    (here / "go").touch()
    process.kill()
    process.communicate()


def test_a_run_is_watched_to_its_end(attempting, terminal):
    watch = terminal("watch", "--interval", "0.2")
    watch.until("builtin-wine-0")
    watch.until("at work")
    watch.until("0 of 2 attempts done, 1 running, 1 to come")
    Path("go").touch()
    assert watch.wait() == 0
    last = watch.screens()[-1]
    assert "2 of 2 attempts done, 2 no submission" in last
    assert "\nfinished\n" in last
    assert "builtin-wine-0" not in last
    assert watch.shown.rstrip().endswith("\x1b[?25h"), "the cursor is back"


def test_a_run_that_is_killed_is_said_to_have_stopped(attempting, terminal):
    [folder] = Path("runs").iterdir()
    watch = terminal("watch", folder.name[:12], "--interval", "0.2", columns=200)
    watch.until("1 running")
    attempting.kill()
    assert watch.wait() == 0
    assert f"this goes on with it: pytest --mlebench-resume={folder.name}" in watch.screens()[-1]
    assert "lost" in watch.screens()[-1]
    (Path.cwd() / "go").touch()


def test_objects_come_until_the_run_has_ended(attempting):
    command = [*COMMAND, "watch", "--json", "--interval", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        first = json.loads(watch.stdout.readline())
        Path("go").touch()
        *_, last = map(json.loads, watch.stdout)
    assert watch.returncode == 0
    assert (first["state"], first["counts"]["planned"], first["agent"]) == ("running", 2, "steps")
    assert first["working"][0]["attempt"] == "builtin-wine-0"
    assert (last["state"], last["counts"]["outcomes"], last["working"]) == ("finished", {"no_submission": 2}, [])


def test_q_leaves_and_gives_the_terminal_back(run, terminal):
    begin(run, 0)
    watch = terminal("watch")
    before = watch.settings()
    watch.until("epoch 3 loss 0.2")
    assert watch.settings() != before, "keys are read as they are pressed"
    watch.type("xyz")
    watch.type("q")
    assert watch.wait() == 0
    assert watch.settings() == before
    assert "xyz" not in watch.shown


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)],
)
def test_signals_leave_the_terminal_as_it_was(run, terminal, number, status):
    begin(run, 0)
    watch = terminal("watch")
    before = watch.settings()
    watch.until("epoch 3")
    watch.process.send_signal(number)
    assert watch.wait() == status
    assert watch.settings() == before
    assert watch.shown.rstrip().endswith("\x1b[?25h")
    assert "Traceback" not in watch.shown


def test_ctrl_c_leaves(run, terminal):
    begin(run, 0)
    watch = terminal("watch", "--interval", "60")
    watch.until("epoch 3")
    watch.type("\x03")
    assert watch.wait() == 0


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 60), (40, 12), (20, 6), (10, 3), (300, 200)])
def test_the_table_fits_the_terminal(run, terminal, columns, lines):
    for seed in range(36):
        begin(run, seed, line="日本 a long line of the log " * 9)
    watch = terminal("watch", columns=columns, lines=lines)
    watch.until("\x1b[2m…" if lines < 50 and columns >= 20 else "\n")
    watch.type("q")
    assert watch.wait() == 0
    for screen in watch.screens():
        rows = screen.rstrip("\n").split("\n")
        assert len(rows) <= lines
        assert all(len(row) + row.count("日") + row.count("本") < columns for row in rows)
        shown = screen.count("spaceship-titanic") if columns >= 60 else screen.count("spac")
        if shown and columns >= 40:
            assert shown == 36 or f"… and {36 - shown} more" in screen


def test_eighty_columns_have_room_for_all_that_matters(run, terminal):
    begin(run, 3)
    watch = terminal("watch", columns=80, lines=24)
    watch.until("epoch")
    watch.type("q")
    watch.wait()
    [row] = [row for row in watch.screens()[-1].split("\n") if "titanic" in row]
    assert row.split() == ["gw3", "spaceship-titanic-3", "3h", "of", "24h", "1", "valid", "epoch", "3", "loss", "0.2"]


def test_a_pipe_gets_the_table_once(run, mlebench):
    begin(run, 0, line="x" * 300)
    begin(run, 1, line="\x1b[2Jnasty\x07", phase="waiting", began=None, gpus=(), valid=None)
    result = mlebench("watch")
    assert result.exit_code == 0
    lines = result.stdout.split("\n")
    assert lines[0] == f"{NAME}  agent aide"
    assert lines[1] == "0 of 40 attempts done, 1 running, 1 waiting for resources, 38 to come"
    assert lines[2].startswith("running; time left unknown, at most ")
    assert lines[4].split() == ["worker", "attempt", "time", "gpu", "submission", "last", "line", "of", "the", "log"]
    assert lines[5].split() == ["gw0", "spaceship-titanic-0", "3h", "of", "24h", "1", "valid", "x" * 300]
    assert re.fullmatch(r"gw1 +spaceship-titanic-1 +waiting \d+s +nasty\\x07", lines[6])
    assert mlebench("watch", "--once").stdout.split("\n")[0] == lines[0]
    assert mlebench("watch", NAME[:10], "--json", "--once").stdout.count("\n") == 1


def test_it_says_how_to_go_on_with_a_run_that_stopped(run, mlebench):
    (run.root / "lead.lock").touch()
    assert f"\nstopped: nobody works on it any more; this goes on with it: pytest --mlebench-resume={NAME}\n" in (
        mlebench("watch").stdout
    )
    Path("runs").rename("other runs")
    text = mlebench("watch", "--runs-dir", "other runs").stdout
    assert f"pytest --mlebench-resume='{Path.cwd()}/other runs/{NAME}'" in text


def test_without_a_run_it_says_so_in_one_line(mlebench, tmp_path):
    result = mlebench("watch")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "mlebench: there is no run in runs\n")
    result = mlebench("watch", "--runs-dir", tmp_path / "none", "x")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


def test_names_of_runs(run, mlebench):
    assert mlebench("watch", "2026").exit_code == 0
    assert mlebench("watch", run.root.absolute()).exit_code == 0
    result = mlebench("watch", NAME.replace("agent", "agnet"))
    assert (result.exit_code, f"did you mean {NAME}?" in result.stderr) == (2, True)
    RunFolder(Path("runs") / "2026-02-02T03-04-05-agent-0000").create({})
    assert "several runs in runs" in mlebench("watch", "2026").stderr
    assert mlebench("watch").stdout.startswith("2026-02-02"), "last is the newest"


def test_damaged_runs_are_shown_as_far_as_they_go(run, mlebench):
    begin(run, 0)
    (run.root / "run.json").write_text("{")
    (run.root / "workers" / "gw1.json").write_text("{")
    text = mlebench("watch").stdout
    assert "agent unknown" in text
    assert "0 attempts done, 1 running" in text
    assert "running; time left unknown\n" in text


def test_watching_starts_without_what_it_does_not_need(run):
    heavy = ("pandas", "numpy", "sklearn", "scipy", "docker", "kaggle", "pytest", "requests", "filelock", "rich")
    code = (
        "import sys; sys.argv = ['mlebench', 'watch']\n"
        "from pytest_mlebench.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({heavy!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_writes_nothing(run, mlebench):
    begin(run, 0)
    before = {path: path.lstat().st_mtime_ns for path in Path("runs").rglob("*")}
    for path in (*before, Path("runs")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert mlebench("watch").exit_code == 0
        assert mlebench("logs", "last", "spaceship-titanic-0").exit_code == 0
    finally:
        for path in (Path("runs"), *before):
            path.chmod(0o755)
    assert {path: path.lstat().st_mtime_ns for path in Path("runs").rglob("*")} == before

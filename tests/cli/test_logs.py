"""`mlebench logs`: what an agent printed, as it comes, and nothing that could harm a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.status import StatusFile
from pytest_mlebench.cli.safe_text import SafeText
from pytest_mlebench.files import write_json
from pytest_mlebench.sandboxes.agent_log import AgentLog

from ..waiting import wait_for

COMMAND = [sys.executable, "-m", "pytest_mlebench.cli"]
PATIENCE = 120.0
NAME = "2026-01-02T03-04-05-agent-0000"


class Follower:
    """`mlebench logs` in another process, and what it has written."""

    def __init__(self, *arguments):
        command = [*COMMAND, "logs", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out = self.err = b""
        self.threads = [threading.Thread(target=self._read, args=(name,)) for name in ("out", "err")]
        for thread in self.threads:
            thread.start()

    def _read(self, name):
        pipe = getattr(self.process, f"std{name}")
        while piece := os.read(pipe.fileno(), 1 << 16):
            setattr(self, name, getattr(self, name) + piece)

    def until(self, text, of="out"):
        def there_or_over():
            if self.process.poll() is not None:
                self.wait()
                return True
            return text in getattr(self, of)

        wait_for(there_or_over, otherwise=lambda: (self.out[-1000:], self.err), every=0.01)
        assert text in getattr(self, of), (self.out[-1000:], self.err)

    def wait(self):
        status = self.process.wait(PATIENCE)
        for thread in self.threads:
            thread.join()
        return status

    def close(self):
        self.process.kill()
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def follower():
    started = []

    def start(*arguments):
        started.append(Follower(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def run():
    folder = RunFolder(Path("runs") / NAME)
    folder.create({"run": NAME, "planned": ["toy-0", "toy-1", "spaceship-titanic-0"], "time_limit": 60})
    return folder


@pytest.fixture
def status(run):
    """That of a worker, this process, which has toy-0 in hand."""
    status = StatusFile(run.root, "gw0")
    status.begin("toy", 0)
    run.attempt("toy", 0).create()
    return status


def end(run, status):
    write_json(run.attempt("toy", 0).record, {})
    status.end()


def test_a_log_is_written_as_it_is_into_a_pipe(run, status):
    content = b"\x1b[31mred\x1b[0m\r\n\xff\x00\x1b[2J" + b"y" * 100_000
    run.attempt("toy", 0).log.write_bytes(content)
    done = subprocess.run([*COMMAND, "logs", "last", "toy-0"], capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")


def test_the_last_lines(run, status, mlebench):
    run.attempt("toy", 0).log.write_text("".join(f"{n}\n" for n in range(10_000)))
    assert mlebench("logs", "last", "toy-0", "-n", 2).stdout == "9998\n9999\n"
    assert mlebench("logs", NAME, "toy-0", "-n", 0).stdout == ""
    assert mlebench("logs", NAME, "toy-0", "-n", -1).exit_code == 2


def test_names_of_attempts(run, mlebench):
    result = mlebench("logs", "last", "spaceship-titanic")
    assert result.exit_code == 2
    assert f"no attempt named 'spaceship-titanic': did you mean spaceship-titanic-0? (in {NAME})" in result.stderr
    assert "did you mean toy-1, toy-0?" in mlebench("logs", "last", "toy").stderr
    assert "known: spaceship-titanic-0, toy-0, toy-1" in mlebench("logs", "last", "x").stderr
    assert mlebench("logs", "lst", "toy-0").exit_code == 2
    assert mlebench("logs", "last", "../../etc-0").exit_code == 2


def test_an_attempt_without_a_log_says_why(run, status, mlebench):
    result = mlebench("logs", "last", "toy-1")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "mlebench: toy-1 has not begun\n")
    end(run, status)
    assert mlebench("logs", "last", "toy-0", "-f").stderr == "mlebench: toy-0 left no log\n"


def test_following_goes_on_until_the_attempt_has_ended(run, status, follower):
    log = run.attempt("toy", 0).log
    log.write_text("zero\none\n")
    follow = follower("last", "toy-0", "-f", "-n", "1")
    follow.until(b"one\n")
    with log.open("a") as file:
        file.write("two\nthr")
    follow.until(b"thr")
    with log.open("a") as file:
        file.write("ee")
    end(run, status)
    assert follow.wait() == 0
    assert (follow.out, follow.err) == (b"one\ntwo\nthree", b"")


def test_following_waits_for_an_attempt_that_has_not_begun(run, status, follower):
    status.end()
    StatusFile(run.root, "gw1").begin("toy", 1)
    follow = follower("last", "toy-0", "-f")
    follow.until(b"mlebench: toy-0 has not begun: waiting for it\n", of="err")
    status.begin("toy", 0)
    run.attempt("toy", 0).log.write_text("here\n")
    follow.until(b"here\n")
    end(run, status)
    assert follow.wait() == 0


def test_following_ends_when_nobody_works_on_the_run_any_more(run, status, follower):
    (run.root / "lead.lock").touch()
    run.attempt("toy", 0).log.write_text("last words\n")
    follow, waiting = follower("last", "toy-0", "-f"), follower("last", "toy-1", "-f")
    follow.until(b"last words\n")
    status.end()
    assert follow.wait() == 0
    assert follow.err.decode() == f"mlebench: toy-0 has not ended, but nobody works on {NAME} any more\n"
    assert waiting.wait() == 1
    assert waiting.err.endswith(b"mlebench: toy-1 has not begun\n")


def test_a_log_that_is_shortened_is_followed_without_a_gap(run, status, follower):
    log = AgentLog(run.attempt("toy", 0).log, {}, limit=1 << 20)
    follow = follower("last", "toy-0", "-f")
    written = b""
    for part in range(12):
        lines = b"".join(b"%d.%08d: what an agent prints, a line of it\n" % (part, n) for n in range(5000))
        log.write(lines)
        written += lines
        follow.until(lines[-47:])
    log.close()
    assert b"bytes left out here" in run.attempt("toy", 0).log.read_bytes()
    end(run, status)
    assert follow.wait() == 0
    assert len(follow.out) == len(written)
    assert (follow.out == written) is True, "the same bytes; a difference of them would take minutes"


def test_ctrl_c_ends_following(run, status, follower):
    run.attempt("toy", 0).log.write_text("one\n")
    follow = follower("last", "toy-0", "-f")
    follow.until(b"one\n")
    follow.process.send_signal(signal.SIGINT)
    assert follow.wait() == 0
    assert follow.err == b""


def test_a_reader_that_leaves_is_no_error(run, status):
    run.attempt("toy", 0).log.write_bytes(b"line\n" * 100_000)
    command = f"'{sys.executable}' -m pytest_mlebench.cli logs last toy-0 | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == (b"line\n", b"")


def test_what_is_no_log_is_not_opened(run, status, mlebench):
    os.mkfifo(run.attempt("toy", 0).log)
    result = mlebench("logs", "last", "toy-0")
    assert (result.exit_code, "a FIFO" in result.stderr) == (3, True)


def test_on_a_terminal_only_colours_pass(run, status):
    run.attempt("toy", 0).log.write_bytes(b"\x1b[1;31mred\x1b[2J\x1b]0;title\x07 10 %\r 20 %\r\n\x1b[32mopen")
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, "logs", "last", "toy-0"], stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 1 << 16):
            shown += piece
    except OSError:  # the other end is closed
        os.close(ours)
    assert process.wait(PATIENCE) == 0
    said = b"\x1b[1;31mred\\x1b[2J\\x1b]0;title\\x07 10 %\n 20 %\n\x1b[32mopen\x1b[0m"
    assert shown.replace(b"\r\n", b"\n") == said


def test_a_real_attempt_is_followed(wine, follower):
    script = "echo begin; while [ ! -e ../../../../../go ]; do sleep 0.05; done; printf end"
    script = script.replace("../../../../../go", str(Path.cwd() / "go"))
    Path("conftest.py").write_text(
        "from pytest_mlebench import Agent\n\n"
        f"def pytest_mlebench_agents():\n    return [Agent(name='steps', command=['sh', '-c', {script!r}])]\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mlebench-agent=steps"]
    command += ["--mlebench-sandbox=process", "-k", "builtin-wine"]
    attempting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(lambda: list(Path("runs").glob("*/run.json")) or attempting.poll() is not None, 180)
        assert attempting.poll() is None, attempting.stdout.read()
        follow = follower("last", "builtin-wine-0", "-f")
        follow.until(b"begin\n")
        Path("go").touch()
        assert follow.wait() == 0
        assert follow.out == b"begin\nend"
    finally:
        Path("go").touch()
        attempting.communicate(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain\n\ttab\n", "plain\n\ttab\n"),
        (b"\x1b[m\x1b[0;1;38:5:200mx\x1b[0m", "\x1b[m\x1b[0;1;38:5:200mx\x1b[0m"),
        (b"\x1b[5A\x1b[?25l\x1bc", "\\x1b[5A\\x1b[?25l\\x1bc"),
        (b"\x1b", "\\x1b"),
        (b"\x1b[3", "\\x1b[3"),
        (b"a\rb\r\nc\r\r\n\r", "a\nb\nc\n\n"),
        ("日本 é \u202e\x9b\n".encode(), "日本 é \\u202e\\x9b\n"),
        (b"\xe6\x97", "\ufffd"),
        (b"\x1b[31mx", "\x1b[31mx\x1b[0m"),
    ],
)
def test_text_is_safe_however_it_is_cut(raw, text):
    for cut in range(len(raw) + 1):
        for second in range(cut, len(raw) + 1):
            safe = SafeText()
            parts = [safe.feed(raw[:cut]), safe.feed(raw[cut:second]), safe.feed(raw[second:]), safe.end()]
            assert "".join(parts) == text

"""What workers do, in pytest's terminal while attempts run: there meanwhile, and in the end as if it had not been."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import termios
import threading
import time
from pathlib import Path

import pytest

from ..waiting import wait_for
from .emulator import Emulator
from .running import Run


@pytest.fixture(autouse=True)
def _not_in_ci(directory, monkeypatch):
    for name in ("CI", "BUILD_NUMBER", "COLUMNS", "MLEBENCH_HEARTBEAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


class OnTerminal:
    """A run in a terminal of its own, whose screen can be looked at."""

    def __init__(self, directory, *options, **more) -> None:
        self.emulator = Emulator(24, 100)
        self.screens: list[str] = []
        self._terminal, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.run = Run(
            directory,
            "process",
            *options,
            stdin=its,
            stdout=its,
            stderr=its,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **more,
        )
        os.close(its)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # nobody has the terminal open any more
            while data := os.read(self._terminal, 65536):
                self.emulator.receive(data)
                self.screens.append(self.emulator.text)

    def shows(self, pattern: str) -> bool:
        return re.search(pattern, self.screens[-1] if self.screens else "", re.MULTILINE) is not None

    def wait_to_show(self, *patterns: str) -> None:
        wait_for(lambda: all(map(self.shows, patterns)), otherwise=lambda: self.emulator.text)

    def ever_showed(self, pattern: str) -> bool:
        return any(re.search(pattern, screen, re.MULTILINE) for screen in self.screens)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> str:
        """The last screen, with what scrolled out of it."""
        self.run.process.wait(180)
        self._reader.join(60)
        return self.emulator.text

    def close(self) -> None:
        self.run.close()
        self._reader.join(60)
        os.close(self._terminal)


@pytest.fixture
def on_terminal(directory):
    runs = []

    def begin(*options, **more):
        runs.append(run := OnTerminal(directory, *options, **more))
        return run

    yield begin
    for run in runs:
        run.close()


WORKER = r"^{worker} +toy-\d +running [\dms ]+ of 24h .*asleep$"
TOTALS = r"^mlebench: 0 of \d attempts? done, \d running; "
ALONE, TWO = ((), 1, ["main"]), (("-n2",), 2, ["gw0", "gw1"])
EITHER = pytest.mark.parametrize(("options", "attempts", "workers"), [ALONE, TWO], ids=["alone", "xdist"])


def without_what_differs(screen: str) -> list[str]:
    """Lines of a screen without names of runs, times, and the order in which workers came."""
    screen = re.sub(r"\d{4}-\d\d-\d\dT[-\d]+-sleeper-\w{4}|gw\d|\[ *\d+%\]", "~", screen)
    screen = re.sub(r"\d+\.\d\ds( \(\d+:\d\d:\d\d\))?|\d+\.\ds|(\d+m )?\b\d+s\b", "~", screen)
    return sorted(re.sub(r"[ =]+", " ", line) for line in screen.split("\n"))


@EITHER
@pytest.mark.parametrize("verbose", [(), ("-v",)], ids=["", "verbose"])
def test_a_line_for_each_worker_hangs_there_and_leaves_no_trace(
    on_terminal, monkeypatch, options, attempts, workers, verbose
):
    run = on_terminal(*options, *verbose, attempts=attempts, until_told=True)
    run.wait_to_show(TOTALS, *(WORKER.format(worker=worker) for worker in workers))
    run.run.tell()
    screen = run.end()
    assert not re.search(TOTALS, screen, re.MULTILINE)
    monkeypatch.setenv("TERM", "dumb")
    (run.run.folder / "run.json").unlink()
    plain = on_terminal(*options, *verbose, attempts=attempts, until_told=True)
    assert without_what_differs(screen) == without_what_differs(plain.end())
    assert not plain.ever_showed("mlebench: 0 of")


def test_lines_stand_below_while_results_come(on_terminal):
    run = on_terminal("-n2", attempts=3, until_told=True)
    run.wait_to_show(TOTALS)
    run.run.tell(0)
    run.wait_to_show(r"^B\n(gw\d .*\n)+mlebench: 1 of 3 attempts done \(1 bronze\), \d running")
    run.run.tell()
    assert re.search(r"^BBB +\[100%\]$", run.end(), re.MULTILINE)


@EITHER
def test_ctrl_c_takes_them_away(on_terminal, options, attempts, workers):
    run = on_terminal(*options, attempts=attempts)
    run.wait_to_show(TOTALS, *(WORKER.format(worker=worker) for worker in workers))
    run.type("\x03")
    screen = run.end()
    assert run.run.process.returncode == pytest.ExitCode.INTERRUPTED
    assert "mlebench: interrupted; to go on" in screen
    assert "running" not in screen


def test_a_terminal_that_is_too_low_shows_what_fits(on_terminal):
    run = on_terminal("-n4", attempts=4)
    run.wait_to_show(TOTALS)
    fcntl.ioctl(run._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 100, 0, 0))
    run.wait_to_show(r"^gw0 .*\n\.\.\. and 3 more\nmlebench: 0 of 4")
    run.run.process.send_signal(signal.SIGINT)
    run.end()


def test_the_debugger_has_the_terminal_for_itself(on_terminal, directory):
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace('rows(8) + "; echo asleep', 'rows(2) + "; echo asleep'))
    run = on_terminal("--pdb", until_told=True)
    run.wait_to_show(TOTALS)
    run.run.tell()
    run.wait_to_show(r"\(Pdb\)\s*\Z")
    time.sleep(2.5)  # longer than lines take to be drawn again
    assert run.shows(r"\(Pdb\)\s*\Z")
    assert not run.shows(TOTALS)
    run.type("c\n")
    assert "1 failed" in run.end()


@pytest.mark.parametrize("option", ["-q", "-s"])
def test_nothing_hangs_where_it_is_not_wanted_or_would_be_written_over(on_terminal, option):
    run = on_terminal(option, until_told=True)
    run.run.wait_until_asleep()
    time.sleep(2.5)  # longer than lines take to be drawn
    run.run.tell()
    run.end()
    assert not run.ever_showed("mlebench: 0 of")


@pytest.mark.parametrize("breaking", ["raise RuntimeError", "raise OSError"])
def test_a_display_that_breaks_leaves_the_run_alone(on_terminal, directory, breaking):
    conftest = directory.path / "conftest.py"
    broken = f"""
from pytest_mlebench.reporting.watching.watch import Watch
looks = []
def look(self, true=Watch.look):
    looks.append(1)
    if len(looks) > 1:
        {breaking}
    return true(self)
Watch.look = look
"""
    conftest.write_text(conftest.read_text() + broken)
    run = on_terminal("-n1", until_told=True)
    # It is there for two seconds, for whoever looks in time.
    wait_for(lambda: run.ever_showed("mlebench: 0 of 1"))
    wait_for(lambda: not run.shows("mlebench: 0 of 1"))
    run.run.tell()
    screen = run.end()
    assert run.run.process.returncode == 0
    assert "1 bronze" in screen
    assert "Traceback" not in screen


@EITHER
@pytest.mark.parametrize("verbose", [(), ("-v",)], ids=["", "verbose"])
def test_a_log_gets_a_line_now_and_then(directory, monkeypatch, options, attempts, workers, verbose):
    monkeypatch.setenv("MLEBENCH_HEARTBEAT", "0.7")
    log = directory.path / "log"
    with log.open("w") as file:
        run = Run(directory, "process", *options, *verbose, attempts=attempts, until_told=True, stdout=file)
    try:
        run.wait_until_asleep(len(workers))
        wait_for(lambda: len(re.findall(rf"{TOTALS}.*$", log.read_text(), re.MULTILINE)) >= 2, otherwise=log.read_text)
        run.tell()
        run.end()
        out = log.read_text()
    finally:
        run.close()
    # On lines of their own; before the first attempt runs, too.
    lines = re.findall(r"^mlebench: 0 of \d attempts? done[,;] ", out, re.MULTILINE)
    assert out.count("mlebench: 0 of") == len(lines), out
    assert "\x1b" not in out
    # What pytest writes is all there, if not on the same lines.
    assert re.findall(r"BRONZE" if verbose else r"^B+(?= |$)", out, re.MULTILINE) != []
    assert "[100%]" in out
    assert f"{attempts} bronze in" in out


def test_short_runs_and_logs_of_the_first_minutes_get_none(directory):
    run = Run(directory, "process", until_told=True)
    try:
        run.wait_until_asleep()
        time.sleep(2)
        run.tell()
        assert "mlebench: 0 of" not in run.end()
    finally:
        run.close()


def test_a_session_leaves_no_thread_and_no_file_open(directory):
    threads, files = set(threading.enumerate()), len(list(Path("/dev/fd").iterdir()))
    directory.run("perfect")
    assert set(threading.enumerate()) <= threads
    assert len(list(Path("/dev/fd").iterdir())) <= files

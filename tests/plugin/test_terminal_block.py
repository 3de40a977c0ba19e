"""Lines that hang below what is written to a terminal: there while they are shown, and no trace of them afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlebench.terminal_block import TerminalBlock

from .emulator import Emulator


class Terminal:
    """A pseudo-terminal with an emulator at its other end."""

    def __init__(self, rows=24, columns=80) -> None:
        self.ours, its = pty.openpty()
        self.resize(its, rows, columns)
        os.set_blocking(self.ours, False)
        self.file = os.fdopen(its, "w", buffering=1, encoding="utf-8")
        self.emulator = Emulator(rows, columns)

    @staticmethod
    def resize(terminal, rows, columns):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self) -> str:
        self.file.flush()
        self.read()
        return self.emulator.text

    def read(self) -> None:
        while True:
            try:
                data = os.read(self.ours, 65536)
            except BlockingIOError:
                return
            self.emulator.receive(data)

    def close(self) -> None:
        self.file.close()
        os.close(self.ours)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_lines_hang_below_what_is_written_and_move_with_it(terminal):
    block = TerminalBlock(terminal.file)
    block.write("one\ntw")
    block.show(["a", "b"])
    assert terminal.text == "one\ntw\na\nb"
    block.write("o\nthree")
    assert terminal.text == "one\ntwo\nthree\na\nb"
    block.show(["c"])
    assert terminal.text == "one\ntwo\nthree\nc"
    block.close().write("!\n")
    assert terminal.text == "one\ntwo\nthree!"
    assert terminal.emulator.row == 3


PIECES = st.one_of(
    st.text(alphabet="ab .[%]é漢", min_size=1, max_size=30),
    st.sampled_from(
        ["\n", "\r", "\n\n", "\x1b[32m", "\x1b[0m", "\x1b]9;4;1;50\x1b\\", "x" * 20, "y" * 19 + "\n", "z" * 41]
    ),
)
SHOWN = st.lists(st.text(alphabet="wv漢", max_size=40), max_size=9)


@settings(max_examples=400)
@given(st.lists(st.one_of(PIECES, SHOWN), max_size=40), st.integers(3, 9))
def test_the_screen_is_in_the_end_as_if_nothing_had_hung_there(actions, rows):
    terminal, plain = Terminal(rows, 20), Emulator(rows, 20)
    block = TerminalBlock(terminal.file)
    for action in actions:
        if isinstance(action, str):
            block.write(action)
            plain.feed(action.replace("\n", "\r\n"))
        else:
            block.show(action)
            assert terminal.text.startswith(plain.text)
    block.close()
    try:
        assert terminal.text == plain.text
        assert terminal.emulator.row == plain.row
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (9, ["w0", "w1", "w2", "w3", "sum"]),
        (6, ["w0", "w1", "... and 2 more", "sum"]),
        (4, ["... and 4 more", "sum"]),
        (3, ["sum"]),
        (2, []),
    ],
)
def test_of_more_lines_than_fit_the_last_stays_and_the_others_are_counted(terminal, rows, shown):
    Terminal.resize(terminal.file.fileno(), rows, 80)
    block = TerminalBlock(terminal.file)
    block.show(["w0", "w1", "w2", "w3", "sum"])
    assert terminal.text.split("\n")[1:] == shown
    block.close()


def test_lines_follow_the_width_of_the_terminal(terminal):
    block = TerminalBlock(terminal.file)
    block.show(["w" * 200])
    assert terminal.text.split("\n")[1] == "w" * 78 + "…"
    Terminal.resize(terminal.file.fileno(), 24, 30)
    terminal.emulator.resize(24, 30)
    block.show(["w" * 200])
    assert terminal.text.split("\n")[1] == "w" * 28 + "…"
    assert block.width == 29
    block.close()
    assert terminal.text == ""


def test_nothing_hangs_while_somebody_else_has_the_terminal(terminal):
    block = TerminalBlock(terminal.file)
    block.show(["a"])
    block.hold(True)
    assert terminal.text == ""
    block.show(["b"])
    block.write("(Pdb) \n")
    assert terminal.text == "(Pdb)"
    block.hold(False)
    block.show(["c"])
    assert terminal.text == "(Pdb)\n\nc"
    block.close()


def test_what_is_captured_does_not_get_to_the_screen_and_the_lines_stay_there(terminal, tmp_path):
    block = TerminalBlock(terminal.file)
    block.write("seen ")
    block.show(["a"])
    with (tmp_path / "captured").open("w") as captured:
        kept = os.dup(terminal.file.fileno())
        os.dup2(captured.fileno(), terminal.file.fileno())
        block.write("not seen\n")
        block.show(["b"])
        terminal.file.flush()
        os.dup2(kept, terminal.file.fileno())
        os.close(kept)
    assert terminal.text == "seen\nb"
    assert (tmp_path / "captured").read_text() == "not seen\n"
    block.write("too\n")
    block.close()
    assert terminal.text == "seen too"


def test_a_line_is_said_between_others(tmp_path):
    with (tmp_path / "log").open("w") as file:
        block = TerminalBlock(file)
        block.say("first")
        block.write("one tw")
        block.say("second")
        block.write("o\n")
        block.close()
    assert (tmp_path / "log").read_text() == "first\none tw\nsecond\no\n"


def test_after_the_end_nothing_is_shown_or_said(terminal):
    block = TerminalBlock(terminal.file)
    block.close()
    block.show(["a"])
    block.say("b")
    block.close()
    assert terminal.text == ""


def test_threads_that_show_do_not_garble_what_another_writes(terminal):
    block = TerminalBlock(terminal.file)
    over = threading.Event()

    def show():
        n = 0
        while not over.is_set():
            block.show([f"worker {n}", "sum"])
            n += 1

    threads = [threading.Thread(target=show) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(500):
        block.write(f"{n} ")
        if n % 10 == 9:
            block.write("\n")
        terminal.read()
    over.set()
    for thread in threads:
        thread.join(60)
    while not block.clear():
        terminal.read()
    block.close()
    lines = [" ".join(map(str, range(n, n + 10))) for n in range(0, 500, 10)]
    assert terminal.text == "\n".join(lines)


def test_a_terminal_that_has_stalled_holds_nobody_up_and_gets_everything_later(terminal):
    block = TerminalBlock(terminal.file)
    for n in range(3000):  # far more than a terminal takes that nobody reads
        block.show([f"worker {n} ".ljust(79, "w"), "sum"])
    block.write("one\n")
    assert not block.clear()
    block.write("two\n")
    seen = []

    def read():
        while b"two" not in b"".join(seen):
            with contextlib.suppress(BlockingIOError):
                seen.append(os.read(terminal.ours, 65536))

    reader = threading.Thread(target=read)
    reader.start()
    file = block.close()
    reader.join(60)
    file.write("three\n")
    terminal.emulator.receive(b"".join(seen))
    assert terminal.text == "one\ntwo\nthree"


def test_a_log_that_nobody_reads_holds_nobody_up():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file:
        block = TerminalBlock(file)
        for _ in range(3000):
            block.say("x" * 100)
        block.close()
        os.close(reading)

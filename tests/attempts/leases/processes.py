"""Processes that hold and wait as they are told, and what stands in the folder where they meet."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ...waiting import wait_for

HOLDER = Path(__file__).with_name("holder.py")
HANGS = 60.0
ONE = {"pool": ["0"], "gpus": 1}
ONE_OF_TWO = {"pool": ["0", "1"], "gpus": 1}
TWO = {"pool": ["0", "1"], "gpus": 2}


class Process:
    """One that holds and waits as it is told."""

    def __init__(self, folder: Path, *options: str, **more) -> None:
        command = [sys.executable, str(HOLDER), str(folder), *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)
        self._text = b""
        assert self.line() == "ready"

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, line: str, facts: dict | None = None) -> Process:
        self._process.stdin.write(f"{line} {'' if facts is None else json.dumps(facts)}\n".encode())
        self._process.stdin.flush()
        return self

    def line(self, within: float = HANGS) -> str | None:
        """The next line it says; None where it says nothing for so long."""
        until = time.monotonic() + within
        while b"\n" not in self._text:
            if not select.select([self._process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                return None
            more = os.read(self._process.stdout.fileno(), 4096)
            assert more, f"the process ended with {self._process.wait()}"
            self._text += more
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    def gets(self, facts: dict) -> list[str]:
        """Its GPUs, which it must get without waiting."""
        return self.tell("take", facts).got()

    def waits(self, facts: dict) -> str:
        """What it says that it waits for."""
        line = self.tell("take", facts).line()
        assert line is not None
        assert line.startswith("waiting "), line
        return line.removeprefix("waiting ")

    def got(self) -> list[str]:
        line = self.line()
        assert line is not None
        assert line.startswith("got "), line
        return json.loads(line.removeprefix("got "))[0]

    def release(self) -> None:
        assert self.tell("release").line() == "released"

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9; again does nothing."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Meanwhile nobody else reads or writes in the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def suspend(process: Process, folder: Path) -> None:
    """Stop it at a moment at which it keeps nobody from the folder."""
    with kept(folder):
        process.signal(signal.SIGSTOP)
        wait_for(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")


def notes(folder: Path) -> list[dict]:
    """What stands in the folder; empty files are nobody's."""
    with kept(folder):
        return [json.loads(text) for path in sorted(folder.glob("lease-*.json")) if (text := path.read_text())]


def free(folder: Path, **facts) -> bool:
    """Whether another could have it now."""
    other = Process(folder)
    try:
        return other.tell("take", facts).line().startswith("got")
    finally:
        other.kill()

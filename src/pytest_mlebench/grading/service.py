"""Grading in processes of its own: a pytest worker stays small, and what hostile input does to a grader stays there."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from pytest_mlebench.errors import GraderError, HarnessError
from pytest_mlebench.grading.grade import Grade
from pytest_mlebench.quantities import format_duration

__all__ = ["GradingService"]

_STARTUP_SECONDS = 120.0
_STOPPED = "grading was stopped, because the run is ending"


class GradingService:
    """Grades submissions in up to `processes` child processes, each one submission at a time; safe to use from threads.

    A process starts when it is needed, serves many submissions, and ends `idle_seconds` after its last one, or with
    this process. `timeout` limits the grading of one submission, in seconds, and `memory` the address space of a
    process, in bytes (default: half of the machine's, shared among them; 0: no limit). A service is a context manager;
    closed, it grades no more.
    """

    def __init__(
        self, processes: int = 2, idle_seconds: float = 30.0, timeout: float = 900.0, memory: int | None = None
    ) -> None:
        self._processes, self._idle_seconds, self._timeout = processes, idle_seconds, timeout
        self._memory = _share_of_memory(processes) if memory is None else memory
        self._slots = threading.BoundedSemaphore(processes)
        self._changed = threading.Condition()
        self._children: set[_Child] = set()
        self._idle: list[tuple[_Child, float]] = []
        self._reaper: threading.Thread | None = None
        self._closed = False
        # Ends what is left when a service is dropped, or at exit, without close().
        weakref.finalize(self, _kill_all, self._children)

    def __enter__(self) -> GradingService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def grade(self, folder: Path, submission: Path, private: Path, *, timeout: float | None = None) -> Grade:
        """Grade `submission` to the competition in `folder` with the answers in `private`; waits for a free process.

        A submission on which the grader crashes (twice) or takes longer than `timeout` seconds is invalid if the
        grader copes with the competition's sample submission, found in the public folder beside `private`.

        Raises GraderError where the grader is to blame, saying whether it broke, crashed or took too long, and
        HarnessError where the machine is.
        """
        request = {"folder": str(folder), "submission": str(submission), "private": str(private)}
        limit = self._timeout if timeout is None else timeout
        with self._slots:
            try:
                answer = self._ask(request, limit)
            except _CrashError:
                # A crash may be the machine's doing (memory used up by others): only one that repeats counts.
                try:
                    answer = self._ask(request, limit)
                except (_CrashError, _OverdueError) as error:
                    return self._blame(error, request, limit)
            except _OverdueError as error:
                return self._blame(error, request, limit)
        return _grade_of(answer)

    def warm(self, folder: Path | None = None) -> None:
        """Have a process ready for a coming `grade` call, with the competition in `folder` loaded; does not wait."""
        with self._changed:
            if self._closed:
                return
            if not self._idle and len(self._children) < self._processes:
                self._put_back(self._start(folder))
            elif self._idle and folder is not None:
                with contextlib.suppress(_CrashError):
                    self._idle[-1][0].send({"load": str(folder)})

    def close(self) -> None:
        """End all processes; a `grade` call in progress raises HarnessError. Closing again does nothing."""
        with self._changed:
            self._closed = True
            for child in self._children:
                child.kill()
            for child, _ in self._idle:
                child.dispose()
                self._children.discard(child)
            self._idle.clear()
            reaper = self._reaper
            self._changed.notify_all()
        if reaper is not None:
            reaper.join()

    def _ask(self, request: dict[str, str], timeout: float) -> dict[str, Any]:
        child = self._take(Path(request["folder"]))
        try:
            child.wait_until_ready()
            child.send(request)
            answer = child.receive(timeout)
        except BaseException as error:
            # Its state is not known any more (an interrupt counts too), so that it cannot be used again.
            with self._changed:
                self._children.discard(child)
                closed = self._closed
            child.dispose()
            if closed and isinstance(error, Exception):
                raise HarnessError(_STOPPED) from None
            raise
        with self._changed:
            self._put_back(child)
        return answer

    def _take(self, folder: Path) -> _Child:
        with self._changed:
            while self._idle and not self._closed:
                child, _ = self._idle.pop()
                if child.alive:
                    return child
                self._children.discard(child)
                child.dispose()
            if self._closed:
                raise HarnessError(_STOPPED)
            return self._start(folder)

    def _start(self, folder: Path | None) -> _Child:
        try:
            child = _Child(self._memory, folder)
        except OSError as error:
            raise HarnessError(f"cannot start a grading process: {error}") from error
        self._children.add(child)
        return child

    def _put_back(self, child: _Child) -> None:
        """Make `child` available, and see to it that it ends when it is not used; `_changed` is held."""
        if self._closed:
            self._children.discard(child)
            child.dispose()
            return
        self._idle.append((child, time.monotonic()))
        if self._reaper is None:
            self._reaper = threading.Thread(target=self._reap, name="mlebench-grading", daemon=True)
            self._reaper.start()
        self._changed.notify_all()

    def _reap(self) -> None:
        with self._changed:
            while not self._closed and self._children:
                if not self._idle:
                    self._changed.wait()
                    continue
                child, since = self._idle[0]
                left = since + self._idle_seconds - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._idle.pop(0)
                self._children.discard(child)
                child.dispose()
            self._reaper = None

    def _blame(self, error: _CrashError | _OverdueError, request: dict[str, str], timeout: float) -> Grade:
        """The grade of a submission that ended or outlasted the grader: invalid, if the sample submission grades."""
        name = Path(request["folder"]).name
        control = {key: value for key, value in request.items() if key != "submission"}
        try:
            answer = self._ask(control, timeout)
        except (_CrashError, _OverdueError) as second:
            raise GraderError(f"{name}: the grader {error}; on the sample submission it {second}") from None
        if "missing" in answer:
            raise GraderError(f"{name}: the grader {error}; there is no sample submission to compare with")
        return dataclasses.replace(
            _grade_of(answer),
            valid=False,
            reason=f"the grader {error.without_detail} on this submission, but grades the sample submission: "
            "write it in the form of the sample submission",
            raw_score=None,
            score=None,
            medal=None,
            above_median=False,
            rank=None,
        )


class _CrashError(Exception):
    """The process ended while it was asked; the text continues 'the grader'."""

    def __init__(self, how: str, last_words: str = "") -> None:
        self.without_detail = how
        super().__init__(f"{how} ({last_words})" if last_words else how)


class _OverdueError(Exception):
    """The process did not answer in time; the text continues 'the grader'."""

    def __init__(self, seconds: float) -> None:
        self.without_detail = f"took longer than {format_duration(seconds)}"
        super().__init__(self.without_detail)


class _Child:
    """One worker process; used by one thread at a time, except for `kill`."""

    def __init__(self, memory: int | None, folder: Path | None) -> None:
        environment = dict(os.environ)
        for library in ("OPENBLAS", "OMP", "MKL"):
            environment.setdefault(f"{library}_NUM_THREADS", "1")
        command = [sys.executable, "-P", "-m", "pytest_mlebench.grading.worker", str(memory or 0)]
        # Python's own stack dump at a crash, and what graders print, for the last words of a process that dies.
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                command + ([str(folder)] if folder else []),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                bufsize=0,
                env=environment,
                # Ctrl-C goes to the foreground's processes: how a grading in progress ends is the parent's to say.
                start_new_session=True,
            )
        except BaseException:
            self._words.close()
            raise
        self._ready, self._buffer = False, b""

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Raise HarnessError unless the process has started and loaded what it needs."""
        if self._ready:
            return
        try:
            self.receive(_STARTUP_SECONDS)
        except (_CrashError, _OverdueError) as error:
            raise HarnessError(f"a grading process did not start: it {error}") from None
        self._ready = True

    def send(self, request: dict[str, str]) -> None:
        assert self._process.stdin is not None
        data = json.dumps(request).encode() + b"\n"
        try:
            while data:
                data = data[self._process.stdin.write(data) :]
        except OSError:
            raise self._crash() from None

    def receive(self, timeout: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        deadline, poll = time.monotonic() + timeout, select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(min(math.ceil(left * 1000), 2**31 - 1)):
                raise _OverdueError(timeout)
            data = os.read(self._process.stdout.fileno(), 65536)
            if not data:
                raise self._crash()
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        self._words.truncate(0)
        self._words.seek(0)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """Kill the process and what it started; it stays to be reaped by `dispose`."""
        # Not reaped yet, so that the number still means this process.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def dispose(self) -> None:
        """Kill and reap the process, and close what leads to it."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._words):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()

    def _crash(self) -> _CrashError:
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return _CrashError("closed its output")
        try:
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        except ValueError:
            how = f"was ended by signal {-status}"
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 4096))
        lines = [line for line in self._words.read().decode(errors="replace").splitlines() if line.strip()]
        return _CrashError(how, " ".join(lines[-1].split())[:300] if lines else "")


def _share_of_memory(processes: int) -> int:
    """Half of this machine's memory, shared among the processes, in bytes; at least 4 GiB each, for libraries."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(total // 2 // processes, 4 << 30)


def _kill_all(children: set[_Child]) -> None:
    for child in list(children):
        child.dispose()
    children.clear()


def _grade_of(answer: dict[str, Any]) -> Grade:
    if "error" in answer:
        raise (HarnessError if answer["harness"] else GraderError)(answer["error"])
    return Grade(**answer["grade"])

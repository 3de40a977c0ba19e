"""A session that ends before its attempts have: by Ctrl-C, by a scheduler's SIGTERM, or because a worker dies.

The first signal ends the attempts in flight as Ctrl-C does, and the workers of pytest-xdist hear of it at once; while
they clean up, further signals do not disturb them. What a killed worker could not remove, the controller removes.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shlex
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlebench.attempts.status import StatusFile
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import scratch

if TYPE_CHECKING:
    from pytest_mlebench.session import Benchmark

__all__ = ["EndedBySignal", "Ending"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# So long cleaning up is left in peace; as long as pytest-xdist waits before it kills its workers.
_PATIENCE_SECONDS = 10.0
# The connection to a worker ends a moment before the worker does.
_DYING_SECONDS = 5.0


class EndedBySignal(KeyboardInterrupt):
    """What SIGTERM and SIGHUP raise, so that everything ends as on Ctrl-C."""

    __module__ = "builtins"  # pytest shows it, and this module's name tells a person nothing


class Ending:
    """The plugin that ends a session in order: in the controller, in a worker, and where there are none.

    A session that SIGTERM or SIGHUP ended exits with 128 + the number of the signal, as shells know it: whoever
    started it can tell that it is to be resumed. Ctrl-C keeps pytest's own status, 2.
    """

    def __init__(self, config: pytest.Config, benchmark: Benchmark) -> None:
        """Takes over the signals of the main thread until `pytest_unconfigure`; ignored ones stay ignored."""
        self._config = config
        self._benchmark = benchmark
        self._signal: signal.Signals | None = None
        self._at = 0.0
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._session: pytest.Session | None = None
        self._before: dict[signal.Signals, Any] = {}
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            # At the debugger's prompt Ctrl-C means something else.
            debugging = number == signal.SIGINT and config.option.usepdb
            if signal.getsignal(number) not in (signal.SIG_IGN, None) and not debugging:
                self._before[number] = signal.signal(number, self._end)

    def _end(self, number: int, frame: FrameType | None) -> None:
        __tracebackhide__ = True  # pytest shows what was interrupted, not this
        if self._signal is not None and time.monotonic() < self._at + _PATIENCE_SECONDS:
            if number != signal.SIGINT:  # it counts, whoever was first
                self._signal = signal.Signals(number)
            return
        self._signal, self._at = signal.Signals(number), time.monotonic()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise EndedBySignal(self._signal.name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Note whose exit status is to tell of the signal."""
        self._session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_newgateway(self, gateway: Any) -> None:
        """Note the process of a worker on this machine."""
        process = getattr(getattr(gateway, "_io", None), "popen", None)
        if isinstance(process, subprocess.Popen):
            self._workers[gateway.id] = process

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Remove what a worker that died left: its container, processes, temporary folders, and what it said of itself.

        The next attempt may start only then, for a dead worker's lease is free while its agent still runs.
        """
        run, process = self._benchmark.folder.root, self._workers.get(node.gateway.id)
        if error is None or not run.is_dir():
            return
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_DYING_SECONDS)
        scratch.sweep()
        # What it cannot remove now, it removes at the end.
        with contextlib.suppress(HarnessError):
            self._benchmark.sandbox.sweep()
        StatusFile(run, node.gateway.id).end()

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Say of the attempt that a worker died with how it died, and what becomes of it."""
        node: Any = report.node
        name = crashitem.partition("[")[2].rstrip("]") or crashitem
        report.longrepr = (
            f"worker {node.gateway.id} {_how_ended(self._workers.get(node.gateway.id))} while it attempted {name}; "
            "what it left was removed, and resuming the run attempts it again"
        )

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> Generator[None]:
        """Have the workers end their attempts at once, where pytest-xdist would ask them only after five seconds."""
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            for process in self._workers.values():
                with contextlib.suppress(OSError):
                    process.terminate()
            _leave_lost_terminal()
        yield
        if self._signal is not None and self._benchmark.is_worker:
            # For the controller, unless it ends too, this worker has died and is replaced. Told of an interrupt,
            # it would wait until all other attempts have ended, and start none.
            os._exit(128 + self._signal)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """Say how to go on with what is left."""
        run = self._benchmark.folder.root
        if exitstatus != pytest.ExitCode.INTERRUPTED or not (run / "run.json").is_file():
            return
        how = "interrupted" if self._signal in (None, signal.SIGINT) else f"ended by {self._signal.name}"
        terminalreporter.write_line(f"mlebench: {how}; to go on: {self._command(run)}")

    def _command(self, run: Path) -> str:
        """How to resume the run from where this pytest was started."""
        here = self._config.invocation_params.dir
        words = ["pytest", f"--mlebench-resume={run.name if run.parent == here / 'runs' else run}"]
        if workers := getattr(self._config.option, "numprocesses", None):
            words += ["-n", str(workers)]
        return shlex.join(words)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Give the signals back, after everybody has cleaned up; the exit status tells which one ended the session."""
        by_another = self._signal in (signal.SIGTERM, signal.SIGHUP)
        if self._session is not None and self._session.exitstatus == pytest.ExitCode.INTERRUPTED and by_another:
            # Not earlier: with a status that it does not know pytest prints no summary.
            self._session.exitstatus = 128 + int(self._signal or 0)
        for number, handler in self._before.items():
            if self._signal is None:
                signal.signal(number, handler)
            else:
                signal.signal(number, self._after)
                atexit.register(signal.signal, number, signal.SIG_IGN)  # the interpreter takes away other handlers

    def _after(self, number: int, frame: FrameType | None) -> None:
        """Give a signal back to whoever had it, but the same Ctrl-C may still come again while the process ends."""
        if time.monotonic() >= self._at + _PATIENCE_SECONDS:
            signal.signal(number, self._before[signal.Signals(number)])
            signal.raise_signal(number)


def _how_ended(process: subprocess.Popen[bytes] | None) -> str:
    status = None if process is None else process.poll()
    if status == -signal.SIGKILL:
        return "was killed (by somebody, or by the kernel for want of memory)"
    if status is not None:
        with contextlib.suppress(ValueError):  # it ended by itself
            return f"was ended by {signal.Signals(-status if status < 0 else status - 128).name}"
    return "crashed"


def _leave_lost_terminal() -> None:
    """Let what is written to a terminal that is gone vanish, for else the first word to it would end the clean-up."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 (the names are no files)
        try:
            termios.tcgetattr(int(name))
        except termios.error as error:
            if error.args[0] == errno.EIO:
                os.dup2(nowhere, int(name), inheritable=int(name) <= 2)
    os.close(nowhere)

"""What the workers are doing, in pytest's own terminal while attempts run; in logs, a line now and then.

Where pytest writes to a terminal, a line for each worker and one for the run hang below its output. Elsewhere, and with
-q, -s or in CI, the run says every five minutes that it goes on; MLEBENCH_HEARTBEAT changes that (seconds, above 0).
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlebench.terminal_block import TerminalBlock

if TYPE_CHECKING:
    from pytest_mlebench.reporting.watching.watch import Watch
    from pytest_mlebench.session import Benchmark

__all__ = ["Live"]

_FIRST_SECONDS = 1.0  # short runs are left alone
_REFRESH_SECONDS = 2.0
_HEARTBEAT_SECONDS = 300.0


class Live:
    """The plugin that shows it; in the controller alone. Whatever goes wrong with showing, the run goes on."""

    def __init__(self, config: pytest.Config, benchmark: Benchmark) -> None:
        self._config = config
        self._benchmark = benchmark
        self._block: TerminalBlock | None = None
        self._hangs = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Come between pytest and its terminal, before it writes the first line."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        with contextlib.suppress(AttributeError, OSError, ValueError):
            writer = reporter._tw
            writer._file = self._block = TerminalBlock(writer._file)
            self._hangs = self._block.is_terminal and self._can_hang(reporter)

    def _can_hang(self, reporter: Any) -> bool:
        """Whether lines may hang below what pytest writes."""
        option = self._config.option
        # With -s what a test prints goes past pytest's writer; under pytest-xdist no test runs here.
        prints = option.capture == "no" and not getattr(option, "numprocesses", None)
        ci = os.environ.get("CI") or os.environ.get("BUILD_NUMBER")
        is_dumb = os.environ.get("TERM", "dumb") == "dumb"
        return bool(reporter.isatty()) and not (is_dumb or ci or prints or option.verbose < 0)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Show while attempts run, and leave nothing of it, however they end."""
        if self._block is not None:
            self._thread = threading.Thread(target=self._run, args=[self._block], name="mlebench-live", daemon=True)
            self._thread.start()
        try:
            return (yield)
        finally:
            self._end()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Give the terminal back, after everybody has cleaned up, for one that has stalled is waited for."""
        self._end()
        if self._block is not None:
            self._give_back(self._block)

    def pytest_enter_pdb(self) -> None:
        """The terminal is the debugger's."""
        if self._block is not None:
            self._block.hold(True)

    def pytest_leave_pdb(self) -> None:
        """The terminal is pytest's again."""
        if self._block is not None:
            self._block.hold(False)

    def _end(self) -> None:
        self._over.set()
        if self._block is not None and self._block.clear():
            self._give_back(self._block)
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _give_back(self, block: TerminalBlock) -> None:
        writer: Any = self._config.get_terminal_writer()
        file = block.close()
        if writer._file is block:
            writer._file = file
        self._block = None

    def _run(self, block: TerminalBlock) -> None:
        """The thread. A display that breaks must not break what it shows."""
        with contextlib.suppress(Exception):
            self._keep_showing(block)
        with contextlib.suppress(Exception):
            block.show(())

    def _keep_showing(self, block: TerminalBlock) -> None:
        run = self._benchmark.folder.root
        pause = _FIRST_SECONDS if self._hangs else _heartbeat_seconds()
        watch: Watch | None = None
        while not self._over.wait(pause):
            if not (run / "run.json").is_file():  # images are built before the run begins
                continue
            from pytest_mlebench.reporting.watching.lines import heartbeat, worker_lines
            from pytest_mlebench.reporting.watching.watch import Watch

            watch = watch or Watch(run)
            view = watch.look()
            if self._hangs:
                block.show([*worker_lines(view, block.width), heartbeat(view)])
                pause = _REFRESH_SECONDS
            else:
                self._say(block, heartbeat(view))

    def _say(self, block: TerminalBlock, line: str) -> None:
        block.say(line)
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        # Pytest's line goes on in a new one, as if it began there.
        reporter._tw._current_line = ""
        if reporter.showlongtestinfo:
            reporter.currentfspath = None


def _heartbeat_seconds() -> float:
    try:
        seconds = float(os.environ.get("MLEBENCH_HEARTBEAT", ""))
    except ValueError:
        return _HEARTBEAT_SECONDS
    return seconds if math.isfinite(seconds) and seconds > 0 else _HEARTBEAT_SECONDS

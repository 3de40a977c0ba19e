"""Copying what an agent prints to its log, in a thread, as it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.agent_log import AgentLog
from pytest_mlebench.sandboxes.contract import Job

__all__ = ["Copying", "Receive"]

Receive = Callable[[float], bytes | None]
"""Waits up to so many seconds: what came, None where nothing did, b"" at the end. Raises OSError as the system does."""

_WHILE = 2.0  # seconds that the beginning of a secret waits for the rest


class Copying:
    """Copies what `receive` gives to the job's log, in bounds and without its secrets, until there is no more.

    The log is opened at once, which raises HarnessError where that cannot be; the thread runs within ``with``.
    """

    def __init__(self, job: Job) -> None:
        self._path = job.log
        try:
            self._log = AgentLog(job.log, job.secrets)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._stop = threading.Event()
        self._lost: OSError | None = None
        self._thread: threading.Thread | None = None
        self._name = f"log of {job.name}"

    def start(self, receive: Receive, close: Callable[[], None] = lambda: None) -> None:
        """Begin to copy; `close` is called by the thread when it receives no more."""
        self._thread = threading.Thread(target=self._copy, args=(receive, close), name=self._name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Copying:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop copying, also where the output has not ended."""
        self._stop.set()
        if self._thread is None:
            self._log.close()
        else:
            self._thread.join(timeout=10)

    def finish(self, patience: float) -> None:
        """Wait for the end of the output, at most `patience` seconds, after which the rest is let go.

        Raises HarnessError where the log could not be written, or the output not be read to its end.
        """
        if self._thread is not None:
            self._thread.join(timeout=patience)
            self._stop.set()
            self._thread.join(timeout=10)
        if self._log.problem is not None:
            raise self._cannot_write(self._log.problem) from self._log.problem
        if self._lost is not None:
            raise HarnessError(f"lost the agent's output while it ran: {self._lost}") from self._lost

    def _cannot_write(self, error: OSError) -> HarnessError:
        return HarnessError(f"cannot write the agent's log {self._path}: {error.strerror or error}")

    def _copy(self, receive: Receive, close: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                data = receive(_WHILE)
                if data is None:
                    self._log.flush()
                elif data:
                    self._log.write(data)
                else:
                    return
        except OSError as error:
            self._lost = error
        finally:
            close()
            self._log.close()

"""The model gateway's process, as the pytest process that leads a run starts and ends it."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from pytest_mlebench.attempts.budget import Budget, Usage
from pytest_mlebench.attempts.gateway.settings import Settings
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.extras import is_installed
from pytest_mlebench.sandboxes import scratch

__all__ = ["LOG", "PATIENCE", "GatewayProcess"]

LOG = "gateway.log"
"""In the run's folder: what the gateway's process, and libraries in it, had to say."""

PATIENCE = 180.0
"""Seconds from a request's first failure for which it is tried again; MLEBENCH_MODEL_PATIENCE sets others."""

_NEEDED = ("aiohttp", "litellm", "mcp")
_STARTUP_SECONDS = 60.0
_CLOSING_SECONDS = 10.0


class GatewayProcess:
    """A context manager: inside it, the gateway of a run runs in a process of its own, with this one's environment.

    Its log is `LOG` in `folder`. It answers at the socket `control`, or without one at a socket of its own. Requests go
    to `model_url`, an OpenAI-compatible base URL, or without one to the provider that a model's name says. `run_budget`
    limits all attempts together, which had used `spent` before. Keys of models are in the environment: those that
    litellm reads, and MLEBENCH_MODEL_KEY for `model_url`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        model_url: str | None,
        run_budget: Budget | None,
        spent: Usage,
        control: Path | None = None,
        patience: float | None = None,
    ) -> None:
        self._log = folder / LOG
        self._model_url, self._run_budget, self._spent = model_url, run_budget, spent
        self._patience = _patience() if patience is None else patience
        self._control = control
        self._private: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def control(self) -> Path:
        """The Unix socket at which workers open attempts; raises HarnessError before the start."""
        if self._control is None:
            raise HarnessError("the model gateway has no address before it starts")
        return self._control

    @property
    def pid(self) -> int | None:
        """The process's number; None where it does not run."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def __enter__(self) -> GatewayProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start it and wait until it answers; raises HarnessError where it does not. Started again it goes on."""
        if self._process is not None:
            return
        self.check()
        try:
            if self._control is None:
                self._private = scratch.make()
                self._control = self._private / "control.sock"
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", __package__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    # Ctrl-C goes to the foreground's processes: when the gateway ends is for this one to say.
                    start_new_session=True,
                )
            self._tell()
            self._wait()
        except OSError as error:
            self.close()
            raise HarnessError(f"cannot start the model gateway: {error}") from error
        except BaseException:
            self.close()
            raise

    @staticmethod
    def check() -> None:
        """Raise HarnessError, with the command that installs it, where a library is missing."""
        if missing := [module for module in _NEEDED if not is_installed(module)]:
            raise HarnessError(
                f"the model gateway needs {' and '.join(missing)}; install it: pip install 'pytest-mlebench[gateway]'"
            )

    def close(self) -> None:
        """End it, after it has counted and written down what was at work; closing again does nothing."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            try:
                process.wait(_CLOSING_SECONDS)
            except subprocess.TimeoutExpired:
                _kill(process)
            except BaseException:
                _kill(process)
                raise
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = self._control = None

    def _tell(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        settings = Settings(
            control=str(self.control),
            model_url=self._model_url,
            run_budget=self._run_budget,
            spent=self._spent,
            patience=self._patience,
        )
        with contextlib.suppress(BrokenPipeError):  # what became of it is seen by the wait
            self._process.stdin.write(settings.to_line().encode())
            self._process.stdin.flush()

    def _wait(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        deadline, poll = time.monotonic() + _STARTUP_SECONDS, select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            if poll.poll(left * 1000):
                if os.read(self._process.stdout.fileno(), 64):
                    return
                raise HarnessError(f"the model gateway did not start: {self._last_words()} ({self._log})")
        raise HarnessError(f"the model gateway did not answer within {_STARTUP_SECONDS:.0f} s: see {self._log}")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError), self._log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
            return " ".join(" ".join(lines[-3:]).split())[-500:] or "it said nothing"
        return "it said nothing"


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _patience() -> float:
    try:
        seconds = float(os.environ.get("MLEBENCH_MODEL_PATIENCE", PATIENCE))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise HarnessError("MLEBENCH_MODEL_PATIENCE must be a number of seconds, like 180")
    return seconds

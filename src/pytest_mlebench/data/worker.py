"""The process in which a preparation runs: ``python -m pytest_mlebench.data.worker``.

It reads one order, a line of JSON, from its standard input, and writes progress and the result to its standard output,
a line of JSON each. It ends when its standard input does, so none outlives the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

_STEP_SECONDS = 0.1


class _Speaker:
    """Writes messages to what was standard output; whatever libraries print goes to standard error."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._last = ("", 0.0)
        os.dup2(2, 1)

    def say(self, **message: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(message) + "\n")
            self._file.flush()

    def step(self, step: Any) -> None:
        """Pass a step on; counting is passed on a few times a second only."""
        doing, when = self._last
        now = time.monotonic()
        if step.done is None or step.doing != doing or now - when >= _STEP_SECONDS or step.done == step.total:
            self._last = (step.doing, now)
            self.say(step=asdict(step))


def _interrupt_once(signum: int, frame: FrameType | None) -> None:
    # A second signal must not break the cleaning up after the first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Wait for the end of standard input, which the parent holds open as long as it lives."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os._exit(130)


def main() -> int:
    """Carry out the order; 0 when done, 1 when it failed and said so, 130 when it was interrupted."""
    signal.signal(signal.SIGINT, _interrupt_once)
    signal.signal(signal.SIGTERM, _interrupt_once)
    speaker = _Speaker()
    try:
        line = b""
        while not line.endswith(b"\n"):
            byte = os.read(0, 1)
            if not byte:
                return 130
            line += byte
        threading.Thread(target=_end_with_parent, daemon=True).start()
        order = json.loads(line)

        from pytest_mlebench.data.preparation import Order, carry_out
        from pytest_mlebench.errors import MlebenchError

        try:
            carry_out(
                Order(
                    root=Path(order["root"]),
                    competition=Path(order["competition"]),
                    raw_dir=Path(order["raw_dir"]) if order["raw_dir"] else None,
                    force=order["force"],
                    keep_zip=order["keep_zip"],
                    fixed=order["fixed"],
                    original=order["original"],
                ),
                speaker.step,
            )
        except MlebenchError as error:
            speaker.say(error=str(error))
            return 1
        speaker.say(done=True)
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # not held up by threads that wait for standard input

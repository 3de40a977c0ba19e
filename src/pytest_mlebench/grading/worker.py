"""The process in which graders run: reads requests from a pipe, answers each with one line of JSON.

Started by `service.GradingService` only. Requests are JSON lines on standard input:

- ``{"folder": F, "submission": S, "private": P}`` grades S to the competition in folder F,
- ``{"folder": F, "private": P}`` grades the competition's own sample submission, found in the public folder beside P,
- ``{"load": F}`` reads the competition ahead of a request, and is not answered.

Answers are ``{"grade": fields of Grade}``, ``{"missing": path of the sample}``, and
``{"error": text, "harness": whether the machine rather than a grader failed}``. A first line says ``{"ready": true}``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_mlebench.competition import Competition

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Answer requests until standard input ends. `arguments`: bytes of address space (0: no limit), folder to load."""
    requests, replies = _take_streams()
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory := int(arguments[0]):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    import pandas  # noqa: F401  # what every grader needs, loaded before the first request comes

    from pytest_mlebench.competition import Competition

    competitions: dict[str, Competition] = {}

    def competition(folder: str) -> Competition:
        if folder not in competitions:
            competitions[folder] = Competition.read(Path(folder))
        return competitions[folder]

    _reply(replies, {"ready": True})
    if len(arguments) > 1:
        _load(competition, arguments[1])
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            request = json.loads(line)
            if "load" in request:
                _load(competition, request["load"])
                continue
            with _ends_with_parent(requests):
                answer = _answer(competition, request)
            _reply(replies, answer)
    return 0


def _take_streams() -> tuple[int, int]:
    """Descriptors of the request and reply pipes; whatever a grader reads or prints goes elsewhere from now on."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _reply(descriptor: int, answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def _load(competition: Callable[[str], Competition], folder: str) -> None:
    # Whatever is wrong is said when a submission is graded.
    with contextlib.suppress(Exception):
        competition(folder).load()


def _answer(competition: Callable[[str], Competition], request: dict[str, str]) -> dict[str, Any]:
    from pytest_mlebench.errors import GraderError, MlebenchError

    folder, private = request["folder"], Path(request["private"])
    try:
        subject = competition(folder)
        if "submission" in request:
            submission = Path(request["submission"])
        else:
            submission = subject.sample_path(private.parent / "public", private)
            if not submission.is_file():
                return {"missing": str(submission)}
        return {"grade": asdict(subject.grade(submission, private))}
    except MlebenchError as error:
        return {"error": str(error), "harness": not isinstance(error, GraderError)}
    except Exception as error:
        text = " ".join(str(error).split())
        return {"error": f"{Path(folder).name}: the grader broke: {type(error).__name__}: {text}", "harness": False}


@contextlib.contextmanager
def _ends_with_parent(descriptor: int) -> Iterator[None]:
    """While a grader works, have the kernel end this process as soon as the parent's end of the pipe closes.

    A grader that hangs in compiled code runs no Python, so that no thread of ours could notice; SIGIO needs none.
    """
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    poll = select.poll()
    poll.register(descriptor, 0)
    if poll.poll(0):
        os._exit(1)  # it closed before the signal was asked for
    try:
        yield
    finally:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

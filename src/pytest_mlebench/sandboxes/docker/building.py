"""One build of an image: its progress, its log, and what went wrong."""

from __future__ import annotations

import collections
import contextlib
import hashlib
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import requests
from docker.errors import DockerException

from pytest_mlebench.data.places import default_root
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.quantities import format_duration, format_size
from pytest_mlebench.sandboxes.docker.engine import Engine, said

__all__ = ["build", "only_here"]

Progress = Callable[[str], None]

_LAST_LINES = 15
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SIGN_OF_LIFE = 15.0  # seconds


@contextlib.contextmanager
def only_here(name: str, progress: Progress) -> Iterator[None]:
    """Hold the lock of this user's processes on an image."""
    import filelock

    path = _folder("locks") / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        progress(f"waiting for another process that makes the image {name}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def build(
    engine: Engine,
    tag: str,
    *,
    context: bytes,
    dockerfile: str,
    arguments: Mapping[str, str],
    progress: Progress,
    from_scratch: bool = False,
) -> None:
    """Build the image and name it `tag`; a build that fails leaves no image. `from_scratch` repeats cached steps too.

    `progress` gets a short line for each step, and now and then a sign of life. Raises HarnessError with the last lines
    of the step that failed and the place of the whole log.
    """
    path = _folder("builds") / f"{tag.replace(':', '-').replace('/', '-')}.log"
    began = time.monotonic()
    progress(f"building image {tag}, once (log: {path})")
    with path.open("w", encoding="utf-8") as file:
        try:
            answers = engine.api.build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                dockerfile=dockerfile,
                buildargs=dict(arguments),
                tag=tag,
                labels={"mlebench": "image"},
                nocache=from_scratch,
                rm=True,
                forcerm=True,
                decode=True,
                # Seconds of silence; a large package can take long to unpack.
                timeout=3600,
            )
            _follow(answers, tag, file, path, progress)
        except (DockerException, requests.RequestException) as error:
            raise HarnessError(f"cannot build the image {tag}: {said(error)} (log: {path})") from error
    size = _size(engine, tag)
    progress(f"built image {tag} in {format_duration(time.monotonic() - began)}{size}")


def _follow(answers: Iterator[Any], tag: str, file: IO[str], path: Path, progress: Progress) -> None:
    """Read what the engine says until the build is done; raises HarnessError where it failed."""
    last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
    step, spoke, problem = "", time.monotonic(), ""
    for answer in answers:
        text = _COLOURS.sub("", str(answer.get("stream") or answer.get("status") or ""))
        file.write(text if text.endswith("\n") or not text else text + "\n")
        file.flush()
        for line in filter(None, map(str.strip, text.splitlines())):
            if line.startswith("Step "):
                step = line
                last.clear()
                progress(f"  {_short(line)}")
                spoke = time.monotonic()
            elif time.monotonic() - spoke > _SIGN_OF_LIFE:
                progress(f"    {_short(line)}")
                spoke = time.monotonic()
            last.append(line)
        if "error" in answer:
            problem = " ".join(str(answer["error"]).split())
            file.write(problem + "\n")
    # Only now: an answer that is read to its end frees its connection.
    if problem:
        if any("CERTIFICATE_VERIFY_FAILED" in line or "certificate verification failed" in line for line in last):
            problem = f"a certificate is not trusted; name a file of yours with MLEBENCH_CA_BUNDLE ({problem})"
        lines = "".join(f"\n  | {line}" for line in last)
        raise HarnessError(
            f"cannot build the image {tag}: {_short(step or 'before the first step')}: {_short(problem, 300)} "
            f"(log: {path}){lines}"
        )


def _short(line: str, length: int = 100) -> str:
    line = " ".join(line.split())
    return line if len(line) <= length else line[: length - 3] + "..."


def _size(engine: Engine, tag: str) -> str:
    with contextlib.suppress(DockerException, requests.RequestException):
        return f", {format_size(engine.api.inspect_image(tag)['Size'])}"
    return ""


def _folder(name: str) -> Path:
    folder = default_root() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HarnessError(
            f"cannot make the folder {folder}: {error.strerror}; name another by MLEBENCH_CACHE_DIR"
        ) from error
    return folder

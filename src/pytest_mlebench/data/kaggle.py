"""Downloads from Kaggle by its own package, with its errors as one line for a person.

The package prints and authenticates when it is imported, so it is imported only here, inside functions, in a process
that prepares. Its traps that are dealt with: two processes that make its folder at once; requests without a time
limit; retries that append an error page to the file; waits that nobody sees.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_mlebench.data import credentials
from pytest_mlebench.data.disk import disk_error, require_space
from pytest_mlebench.data.progress import Progress, Step
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.quantities import format_duration

__all__ = ["asking", "download", "rules_url"]

# What a download needs beside itself: at least its own size unpacked, and what is prepared from that.
_FACTOR = 3
_TRIES = 6
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 600.0
# Seconds without a byte after which a connection counts as broken.
_SILENCE = 120.0


def rules_url(competition: str) -> str:
    """The page on which a person accepts a competition's rules."""
    return f"https://www.kaggle.com/competitions/{competition}/rules"


def download(competition: str, folder: Path, *, known_bytes: int = 0, progress: Progress) -> Path:
    """Download the competition's archive to ``folder/<competition>.zip``; goes on where an earlier download broke off.

    `known_bytes` is the archive's size where it is known beforehand, for the check of free space.
    Raises HarnessError with what to do: accept the rules, give credentials, make room, try again.
    """
    target = folder / f"{competition}.zip"
    _require_room(competition, target, known_bytes)
    folder.mkdir(parents=True, exist_ok=True)
    with _without_its_prints(), _limited_silence():
        progress(Step(competition=competition, doing="asking Kaggle"))
        api = _authenticated(competition, target, progress)
        _with_retries(api, competition, target, progress)
    return target


@contextlib.contextmanager
def asking(competition: str, progress: Progress) -> Iterator[Any]:
    """The package's API object, authenticated, for calls other than downloads; their errors become HarnessError."""
    with _without_its_prints(), _limited_silence():
        progress(Step(competition=competition, doing="asking Kaggle"))
        nowhere = Path(f"{competition}.zip")
        api = _authenticated(competition, nowhere, progress)
        try:
            yield api
        except Exception as error:
            raise _explained(error, competition, nowhere) from error


def _require_room(competition: str, target: Path, total: int) -> None:
    """Raise HarnessError unless there is room for the rest of a download of `total` bytes and what is made of it."""
    have = target.stat().st_size if target.is_file() else 0
    needed = max(0, total * _FACTOR - have)
    require_space(target.parent, needed, f"the download of {competition}, with what is made of it,")


def _with_retries(api: Any, competition: str, target: Path, progress: Progress) -> None:
    """Download, again after breaks of the connection; tries count from the last byte that came."""
    failures = 0
    while True:
        before = target.stat().st_size if target.is_file() else 0
        try:
            # Each try asks for a fresh address, since the signed ones expire.
            api.competition_download_files(competition, path=str(target.parent), force=False, quiet=True)
        except Exception as error:
            if isinstance(error, ValueError) and "size" in str(error):
                # The package has written something else than the archive; kept, it would be resumed.
                shutil.rmtree(target.parent)
                target.parent.mkdir()
            after = target.stat().st_size if target.is_file() else 0
            failures = 1 if after > before else failures + 1
            wait = _wait_before_retry(error, failures)
            if wait is None:
                raise _explained(error, competition, target) from error
            why = "Kaggle asks to wait" if _status(error) == 429 else "the connection broke"
            progress(Step(competition=competition, doing=f"{why}, going on in {format_duration(wait)}"))
            time.sleep(wait)
        else:
            return


def _wait_before_retry(error: Exception, failures: int) -> float | None:
    """Seconds to wait before the next try, or None where another try would be of no use."""
    import requests

    status = _status(error)
    transient = status == 429 or (status is not None and status >= 500) or isinstance(error, ValueError)
    if status is None and isinstance(error, requests.RequestException):
        transient = True
    if not transient or failures >= _TRIES:
        return None
    wait = _FIRST_WAIT * 2 ** (failures - 1)
    if status == 429:
        asked = _retry_after(error)
        wait = asked if asked is not None else wait
    return wait if wait <= _LONGEST_WAIT else None


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    return getattr(response, "status_code", None)


def _retry_after(error: Exception) -> float | None:
    """Seconds that the server asks to wait (Retry-After in seconds or as a date), or None."""
    from email.utils import parsedate_to_datetime

    text = getattr(error, "response").headers.get("Retry-After", "")  # noqa: B009
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    return None


def _explained(error: Exception, competition: str, target: Path) -> HarnessError:
    """The line for an error of the package, the network, or the disk."""
    import requests

    if isinstance(error, HarnessError):
        return error
    again = "what has come is kept, run it again to go on"
    status = _status(error)
    if status is not None:
        found = credentials.find()
        line = {
            401: f"Kaggle does not accept the credentials in {found.where if found else 'use'} (401): "
            f"{credentials.HOW_TO_GET}",
            403: f"Kaggle refuses the download of {competition} (403): accept its rules at {rules_url(competition)} "
            f"with the account that your credentials belong to, and run it again",
            404: f"Kaggle has no data of {competition} (404): see https://www.kaggle.com/competitions/{competition}/data;"
            f" files that you have elsewhere are taken with --raw-dir",
            429: f"Kaggle answers that there were too many requests (429): {_when(error)}; {again}",
        }
        return HarnessError(line.get(status, f"Kaggle answers with an error ({status}): try again later; {again}"))
    if isinstance(error, requests.RequestException):
        return HarnessError(f"the connection to Kaggle fails ({_innermost(error)}): {again}")
    if isinstance(error, OSError):
        return disk_error(error, f"downloading {competition}", target.parent)
    if isinstance(error, ValueError):
        return HarnessError(f"what Kaggle sends for {competition} is not its archive ({error}): try again later")
    return HarnessError(f"the kaggle package fails on {competition}: {type(error).__name__}: {_one_line(error)}")


def _when(error: Exception) -> str:
    asked = _retry_after(error)
    return f"try again in {format_duration(asked)}" if asked is not None else "try again later"


def _innermost(error: BaseException) -> str:
    """The operating system's word for a broken connection; addresses can hold signatures and are not shown."""
    deepest: BaseException = error
    while True:
        nearer = deepest.__cause__ or deepest.__context__ or getattr(deepest, "reason", None)
        nearer = nearer or next((a for a in deepest.args if isinstance(a, BaseException)), None)
        if not isinstance(nearer, BaseException):
            break
        deepest = nearer
    strerror = getattr(deepest, "strerror", None)
    return strerror if isinstance(strerror, str) else type(deepest).__name__


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


@contextlib.contextmanager
def _without_its_prints() -> Iterator[None]:
    """Keep what the package prints (help on credentials, warnings on its version) away from our output."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _authenticated(competition: str, target: Path, progress: Progress) -> Any:
    """The package's API object, authenticated; raises HarnessError where there are no credentials or they fail."""
    api_class = _api_class()
    api = api_class(competition, target, progress)
    try:
        api.authenticate()
    except SystemExit:
        found = credentials.find()
        if found is None:
            raise HarnessError(f"no Kaggle credentials found: {credentials.HOW_TO_GET}") from None
        raise HarnessError(
            f"Kaggle does not accept the {found.kind} in {found.where}: {credentials.HOW_TO_GET}"
        ) from None
    except Exception as error:
        raise _explained(error, competition, target) from error
    return api


def _api_class() -> Any:
    """The package's KaggleApi, with the target, a check of free space, and progress added."""
    try:
        try:
            from kaggle.api.kaggle_api_extended import KaggleApi
        except FileExistsError:  # another process made its folder at the same instant
            from kaggle.api.kaggle_api_extended import KaggleApi
    except ImportError as error:
        raise HarnessError(
            f"the kaggle package cannot be imported ({error}): pip install 'kaggle>=2.2' six, with {sys.executable}"
        ) from error
    except OSError as error:
        raise HarnessError(
            f"the kaggle package cannot make its folder ({error.strerror}: {error.filename}): "
            f"set KAGGLE_CONFIG_DIR to a folder that can be written"
        ) from error

    class _Api(KaggleApi):  # type: ignore[misc]
        def __init__(self, competition: str, target: Path, progress: Progress) -> None:
            super().__init__()
            self._competition, self._target, self._progress = competition, target, progress

        def download_needed(self, response: Any, outfile: str, quiet: bool = True) -> bool:
            return bool(super().download_needed(response, str(self._target), quiet))

        def download_file(
            self, response: Any, outfile: str, http_client: Any, quiet: bool = True, resume: bool = False, **_: Any
        ) -> None:
            """The package's own, to our target, with no retries inside (they would hide errors; see _with_retries)."""
            total = int(response.headers.get("Content-Length") or 0)
            _require_room(self._competition, self._target, total)
            with _counting(self._competition, self._target, total, self._progress):
                super().download_file(
                    response, str(self._target), http_client, quiet, resume, max_retries=0, timeout=_SILENCE
                )

    return _Api


@contextlib.contextmanager
def _limited_silence() -> Iterator[None]:
    """Give requests of the package a time limit: it sends them without one, on import too, and would wait for ever."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def limited(self: HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        options["timeout"] = options.get("timeout") or _SILENCE
        return send(self, request, *args, **options)

    HTTPAdapter.send = limited  # type: ignore[method-assign]
    try:
        yield
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]


@contextlib.contextmanager
def _counting(competition: str, target: Path, total: int, progress: Progress) -> Iterator[None]:
    """Report the target's size while it grows."""
    ended = threading.Event()

    def report() -> None:
        with contextlib.suppress(OSError):
            done = target.stat().st_size if target.exists() else 0
            progress(Step(competition=competition, doing="downloading", done=done, total=total or None))

    def watch() -> None:
        while not ended.wait(0.5):
            report()

    watcher = threading.Thread(target=watch, daemon=True)
    report()
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        report()

"""Files that a preparation needs besides the competition's own download."""

from __future__ import annotations

import shutil
import urllib.request
from http.client import HTTPException
from pathlib import Path

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.counting import note

__all__ = ["download"]

_SECONDS = 60


def download(url: str, target: Path) -> None:
    """Make the file at `url` the file `target`, whole or not at all; HarnessError where that fails."""
    part = target.with_name(target.name + ".part")
    note(f"downloading {target.name}")
    request = urllib.request.Request(url, headers={"User-Agent": "pytest-mlebench"})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file, 1024**2)
            expected = answer.headers.get("Content-Length")
            if expected is not None and file.tell() != int(expected):
                raise HTTPException(f"{file.tell()} of {expected} bytes came")
        part.rename(target)
    except (OSError, HTTPException) as error:
        part.unlink(missing_ok=True)
        raise HarnessError(f"cannot download {url} ({error}): get it by other means and put it at {target}") from error

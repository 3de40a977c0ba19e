"""7z archives; they need py7zr, which few competitions do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.extras import load
from pytest_mlebench.preparing.placing import inside

__all__ = ["pack_7z", "unpack_7z"]


def unpack_7z(archive: Path, target: Path, names: Iterable[str] | None = None) -> None:
    """Unpack a 7z archive, or its files `names`, into the folder `target`, in one pass.

    Raises HarnessError where py7zr is missing, the archive is damaged, or a member would land outside of `target`.
    """
    py7zr = load("py7zr")
    try:
        with py7zr.SevenZipFile(archive) as opened:
            for name in opened.getnames():
                inside(target, name)
            target.mkdir(parents=True, exist_ok=True)
            opened.extract(target, targets=None if names is None else list(names))
    except (py7zr.exceptions.ArchiveError, EOFError, ValueError) as error:
        raise HarnessError(f"{archive} cannot be unpacked: download it again ({error})") from error


def pack_7z(files: Mapping[str, Path], archive: Path, *, compress: bool = True) -> None:
    """Write a new 7z archive of `files`, each under its name in the archive; HarnessError where py7zr is missing.

    Without `compress` they are stored as they are: pictures would take long and come out no smaller.
    """
    py7zr = load("py7zr")
    filters = None if compress else [{"id": py7zr.FILTER_COPY}]
    archive.parent.mkdir(parents=True, exist_ok=True)
    with py7zr.SevenZipFile(archive, "w", filters=filters) as opened:
        for name, path in files.items():
            opened.write(path, name)

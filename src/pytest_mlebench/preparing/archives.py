"""Zip archives within the raw data, whose members are read or put into place without unpacking the whole."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.placing import inside
from pytest_mlebench.preparing.tables import read_csv

__all__ = ["Archive"]


class Archive:
    """A zip archive, open for reading; use it in a with statement.

    Its methods raise HarnessError where the archive is damaged, lacks a member, or has a member that would land
    outside the folder it is put into.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise HarnessError(f"{path} is not a zip archive: download it again ({error})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._zip.close()

    def names(self, folder: str = "") -> list[str]:
        """Sorted names of the files below `folder` in the archive, relative to it."""
        prefix = folder.rstrip("/") + "/" if folder else ""
        return sorted(
            member.filename.removeprefix(prefix)
            for member in self._zip.infolist()
            if member.filename.startswith(prefix) and not member.is_dir()
        )

    def read_csv(self, member: str, **options: Any) -> pd.DataFrame:
        """The CSV `member` as `tables.read_csv` reads it."""
        with self._open(member) as file:
            return read_csv(file, **options)

    def extract(self, member: str, target: Path) -> None:
        """Write `member` to the new file `target`; raises FileExistsError where it exists."""
        with self._open(member) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, 1024**2)

    def extract_each(self, names: Iterable[str], folder: str, target: Path) -> None:
        """`extract` each of the files `names` below `folder` in the archive to the same name below `target`."""
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = inside(target, name)
            if "/" in name:
                path.parent.mkdir(parents=True, exist_ok=True)
            self.extract(f"{folder}/{name}" if folder else name, path)

    @contextmanager
    def _open(self, member: str) -> Iterator[IO[bytes]]:
        if member not in self._zip.NameToInfo:
            raise HarnessError(f"{self.path} has no member {member!r}: is it the right download?")
        try:
            with self._zip.open(member) as file:
                yield file
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise HarnessError(f"{self.path} is damaged at {member!r}: download it again ({error})") from error

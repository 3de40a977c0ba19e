"""Zip archives, whose members are read, put into place or into other archives without unpacking the whole."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Self

import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.counting import counted
from pytest_mlebench.preparing.placing import inside
from pytest_mlebench.preparing.tables import read_csv

__all__ = ["Archive", "zip_csv", "zip_files"]


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

    def read(self, member: str) -> bytes:
        """All bytes of `member`."""
        with self._open(member) as file:
            return file.read()

    def open(self, member: str) -> AbstractContextManager[IO[bytes]]:
        """`member` as a binary stream, in a with statement."""
        return self._open(member)

    def extract(self, member: str, target: Path) -> None:
        """Write `member` to the new file `target`; raises FileExistsError where it exists."""
        with self._open(member) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, 1024**2)

    def extract_each(self, names: Iterable[str], folder: str, target: Path) -> None:
        """`extract` each of the files `names` below `folder` in the archive to the same name below `target`."""
        target.mkdir(parents=True, exist_ok=True)
        for name in counted(list(names), f"unpacking to {target.name}/"):
            path = inside(target, name)
            if "/" in name:
                path.parent.mkdir(parents=True, exist_ok=True)
            self.extract(f"{folder}/{name}" if folder else name, path)

    def repack(self, names: Iterable[tuple[str, str]], target: Path) -> None:
        """Write members to the new zip archive `target`; `names` holds pairs: the member here, its name there.

        Members go from archive to archive as a stream. What compression hardly made smaller, pictures above all, is
        stored as it is, which takes a fraction of the time.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "x", compresslevel=1) as packed:
            for member, name in counted(list(names), f"packing {target.name}"):
                with self._open(member) as source:
                    known = self._zip.NameToInfo[member]
                    smaller = known.compress_size < 0.9 * known.file_size
                    packed.compression = known.compress_type if smaller else zipfile.ZIP_STORED
                    with packed.open(name, "w", force_zip64=known.file_size >= 2**31) as file:
                        shutil.copyfileobj(source, file, 1024**2)

    @contextmanager
    def _open(self, member: str) -> Iterator[IO[bytes]]:
        if member not in self._zip.NameToInfo:
            raise HarnessError(f"{self.path} has no member {member!r}: is it the right download?")
        try:
            with self._zip.open(member) as file:
                yield file
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise HarnessError(f"{self.path} is damaged at {member!r}: download it again ({error})") from error


def zip_files(files: Iterable[tuple[Path, str]], target: Path) -> None:
    """Write files to the new zip archive `target`, deflated; `files` holds pairs: the file, its name in the archive."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed:
        for path, name in counted(list(files), f"packing {target.name}"):
            packed.write(path, name)


def zip_csv(table: pd.DataFrame, target: Path, member: str, **options: Any) -> None:
    """Write `table` as the only member of the new zip archive `target`, a CSV as `tables.write_csv` writes it.

    `options` of `pandas.DataFrame.to_csv` are passed on.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed,
        packed.open(member, "w", force_zip64=True) as file,
    ):
        table.to_csv(file, index=False, **options)

"""Files of BSON documents one after the other, as mongodump writes them, read without holding them in memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pytest_mlebench.errors import HarnessError

__all__ = ["count_documents", "documents"]

# The length itself and a final zero byte: https://bsonspec.org/spec.html
_SHORTEST = 5


def documents(path: Path) -> Iterator[bytes]:
    """The bytes of each document in a file, one at a time; raises HarnessError where the file is cut short.

    ``bson.decode`` makes them a mapping, but most can be passed on as they are.
    """
    with _open(path) as file:
        while head := file.read(4):
            rest = _length(head, path) - len(head)
            content = file.read(rest)
            if len(content) < rest:
                raise _cut_short(path)
            yield head + content


def count_documents(path: Path) -> int:
    """How many documents a file has, by their lengths alone; raises HarnessError where it is cut short."""
    count = position = 0
    size = path.stat().st_size if path.is_file() else 0
    with _open(path) as file:
        while head := file.read(4):
            position += _length(head, path)
            if position > size:
                raise _cut_short(path)
            file.seek(position)
            count += 1
    return count


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise HarnessError(f"there is no file {path}: are the raw data complete?") from error


def _length(head: bytes, path: Path) -> int:
    length: int = struct.unpack("<i", head)[0] if len(head) == 4 else 0
    if length < _SHORTEST:
        raise _cut_short(path)
    return length


def _cut_short(path: Path) -> HarnessError:
    return HarnessError(f"{path} is damaged or cut short: download it again")

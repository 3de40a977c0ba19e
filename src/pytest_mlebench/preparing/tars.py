"""Tar archives, whose members go from archive to archive without unpacking the whole."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.counting import counted

__all__ = ["divide_tar"]


def divide_tar(source: Path, targets: Mapping[Path, Mapping[str, str]]) -> None:
    """Write members of a tar archive, compressed or not, to new uncompressed tar archives, in one pass.

    `targets` gives for each new archive its members: the name in `source`, the name there; no member goes to two.
    Raises HarnessError where `source` is damaged or lacks a member, and FileExistsError where a target exists.
    """
    wanted = {old: (path, new) for path, names in targets.items() for old, new in names.items()}
    try:
        with ExitStack() as stack:
            archive = stack.enter_context(tarfile.open(source, "r|*"))
            parts = {path: stack.enter_context(tarfile.open(path, "x:")) for path in targets}
            members = (member for member in archive if member.isfile() and member.name in wanted)
            # In this order the last count comes without a look for one more member.
            for _, member in zip(counted(range(len(wanted)), f"dividing {source.name}"), members, strict=False):
                path, name = wanted.pop(member.name)
                facts = tarfile.TarInfo(name)
                facts.size, facts.mtime = member.size, member.mtime
                parts[path].addfile(facts, archive.extractfile(member))
                # Neither archive is asked for its members again, and they are many.
                archive.members, parts[path].members = [], []  # type: ignore[attr-defined]
    except FileNotFoundError as error:
        raise HarnessError(f"there is no file {error.filename}: are the raw data complete?") from error
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise HarnessError(f"{source} is damaged: download it again ({error})") from error
    if wanted:
        raise HarnessError(f"{source} lacks {len(wanted)} files, one is {min(wanted)!r}: is it the right download?")

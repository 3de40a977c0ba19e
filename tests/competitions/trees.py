"""Comparing prepared folders with the record of what the published code makes of the same raw data.

A record describes a file by the raw file or archive member it is a copy of (``raw``), member by member (``archive``),
as a table (``table``), by its hash (``sha256``), or not at all (``any``); a folder of over 500 files by one digest.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, dict[str, Any]]

_CROWD = 500


def index(raw: Path) -> dict[str, str]:
    """The hash of every file below `raw`, and of archive members two levels deep, by ``file!member!member``."""
    found: dict[str, str] = {}

    def add(label: str, data: bytes, depth: int) -> None:
        found[label] = _sha(data)
        if depth < 2:
            for name, content in _members(label, data):
                add(f"{label}!{name}", content, depth + 1)

    for path in sorted(raw.rglob("*")):
        if path.is_file():
            add(str(path.relative_to(raw)), path.read_bytes(), 0)
    return found


def differences(folder: Path, recorded: Record, raw: dict[str, str]) -> list[str]:
    """What in `folder` is not as recorded, a line each; `raw` is the `index` of the raw data."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    problems = []
    crowds = {name[:-2]: record for name, record in recorded.items() if name.endswith("/*")}
    by_folder = defaultdict(list)
    for name in found:
        by_folder[name.rpartition("/")[0]].append(name)
    labels: dict[str, str] = {}
    for label, digest in raw.items():
        labels.setdefault(digest, label)
    for crowd, record in crowds.items():
        names = sorted(by_folder[crowd])
        found -= set(names)
        lines = [f"{name} {labels.get(_sha(data), _sha(data)) if data else _sha(data)}" for name in names
                 for data in [(folder / name).read_bytes()]]  # fmt: skip
        if (len(names), _sha("\n".join(lines).encode())) != (record["count"], record["digest"]):
            problems.append(f"differs {crowd}/* ({len(names)} files, {record['count']} expected)")
    single = {name: record for name, record in recorded.items() if not name.endswith("/*")}
    problems += [f"missing {name}" for name in single.keys() - found]
    problems += [f"unexpected {name}" for name in found - single.keys()]
    problems += [
        f"differs {name}"
        for name in single.keys() & found
        if not _same(name, (folder / name).read_bytes(), single[name], raw)
    ]
    return sorted(problems)


def _same(name: str, data: bytes, record: dict[str, Any], raw: dict[str, str]) -> bool:
    if "any" in record:
        return True
    if "raw" in record:
        return _sha(data) == raw.get(record["raw"])
    if "archive" in record:
        members = dict(_members(name, data))
        return members.keys() == record["archive"].keys() and all(
            _same(f"{name}!{member}", members[member], wanted, raw) for member, wanted in record["archive"].items()
        )
    if "table" in record:
        import pandas as pd

        return _sha(pd.read_parquet(io.BytesIO(data)).to_csv(index=False).encode()) == record["table"]
    return _sha(data) == record["sha256"]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _members(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of an archive, by its name's ending; none where it is no archive."""
    name = name.lower()
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as opened:
                for member in sorted(opened.namelist()):
                    if not member.endswith("/"):
                        yield member, opened.read(member)
        elif name.endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2")):
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for info in sorted(tar.getmembers(), key=lambda info: info.name):
                    if (file := tar.extractfile(info)) is not None:
                        yield info.name, file.read()
        elif name.endswith(".7z"):
            import py7zr

            with tempfile.TemporaryDirectory() as folder:
                with py7zr.SevenZipFile(io.BytesIO(data)) as seven:
                    seven.extractall(folder)
                for path in sorted(Path(folder).rglob("*")):
                    if path.is_file():
                        yield str(path.relative_to(folder)), path.read_bytes()
    except (zipfile.BadZipFile, tarfile.TarError):
        return

"""Preparing one competition: raw data from where it is, then the prepared folders by one rename.

Runs in a process of its own (worker.py). A process that is killed at any instant leaves at most folders whose names
begin with ``.new-`` or ``.old-``; they are never taken for data, and the next preparation sweeps them. A lock per
competition, which the operating system releases with the process, keeps two from preparing at once.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import platform
import secrets
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pytest_mlebench.competition import Competition
from pytest_mlebench.data.disk import reporting_disk_errors, require_space
from pytest_mlebench.data.places import Places
from pytest_mlebench.data.progress import Progress, Step
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.files import write_json, write_text
from pytest_mlebench.preparing.counting import Listener, listening

__all__ = ["Order", "carry_out"]

# Files that a preparation reads and writes anew, or unpacks; others (images, sound) are linked and need no room.
_REWRITTEN = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".zip", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
# Above this many files one sync of all disks is quicker than one per file.
_SYNC_EACH = 200
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for; see DataStore.prepare."""

    root: Path
    competition: Path
    """The competition's folder."""
    raw_dir: Path | None = None
    force: bool = False
    keep_zip: bool = False
    fixed: bool = False
    original: bool = False


def carry_out(order: Order, progress: Progress) -> None:
    """Make the prepared folders of one competition, or wait for the process that does; raises HarnessError."""
    competition = Competition.read(order.competition)
    places = Places(order.root / competition.id, order.fixed)
    with reporting_disk_errors(f"preparing {competition.id}", places.home):
        places.home.mkdir(parents=True, exist_ok=True)
        with _locked(places, competition, progress):
            if order.original:
                _fetch_description(competition, places, order.force, progress)
            if places.is_prepared() and not order.force:
                return
            _sweep(places)
            with _temporary(places) as scratch:
                raw, source = _raw(competition, order, places, scratch, progress)
                _prepare(competition, raw, source, places, progress)


def _fetch_description(competition: Competition, places: Places, again: bool, progress: Progress) -> None:
    from pytest_mlebench.data.kaggle_pages import description

    if again or not places.original_description.is_file():
        write_text(places.original_description, description(competition.id, progress))


@contextlib.contextmanager
def _locked(places: Places, competition: Competition, progress: Progress) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(places.lock)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        progress(Step(competition=competition.id, doing="waiting for another process that prepares it"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _sweep(places: Places) -> None:
    """Remove what killed preparations left; called with the lock held."""
    for left in [*places.home.glob(".new-*"), *places.home.glob(".old-*")]:
        shutil.rmtree(left)


@contextlib.contextmanager
def _temporary(places: Places) -> Iterator[Path]:
    """A new folder beside the final ones, with the usual permissions; gone afterwards unless it was renamed."""
    folder = places.home / f".new-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap_in(new: Path, final: Path) -> None:
    """Put `new` in the place of `final`, which may exist and then is removed."""
    if not final.exists():
        new.rename(final)
        return
    old = final.with_name(f".old-{secrets.token_hex(4)}")
    final.rename(old)
    try:
        new.rename(final)
    except OSError:
        old.rename(final)
        raise
    shutil.rmtree(old)


def _raw(competition: Competition, order: Order, places: Places, scratch: Path, progress: Progress) -> tuple[Path, str]:
    """The folder with the raw data and a word on where it comes from."""
    if competition.source == "builtin":
        progress(Step(competition=competition.id, doing="making raw data"))
        competition.make_raw(scratch)
        return scratch, "builtin"
    if order.raw_dir is not None:
        folder = order.raw_dir / competition.id
        folder = folder if folder.is_dir() else order.raw_dir
        if not folder.is_dir() or not any(folder.iterdir()):
            raise HarnessError(
                f"no raw data of {competition.id} in {order.raw_dir}: give a folder that holds its files or its zip"
            )
        archive = folder / f"{competition.id}.zip"
        if not archive.is_file():
            return folder, str(folder)
        _unpack(competition, archive, str(archive), places, progress)
        return places.raw, str(archive)
    if not places.raw.is_dir():
        from pytest_mlebench.data.kaggle import download

        known = competition.facts.get("download_bytes", 0)
        archive = download(competition.id, places.download, known_bytes=known, progress=progress)
        try:
            _unpack(competition, archive, "kaggle", places, progress)
        except _DamagedError:
            # Kept, it would be taken for a whole download next time.
            shutil.rmtree(places.download)
            raise
        if not order.keep_zip:
            shutil.rmtree(places.download)
    return places.raw, "kaggle"


class _DamagedError(HarnessError):
    """An archive is not what it should be."""


def _unpack(competition: Competition, archive: Path, source: str, places: Places, progress: Progress) -> None:
    """Unpack an archive to raw/, whole or not at all, and record its checksum."""
    record = {"source": source, "bytes": archive.stat().st_size}
    if expected := competition.md5.get("raw.zip"):
        progress(Step(competition=competition.id, doing="checking the archive"))
        with archive.open("rb") as file:
            record["md5"] = hashlib.file_digest(file, "md5").hexdigest()
        if record["md5"] != expected:
            note = "note: the archive is not the one that the benchmark was made from"
            progress(Step(competition=competition.id, doing=note))
    with _temporary(places) as folder:
        try:
            _extract(competition, archive, folder, progress)
        except (HarnessError, *_DAMAGE) as error:
            # Archive tells of damage by a HarnessError of its own; what led to it tells that from other trouble.
            damage = error.__cause__ if isinstance(error, HarnessError) else error
            if not isinstance(damage, _DAMAGE):
                raise
            raise _DamagedError(f"{archive} is damaged and cannot be unpacked: get it again ({damage})") from error
        _flush(folder)
        places.raw_record.unlink(missing_ok=True)
        _swap_in(folder, places.raw)
    write_json(places.raw_record, record)


def _extract(competition: Competition, archive: Path, folder: Path, progress: Progress) -> None:
    """Unpack all members of the archive; names that lead out of the folder are refused with HarnessError."""
    from pytest_mlebench.preparing.archives import Archive

    with zipfile.ZipFile(archive) as opened:
        total = sum(member.file_size for member in opened.infolist())
    require_space(folder, total, f"unpacking {archive.name}")
    done = 0
    with Archive(archive) as members:
        for name in members.names():
            progress(Step(competition=competition.id, doing="unpacking", done=done, total=total))
            members.extract_each([name], "", folder)
            done += (folder / name).stat().st_size


def _prepare(competition: Competition, raw: Path, source: str, places: Places, progress: Progress) -> None:
    """Make public/ and private/ from `raw` in a temporary folder, and rename it to its final name."""
    require_space(places.home, _room_needed(raw, places.home), f"preparing {competition.id}")
    progress(Step(competition=competition.id, doing="preparing"))
    with _temporary(places) as new:
        public, private = new / "public", new / "private"
        public.mkdir()
        private.mkdir()
        with listening(_listener(competition.id, progress)):
            competition.prepare(raw, public, private, fixed=places.fixed)
        (public / "description.md").write_text(competition.described(fixed=places.fixed), encoding="utf-8")
        if places.fixed:
            text = competition.described(fixed=True, obfuscated=True)
            (new / "description_obfuscated.md").write_text(text, encoding="utf-8")
        _make_readable(public, linked=raw.is_relative_to(places.home))
        write_json(new / "prepared.json", _record(competition, source, places.fixed))
        _flush(new)
        _swap_in(new, places.prepared.record.parent)


def _listener(competition: str, progress: Progress) -> Listener:
    def listen(doing: str, done: int | None, total: int | None) -> None:
        progress(Step(competition=competition, doing=doing, done=done, total=total, unit="files"))

    return listen


def _room_needed(raw: Path, home: Path) -> int:
    """Bytes that preparing is likely to write: files that are linked count only where links cannot reach."""
    linked = raw.stat().st_dev == home.stat().st_dev
    files = (path for path in raw.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if not linked or path.suffix.lower() in _REWRITTEN)


def _record(competition: Competition, source: str, fixed: bool) -> dict[str, str]:
    return {
        "competition": competition.id,
        "source": source,
        "variant": "fixed" if fixed else "published",
        "prepared_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        **{name: version(name) for name in ("pytest-mlebench", "pandas", "numpy", "scikit-learn")},
    }


def _make_readable(public: Path, *, linked: bool) -> None:
    """Let agents, who are other users in a container, read the public folder under a strict umask too.

    Files that are hard links to files elsewhere are left as they are, unless `linked` says that those are ours as well.
    """
    for folder, _, names in os.walk(public):
        Path(folder).chmod(0o755)
        for name in names:
            facts = (path := Path(folder, name)).lstat()
            if stat.S_ISREG(facts.st_mode) and (linked or facts.st_nlink == 1):
                path.chmod(0o644)


def _flush(folder: Path) -> None:
    """Bring all files of `folder` to the disk, so that after a power cut the rename does not stand without them."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    if len(files) > _SYNC_EACH:
        os.sync()
        return
    for path in files:
        with path.open("rb") as file:
            os.fsync(file.fileno())

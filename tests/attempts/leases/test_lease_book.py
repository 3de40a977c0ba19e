"""The folder where all meet: other users, damage, faults of the disk, and what does not belong there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import shutil
import tempfile
from pathlib import Path

import pytest

from pytest_mlebench.attempts.lease_book import Note, default_folder
from pytest_mlebench.attempts.leases import Request, acquire
from pytest_mlebench.errors import HarnessError

from ...waiting import wait_for
from .processes import ONE, Process, free, kept, notes

NOBODY, SOMEBODY = 65534, 65533

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


def test_a_book_that_somebody_keeps_locked_is_named(folder, start):
    acquire(Request(pool=("0",), gpus=1), folder=folder).release()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        process = start("--patience=0.2")
        assert process.waits(ONE) == (
            f"waiting for {folder}, which a process keeps locked: `fuser -v {folder}` names it"
        )
    finally:
        os.close(descriptor)
    assert process.got() == ["0"]


def test_what_is_no_lease_is_left_alone_and_harms_nobody(folder, start, tmp_path):
    acquire(Request(pool=("0",), gpus=1), folder=folder).release()
    (folder / "lease-1.json").unlink()
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    (folder / "lease-1.json").symlink_to(treasure)
    (folder / "lease-2.json").hardlink_to(treasure)
    (folder / "lease-3.json").mkdir()
    os.mkfifo(folder / "lease-4.json")
    (folder / "lease-5.json").symlink_to("nowhere")
    (folder / "somebody.json").write_text("{}")
    process = start()
    assert process.gets(ONE) == ["0"]
    assert (folder / "lease-6.json").stat().st_size
    assert not free(folder, **ONE)
    process.release()
    assert treasure.read_text() == "gold"
    assert (folder / "somebody.json").read_text() == "{}"


def good() -> dict:
    request = Request(pool=("0",), gpus=1)
    return json.loads(Note(ticket=1, request=request).to_json())


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"[" * 50_000,
        b"1" * 100_000,
        json.dumps({**good(), "ticket": "x"}).encode(),
        json.dumps({**good(), "ticket": 1e999}).encode(),
        json.dumps({**good(), "request": {"pool": 3, "gpus": [1]}}).encode(),
        json.dumps({**good(), "request": {"gpus": 5}}).encode(),
        json.dumps({**good(), "holding": {"gpus": ["0"], "share": float("nan")}}).encode(),
        json.dumps({**good(), "holding": {"gpus": ["0"], "share": -1}}).encode(),
        json.dumps({**good(), "holding": {"cpus": 10**400, "total_cpus": 10**400}}).encode(),
        json.dumps({**good(), "pid": [1]}).encode(),
    ],
    ids=range(14),
)
def test_a_damaged_file_harms_nobody(folder, content, locked):
    acquire(Request(pool=("0",), gpus=1), folder=folder).release()
    with (folder / "lease-1.json").open("rb+") as file:
        if locked:
            fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)
        file.flush()
        with acquire(Request(pool=("0",), gpus=1), folder=folder) as lease:
            assert lease.gpus == ("0",)
            assert [note["pid"] for note in notes_of(folder) if note["state"] == "holding"] == [os.getpid()]


def notes_of(folder: Path) -> list[dict]:
    found = []
    for path in folder.glob("lease-*.json"):
        try:
            note = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            continue
        if isinstance(note, dict) and "state" in note:
            found.append(note)
    return found


def test_what_a_later_version_adds_is_no_damage(folder):
    acquire(Request(pool=("0",), gpus=1), folder=folder).release()
    facts = good()
    facts |= {"more": 1, "holding": {"gpus": ["0"], "share": 1, "disk": 5}}
    facts["request"]["disk"] = 5
    with (folder / "lease-1.json").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(facts, file)
        file.flush()
        assert not free(folder, **ONE)


def test_control_characters_of_others_do_not_reach_the_terminal(folder, start):
    with acquire(Request(pool=("0",), gpus=1), folder=folder, who="\x1b]0;evil\x07 \r\nname"):
        assert "]0;evil name (pid " in start().waits(ONE)


def test_a_folder_removed_meanwhile_is_made_again(folder, start):
    holder, waiting = start(), start()
    holder.gets(ONE)
    waiting.waits(ONE)
    with kept(folder):
        shutil.rmtree(folder)
    assert waiting.got() == ["0"]  # the holder cannot be known any more
    assert not free(folder, **ONE)


def test_a_waiter_whose_file_is_removed_keeps_its_place(folder, start):
    holder, first, second = start(), start(), start()
    holder.gets(ONE)
    first.waits(ONE)
    second.waits(ONE)
    with kept(folder):
        for path in folder.glob("lease-*.json"):
            if json.loads(path.read_text())["pid"] == first.pid:
                path.unlink()
    wait_for(lambda: any(note["pid"] == first.pid for note in notes(folder)))
    holder.release()
    assert first.got() == ["0"]


def test_the_folder_is_everybodys_whatever_the_umask(folder, start):
    before = os.umask(0o077)
    try:
        with acquire(Request(pool=("0",), gpus=1), folder=folder):
            assert folder.stat().st_mode & 0o7777 == 0o1777
            assert (folder / "lease-1.json").stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(before)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@as_root
def test_users_share_and_take_over_each_others_files():
    with tempfile.TemporaryDirectory() as common:
        Path(common).chmod(0o1777)
        folder = Path(common) / "leases"
        nobody, somebody = (Process(folder, f"--user={user}") for user in (NOBODY, SOMEBODY))
        try:
            assert nobody.gets(ONE) == ["0"]
            assert folder.stat().st_uid == NOBODY
            assert "(pid " in somebody.waits(ONE)
            nobody.kill()
            assert somebody.got() == ["0"]
            somebody.kill()
            assert sorted(path.stat().st_uid for path in folder.glob("lease-*")) == [SOMEBODY, NOBODY]
            third = Process(folder, f"--user={SOMEBODY}")
            assert third.gets(ONE) == ["0"]  # in the file of nobody, which it may not remove
            third.kill()
            assert len(list(folder.glob("lease-*"))) == 2
        finally:
            nobody.kill()
            somebody.kill()


@as_root
def test_a_file_that_another_user_shares_with_nobody_is_passed_over():
    with tempfile.TemporaryDirectory() as common:
        Path(common).chmod(0o1777)
        folder = Path(common) / "leases"
        acquire(Request(pool=("0",), gpus=1), folder=folder).release()
        (folder / "lease-1.json").chmod(0o600)
        process = Process(folder, f"--user={NOBODY}")
        assert process.gets(ONE) == ["0"]
        process.kill()
        assert (folder / "lease-2.json").stat().st_uid == NOBODY


@as_root
def test_a_folder_that_the_user_may_not_write_to_is_named_with_what_to_do():
    with tempfile.TemporaryDirectory() as common:
        Path(common).chmod(0o755)
        process = Process(Path(common) / "leases", f"--user={NOBODY}")
        line = process.tell("take", ONE).line()
        assert line.startswith(f"error cannot keep the leases of GPUs, processors and memory in {common}/leases: Perm")
        assert line.endswith("with MLEBENCH_LEASES_DIR")
        process.kill()


@pytest.mark.parametrize("kind", ["a file", "below a file", "a link", "a dangling link"])
def test_what_cannot_be_the_folder_is_refused(tmp_path, kind):
    (tmp_path / "file").write_text("kept")
    folder = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "x" / "y"}.get(kind, tmp_path / "link")
    if "link" in kind:
        folder.symlink_to(tmp_path if kind == "a link" else "nowhere")
    with pytest.raises(HarnessError, match=r"cannot keep the leases .* with MLEBENCH_LEASES_DIR"):
        acquire(Request(pool=("0",), gpus=1), folder=folder)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_file_system_without_locks_is_refused(folder, monkeypatch):
    def flock(descriptor: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(HarnessError, match=r"No locks available; name a folder on a local disk"):
        acquire(Request(pool=("0",), gpus=1), folder=folder)


def test_a_file_that_cannot_be_written_is_an_error_and_nothing_is_held(folder):
    acquire(Request(pool=("0",), gpus=1), folder=folder).release()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(HarnessError, match=r"in .*/leases: "):
            acquire(Request(pool=("0",), gpus=1), folder=folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert notes(folder) == []
    assert free(folder, **ONE)


def test_too_many_open_files_are_an_error_and_no_second_lease(folder, start):
    holder = start()
    holder.gets(ONE)
    used = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (used[0] + 1, before[1]))
    os.close(used[0])  # one is left, for the folder
    try:
        with pytest.raises(HarnessError, match="Too many open files"):
            acquire(Request(pool=("0",), gpus=1), folder=folder)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for each in used[1:]:
            os.close(each)


def test_all_users_meet_in_one_folder_unless_another_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("MLEBENCH_LEASES_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert default_folder() == Path("/tmp/mlebench-leases")
    monkeypatch.setenv("MLEBENCH_LEASES_DIR", str(tmp_path / "mine"))
    with acquire(Request(pool=("0",), gpus=1)):
        assert (tmp_path / "mine" / "lease-1.json").is_file()

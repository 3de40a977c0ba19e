"""Preparing: once, by one process, whole or not at all."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.data.store import DataStore, NotPreparedError
from pytest_mlebench.errors import HarnessError

from ..waiting import is_running, wait_for

PREPARE = """
import sys
from pathlib import Path
from pytest_mlebench.competition import Competition
from pytest_mlebench.data.store import DataStore
root, competition, raw = map(Path, sys.argv[1:])
print("begun", flush=True)
data = DataStore(root).prepare(Competition.read(competition), raw_dir=raw, progress=lambda s: print(s, flush=True))
print("prepared", data.public, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "cache")


def in_process(store, toy, raw, **options):
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE, str(store.root), str(toy.folder), str(raw)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def leftovers(store):
    return [path.name for path in (store.root / "toy").glob(".*")]


def test_prepares_from_given_files_and_records_how(store, toy, raw):
    assert store.prepared(toy) is None
    data = store.prepare(toy, raw_dir=raw)
    assert data == store.prepared(toy)
    assert data.public == store.root / "toy" / "prepared" / "public"
    assert sorted(p.name for p in data.public.iterdir()) == ["description.md", "sample_submission.csv", "train.csv"]
    assert (data.public / "description.md").read_text() == "# Toy\n"
    assert [p.name for p in data.private.iterdir()] == ["test.csv"]
    record = json.loads(data.record.read_text())
    assert record["competition"] == "toy"
    assert record["source"] == str(raw)
    assert {"prepared_at", "pandas", "numpy", "scikit-learn", "pytest-mlebench", "python"} <= record.keys()
    assert sorted(p.name for p in raw.iterdir()) == ["train.csv"], "the given folder was changed"
    assert leftovers(store) == []


def test_says_which_command_would_prepare(store, toy):
    with pytest.raises(NotPreparedError, match="`mlebench prepare toy`"):
        store.prepare(toy)
    assert not store.root.exists()


def test_builtin_competitions_need_nothing(store):
    data = store.prepare(catalog.get("builtin-wine"))
    assert (data.public / "train.csv").is_file()
    assert not (store.root / "builtin-wine" / "raw").exists()


def test_what_is_prepared_is_left_alone_until_asked(store, toy, raw):
    data = store.prepare(toy, raw_dir=raw)
    (raw / "train.csv").write_text("id,y\n8,0\n")
    store.prepare(toy, raw_dir=raw)
    assert (data.public / "train.csv").read_text() == "id,y\n7,1\n"
    store.prepare(toy, raw_dir=raw, force=True)
    assert (data.public / "train.csv").read_text() == "id,y\n8,0\n"
    assert leftovers(store) == []


def test_a_failed_second_preparation_keeps_the_first(store, toy, raw):
    data = store.prepare(toy, raw_dir=raw)
    (raw / "train.csv").rename(raw / "other.csv")
    with pytest.raises(HarnessError, match=r"train\.csv"):
        store.prepare(toy, raw_dir=raw, force=True)
    assert (data.public / "train.csv").read_text() == "id,y\n7,1\n"
    assert leftovers(store) == []


def test_pandas_and_kaggle_stay_out_of_the_calling_process(store, tmp_path):
    code = (
        "import sys; from pathlib import Path; from pytest_mlebench import catalog\n"
        "from pytest_mlebench.data.store import DataStore\n"
        f"DataStore(Path({str(store.root)!r})).prepare(catalog.get('builtin-wine'))\n"
        "print(sorted({'pandas', 'numpy', 'sklearn', 'kaggle', 'filelock', 'rich'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_processes_that_need_the_same_prepare_it_once(store, toy, raw, tmp_path, monkeypatch):
    log, wait, started = tmp_path / "log", tmp_path / "wait", tmp_path / "started"
    wait.touch()
    monkeypatch.setenv("TOY_LOG", str(log))
    monkeypatch.setenv("TOY_WAIT", str(wait))
    monkeypatch.setenv("TOY_STARTED", str(started))
    first = in_process(store, toy, raw)
    wait_for(started.exists)
    others = [in_process(store, toy, raw) for _ in range(3)]
    said = []
    try:
        for process in others:
            assert process.stdout.readline() == "begun\n"
            said.append(process.stdout.readline())
    finally:
        wait.unlink()
        ends = [process.communicate(timeout=120)[0] for process in [first, *others]]
    assert said == ["toy: waiting for another process that prepares it\n"] * 3
    assert all(end.endswith(f"prepared {store.root}/toy/prepared/public\n") for end in ends)
    assert len(log.read_text().splitlines()) == 1


def test_threads_that_need_the_same_prepare_it_once(store, toy, raw, tmp_path, monkeypatch):
    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: store.prepare(toy, raw_dir=raw), range(4)))
    assert results == [store.prepared(toy)] * 4
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize("victim", ["the preparing process", "its parent"])
def test_a_killed_preparation_is_no_preparation(store, toy, raw, tmp_path, monkeypatch, victim):
    log, wait, started = tmp_path / "log", tmp_path / "wait", tmp_path / "started"
    wait.touch()
    monkeypatch.setenv("TOY_LOG", str(log))
    monkeypatch.setenv("TOY_WAIT", str(wait))
    monkeypatch.setenv("TOY_STARTED", str(started))
    process = in_process(store, toy, raw)
    wait_for(started.exists)
    worker = int(log.read_text())
    assert leftovers(store)
    if victim == "its parent":
        process.kill()
        process.wait()
        wait_for(lambda: not is_running(worker))
    else:
        os.kill(worker, signal.SIGKILL)
        process.wait()
        assert "was killed, most likely for memory" in process.stdout.read()
        assert leftovers(store), "this test should leave something to sweep"
    process.stdout.close()
    assert store.prepared(toy) is None
    wait.unlink()
    data = store.prepare(toy, raw_dir=raw)
    assert (data.private / "test.csv").is_file()
    assert leftovers(store) == []


def test_an_interrupted_preparation_cleans_up(store, toy, raw, tmp_path, monkeypatch):
    wait, started = tmp_path / "wait", tmp_path / "started"
    wait.touch()
    monkeypatch.setenv("TOY_WAIT", str(wait))
    monkeypatch.setenv("TOY_STARTED", str(started))
    process = in_process(store, toy, raw)
    wait_for(started.exists)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=120)[0]
    assert leftovers(store) == []
    assert store.prepared(toy) is None


def test_preparations_of_other_threads_can_be_interrupted(store, toy, raw, tmp_path, monkeypatch):
    wait, started = tmp_path / "wait", tmp_path / "started"
    wait.touch()
    monkeypatch.setenv("TOY_WAIT", str(wait))
    monkeypatch.setenv("TOY_STARTED", str(started))
    caught: list[HarnessError] = []

    def work():
        try:
            store.prepare(toy, raw_dir=raw)
        except HarnessError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(started.exists)
    store.interrupt()
    thread.join(60)
    assert [str(error) for error in caught] == ["preparing toy was interrupted"]
    assert leftovers(store) == []


def test_a_given_zip_is_unpacked_whole(store, toy, raw, tmp_path):
    with zipfile.ZipFile(raw / "toy.zip", "w") as archive:
        archive.write(raw / "train.csv", "train.csv")
        archive.writestr("deep/er/file.txt", "x")
    (raw / "train.csv").unlink()
    data = store.prepare(toy, raw_dir=raw)
    assert (data.public / "train.csv").read_text() == "id,y\n7,1\n"
    assert (store.root / "toy" / "raw" / "deep" / "er" / "file.txt").read_text() == "x"
    assert leftovers(store) == []


def test_a_zip_that_leaves_its_folder_is_refused(store, toy, raw):
    with zipfile.ZipFile(raw / "toy.zip", "w") as archive:
        archive.writestr("train.csv", "id,y\n")
        archive.writestr("../../outside.csv", "id,y\n")
    with pytest.raises(HarnessError, match=r"outside\.csv.* would leave the folder"):
        store.prepare(toy, raw_dir=raw)
    assert not list(store.root.rglob("outside.csv"))
    assert not (store.root / "toy" / "raw").exists()
    assert leftovers(store) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip at all"])
def test_a_damaged_zip_is_refused(store, toy, raw, damage):
    with zipfile.ZipFile(raw / "toy.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", "id,y\n" * 10_000)
    data = bytearray((raw / "toy.zip").read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        data[45:60] = bytes(15)
    else:
        data = bytearray(b"<html>")
    (raw / "toy.zip").write_bytes(data)
    with pytest.raises(HarnessError, match=r"toy\.zip is damaged"):
        store.prepare(toy, raw_dir=raw)
    assert not (store.root / "toy" / "raw").exists()
    assert (raw / "toy.zip").exists(), "a person's file was removed"


def test_wrong_raw_folders_are_named(store, toy, raw, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "none"):
        with pytest.raises(HarnessError, match=f"no raw data of toy in {folder}"):
            store.prepare(toy, raw_dir=folder)


def test_agents_can_read_the_public_folder_under_a_strict_umask(store, toy, raw):
    before = os.umask(0o077)
    try:
        data = store.prepare(toy, raw_dir=raw)
    finally:
        os.umask(before)
    assert data.public.stat().st_mode & 0o777 == 0o755
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in data.public.iterdir())
    assert data.private.stat().st_mode & 0o077 == 0


def test_too_little_room_is_said_before(store, toy, raw, monkeypatch, tmp_path):
    with (raw / "huge.csv").open("wb") as file:
        file.truncate(1 << 43)  # a hole, that takes no room itself
    started = tmp_path / "started"
    monkeypatch.setenv("TOY_STARTED", str(started))
    with pytest.raises(HarnessError, match=r"preparing toy needs 8\.0 TB in .*make room for .* more") as caught:
        store.prepare(toy, raw_dir=raw)
    assert str(store.root / "toy") in str(caught.value)
    assert not started.exists()


def test_a_disk_that_fills_up_is_one_line(store, toy, raw, monkeypatch):
    monkeypatch.setenv("TOY_BYTES", "3000000")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
    try:
        with pytest.raises(HarnessError, match="the disk is full there") as caught:
            store.prepare(toy, raw_dir=raw)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert str(store.root / "toy") in str(caught.value)
    assert leftovers(store) == []
    assert store.prepared(toy) is None


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of one megabyte."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_really_full_disk_is_one_line(tiny_disk, toy, raw, monkeypatch):
    monkeypatch.setenv("TOY_BYTES", "3000000")
    store = DataStore(tiny_disk / "cache")
    with pytest.raises(HarnessError, match=r"the disk is full there, .* left \(No space left on device\): make room"):
        store.prepare(toy, raw_dir=raw)
    assert leftovers(store) == []
    monkeypatch.delenv("TOY_BYTES")
    assert store.prepare(toy, raw_dir=raw)


def test_a_folder_that_cannot_be_made_is_one_line(toy, raw, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match=r"preparing toy in .*file.* failed: .*Not a directory"):
        DataStore(tmp_path / "file" / "cache").prepare(toy, raw_dir=raw)


AS_SOMEBODY = """
import os, sys
from pathlib import Path
from pytest_mlebench.data.preparation import Order, carry_out
from pytest_mlebench.errors import HarnessError
root, competition, raw = map(Path, sys.argv[1:])
if os.geteuid() == 0:  # root may write everywhere
    os.setegid(65534)
    os.seteuid(65534)
try:
    carry_out(Order(root=root, competition=competition, raw_dir=raw), print)
except HarnessError as error:
    print(error)
"""


def test_a_folder_that_may_not_be_written_is_one_line(toy, raw):
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name)).chmod(0o755)
        (folder / "cache").mkdir(mode=0o555)
        shutil.copytree(toy.folder, folder / "toy")
        places = map(str, (folder / "cache", folder / "toy", raw))
        done = subprocess.run([sys.executable, "-c", AS_SOMEBODY, *places], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    for word in ("Permission denied", f"{folder}/cache/toy", "MLEBENCH_CACHE_DIR"):
        assert word in done.stdout


def test_a_read_only_disk_is_one_line_and_prepared_data_on_it_is_used(tiny_disk, toy, raw):
    store = DataStore(tiny_disk / "cache")
    data = store.prepare(toy, raw_dir=raw)
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    assert store.prepare(toy) == data
    with pytest.raises(HarnessError, match=r"Read-only file system.*MLEBENCH_CACHE_DIR"):
        store.prepare(toy, raw_dir=raw, force=True)


def test_the_cache_folder_is_the_users_or_the_named_one(home, monkeypatch, tmp_path):
    assert DataStore().root == home / ".cache" / "pytest-mlebench"
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(tmp_path / "named"))
    assert DataStore().root == tmp_path / "named"
    assert DataStore(tmp_path / "given").root == tmp_path / "given"

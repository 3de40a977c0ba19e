from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.submission import find_submission, read_submission

CSV = "id,x\n1,0.5\n2,0.25\n"


def test_there_is_no_file(path, refusal):
    assert refusal(path) == "there is no file submission.csv"
    assert find_submission(path.parent) is None


def test_there_is_no_folder(tmp_path, refusal):
    assert refusal(tmp_path / "gone" / "submission.csv") == "there is no file submission.csv"
    (tmp_path / "file").touch()
    assert find_submission(tmp_path / "file") is None


def test_a_directory(path, refusal):
    path.mkdir()
    assert "is a directory: it must be a regular file" in refusal(path)
    assert find_submission(path.parent) == path


def test_a_fifo_is_refused_without_waiting_for_a_writer(path, refusal):
    os.mkfifo(path)
    assert "is a FIFO" in refusal(path)
    assert find_submission(path.parent) == path


def test_a_socket(path, monkeypatch, refusal):
    monkeypatch.chdir(path.parent)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
        assert "is a socket" in refusal(path)


@pytest.mark.parametrize("target", ["answers.csv", "/dev/zero", "/etc/passwd", "nowhere", "submission.csv"])
def test_a_symbolic_link_is_never_followed(path, target, refusal):
    (path.parent / "answers.csv").write_text(CSV)
    path.symlink_to(target)
    assert "is a symbolic link" in refusal(path)
    assert find_submission(path.parent) == path


def test_a_folder_that_is_a_symbolic_link_is_never_followed(tmp_path, refusal):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "submission.csv").write_text(CSV)
    (tmp_path / "submission").symlink_to("elsewhere")
    path = tmp_path / "submission" / "submission.csv"
    assert "folder is a symbolic link" in refusal(path)
    assert find_submission(path.parent) == path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_refused_and_not_opened(path, monkeypatch, refusal):
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except OSError as error:
        pytest.skip(f"no devices can be made here: {error}")
    opened, real = [], os.open
    monkeypatch.setattr(os, "open", lambda name, *a, **k: opened.append(name) or real(name, *a, **k))
    assert "is a device" in refusal(path)
    assert opened == [path.parent]


def test_a_file_that_is_swapped_for_a_link_between_look_and_opening(path, monkeypatch, refusal):
    path.write_text(CSV)
    real = os.stat

    def swapping(*arguments, **options):
        result = real(*arguments, **options)
        path.unlink()
        path.symlink_to("/etc/passwd")
        return result

    monkeypatch.setattr(os, "stat", swapping)
    assert "cannot be opened" in refusal(path)


def test_a_file_that_is_swapped_for_a_fifo_between_look_and_opening(path, monkeypatch, refusal):
    path.write_text(CSV)
    real = os.stat

    def swapping(*arguments, **options):
        result = real(*arguments, **options)
        path.unlink()
        os.mkfifo(path)
        return result

    monkeypatch.setattr(os, "stat", swapping)
    assert "is a FIFO" in refusal(path)


def test_a_file_without_permission(refusal):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        path = Path(name, "submission.csv")
        path.write_text("")
        refusal(path)  # whatever is imported for it must be there before the change of user
        path.chmod(0)
        user = os.geteuid()
        if user == 0:  # who may read everything
            os.seteuid(65534)
        try:
            assert "cannot be opened (Permission denied)" in refusal(path)
        finally:
            os.seteuid(user)


@pytest.mark.parametrize("code", [errno.EACCES, errno.ELOOP])
def test_what_an_agent_does_to_its_file_is_its_fault(path, monkeypatch, code, refusal):
    path.write_text(CSV)
    monkeypatch.setattr(os, "open", lambda *_, **__: (_ for _ in ()).throw(OSError(code, os.strerror(code))))
    assert "make it a readable file" in refusal(path)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EIO])
def test_what_the_machine_does_is_not_the_agents_fault(path, monkeypatch, code):
    path.write_text(CSV)
    monkeypatch.setattr(os, "open", lambda *_, **__: (_ for _ in ()).throw(OSError(code, os.strerror(code))))
    with pytest.raises(HarnessError, match=os.strerror(code)):
        read_submission(path)


def test_a_disk_that_fails_while_reading_is_not_the_agents_fault(path, monkeypatch):
    path.write_text(CSV)
    monkeypatch.setattr(os, "read", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, os.strerror(errno.EIO))))
    with pytest.raises(HarnessError, match="Input/output error"):
        read_submission(path)


def test_an_empty_file(path, refusal):
    path.touch()
    assert "is empty: write a header" in refusal(path)


def test_a_sparse_file_over_the_limit_is_refused_unread(path, monkeypatch, refusal):
    with path.open("wb") as file:
        file.truncate(5 * 1024**3)
    monkeypatch.setattr(os, "read", lambda *_: pytest.fail("it was read"))
    assert "has 5.0 GB, more than the 2.0 GB that are read" in refusal(path)


def test_a_sparse_file_under_the_limit_is_refused_at_its_first_bytes(path, refusal):
    with path.open("wb") as file:
        file.truncate(2 * 1024**3 - 1)
    assert "has a NUL byte at offset 0 (line 1)" in refusal(path)


def test_the_limit_itself_is_allowed(path, refusal):
    path.write_text(CSV)
    assert len(read_submission(path, max_bytes=len(CSV))) == 2
    assert "more than the 17 B" in refusal(path, max_bytes=len(CSV) - 1)


def test_a_file_that_shrinks_and_grows_while_it_is_read_does_no_harm(path):
    done = threading.Event()

    def disturb():
        while not done.is_set():
            with path.open("r+b") as file:
                file.truncate(10)
                file.seek(0)
                file.write(b"id,x\n" + b"1,0.5\n" * 200_000)

    path.write_text(CSV)
    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        outcomes = set()
        for _ in range(50):
            try:
                read_submission(path)
                outcomes.add("read")
            except InvalidSubmissionError:
                outcomes.add("refused")
    finally:
        done.set()
        thread.join()
    assert outcomes <= {"read", "refused"}
    assert len(read_submission(path)) == 200_000


def test_a_file_that_grows_past_the_limit_while_it_is_read(path, monkeypatch, refusal):
    path.write_text(CSV)
    monkeypatch.setattr(os, "read", lambda *_: b"1,2\n" * 1000)
    assert "grew past 1.0 MB while it was read" in refusal(path, max_bytes=1024**2)


def test_no_descriptor_is_left_open(path, refusal):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for content in (CSV.encode(), b"\0", b"\xff", b"", b"," * 100_000):
        path.write_bytes(content)
        with contextlib.suppress(InvalidSubmissionError):
            read_submission(path)
    path.unlink()
    for make in (lambda: os.mkfifo(path), lambda: path.symlink_to("/dev/zero"), path.mkdir):
        make()
        refusal(path)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert len(list(Path("/proc/self/fd").iterdir())) == before

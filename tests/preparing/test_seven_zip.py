from __future__ import annotations

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.seven_zip import pack_7z, unpack_7z


@pytest.fixture
def packed(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    pack_7z({"a/1.txt": tmp_path / "one", "2.txt": tmp_path / "two"}, tmp_path / "new" / "data.7z")
    return tmp_path / "new" / "data.7z"


def test_what_is_packed_is_unpacked(packed, tmp_path):
    unpack_7z(packed, tmp_path / "target")
    assert (tmp_path / "target" / "a" / "1.txt").read_text() == "one"
    assert (tmp_path / "target" / "2.txt").read_text() == "two"


def test_files_can_be_stored_as_they_are(tmp_path):
    (tmp_path / "picture").write_bytes(b"x" * 100_000)
    pack_7z({"1.jpg": tmp_path / "picture"}, tmp_path / "data.7z", compress=False)
    assert (tmp_path / "data.7z").stat().st_size > 100_000
    unpack_7z(tmp_path / "data.7z", tmp_path / "target")
    assert (tmp_path / "target" / "1.jpg").read_bytes() == b"x" * 100_000


def test_single_files_can_be_unpacked(packed, tmp_path):
    unpack_7z(packed, tmp_path / "target", ["2.txt"])
    assert [path.name for path in (tmp_path / "target").rglob("*")] == ["2.txt"]


def test_what_is_no_archive_is_named(tmp_path):
    (tmp_path / "data.7z").write_text("<html>")
    with pytest.raises(HarnessError, match=r"data\.7z cannot be unpacked: download it again"):
        unpack_7z(tmp_path / "data.7z", tmp_path / "target")


def test_without_py7zr_the_command_that_installs_it_is_named(packed, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "py7zr", None)
    with pytest.raises(HarnessError, match=r"pip install 'pytest-mlebench\[7z\]'"):
        unpack_7z(packed, tmp_path / "target")

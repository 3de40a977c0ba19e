from __future__ import annotations

import random
import zipfile

import pandas as pd
import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.archives import Archive, zip_csv, zip_files


@pytest.fixture
def archive(tmp_path):
    """Make a zip of the given members and open it."""

    def make(**members: bytes) -> Archive:
        with zipfile.ZipFile(tmp_path / "data.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in members.items():
                file.writestr(name, content)
        return Archive(tmp_path / "data.zip")

    return make


def test_names_are_those_of_files_below_a_folder(archive):
    names = ("b/2.png", "b/1.png", "b/", "b/c/3.png", "bb/4.png", "a.csv")
    with archive(**dict.fromkeys(names, b"")) as data:
        assert data.names("b") == data.names("b/") == ["1.png", "2.png", "c/3.png"]
        assert data.names() == ["a.csv", "b/1.png", "b/2.png", "b/c/3.png", "bb/4.png"]


def test_tables_are_read_without_unpacking(archive, tmp_path):
    with archive(**{"a/train.csv": b"id,x\n1,0.30000000000000004\n"}) as data:
        assert data.read_csv("a/train.csv")["x"][0] == 0.1 + 0.2
    assert [path.name for path in tmp_path.iterdir()] == ["data.zip"]


def test_members_go_straight_to_their_place(archive, tmp_path):
    content = bytes(range(256)) * 20_000
    with archive(**{"a/1.png": content, "a/s/2.png": b"2", "a/3.png": b"3"}) as data:
        data.extract_each(["1.png", "s/2.png"], "a", tmp_path / "new" / "target")
        data.extract_each(["a/3.png"], "", tmp_path / "whole")
    target = tmp_path / "new" / "target"
    assert (target / "1.png").read_bytes() == content
    assert (target / "s" / "2.png").read_bytes() == b"2"
    assert (tmp_path / "whole" / "a" / "3.png").read_bytes() == b"3"
    assert len([path for path in target.rglob("*") if path.is_file()]) == 2


def test_a_file_that_is_there_is_not_replaced(archive, tmp_path):
    (tmp_path / "1.png").write_text("old")
    with archive(**{"1.png": b"new"}) as data, pytest.raises(FileExistsError):
        data.extract("1.png", tmp_path / "1.png")
    assert (tmp_path / "1.png").read_text() == "old"


@pytest.mark.parametrize("name", ["../evil.png", "/tmp/evil.png", "a/../../evil.png", "..\\evil.png"])
def test_members_that_would_leave_the_folder_are_refused(archive, tmp_path, name):
    with archive(**{name: b"evil", f"a/{name}": b"evil"}) as data:
        for folder in ("", "a"):
            with pytest.raises(HarnessError, match="would leave the folder"):
                data.extract_each([name], folder, tmp_path / "deep" / "target")
    assert list(tmp_path.rglob("evil*")) == []


def test_a_missing_member_is_named(archive, tmp_path):
    with archive(a=b"") as data:
        with pytest.raises(HarnessError, match=r"data\.zip has no member 'b\.csv'"):
            data.read_csv("b.csv")
        with pytest.raises(HarnessError, match=r"data\.zip has no member 'b\.csv'"):
            data.extract("b.csv", tmp_path / "b")


def test_what_is_no_archive_is_named(tmp_path):
    (tmp_path / "data.zip").write_text("<html>not found</html>")
    with pytest.raises(HarnessError, match=r"data\.zip is not a zip archive: download it again"):
        Archive(tmp_path / "data.zip")


def test_a_damaged_member_is_named(archive, tmp_path):
    content = bytes(range(256)) * 400
    archive(**{"1.png": content}).__exit__()
    path = tmp_path / "data.zip"
    data = bytearray(path.read_bytes())
    data[60:70] = b"\xff" * 10
    path.write_bytes(data)
    with Archive(path) as damaged, pytest.raises(HarnessError, match=r"data\.zip is damaged at '1\.png'"):
        damaged.extract("1.png", tmp_path / "1.png")
    with Archive(path) as damaged, pytest.raises(HarnessError, match=r"data\.zip is damaged at '1\.png'"):
        damaged.read_csv("1.png")


def test_members_go_from_archive_to_archive(archive, tmp_path):
    content = bytes(range(256)) * 20_000
    noise = random.Random(0).randbytes(50_000)
    with archive(**{"a/1.png": content, "a/2.png": b"2", "a/3.jpg": noise}) as data:
        members = [("a/1.png", "new/1.png"), ("a/2.png", "2.png"), ("a/3.jpg", "3.jpg")]
        data.repack(members, tmp_path / "deep" / "new.zip")
        assert data.read("a/2.png") == b"2"
        with data.open("a/1.png") as file:
            assert file.read(4) == content[:4]
    with zipfile.ZipFile(tmp_path / "deep" / "new.zip") as packed:
        assert packed.namelist() == ["new/1.png", "2.png", "3.jpg"]
        assert packed.read("3.jpg") == noise
        assert packed.getinfo("3.jpg").compress_type == zipfile.ZIP_STORED
        assert packed.read("new/1.png") == content
        assert packed.testzip() is None
        assert packed.getinfo("new/1.png").compress_size < len(content) / 10


def test_files_and_tables_are_packed(tmp_path):
    (tmp_path / "a").write_text("content")
    zip_files([(tmp_path / "a", "x/a.txt")], tmp_path / "new" / "files.zip")
    zip_csv(pd.DataFrame({"id": [1], "x": [0.1]}), tmp_path / "new" / "table.zip", "table.tsv", sep="\t")
    with zipfile.ZipFile(tmp_path / "new" / "files.zip") as packed:
        assert packed.read("x/a.txt") == b"content"
    with zipfile.ZipFile(tmp_path / "new" / "table.zip") as packed:
        assert packed.read("table.tsv") == b"id\tx\n1\t0.1\n"

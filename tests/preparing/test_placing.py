from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.counting import listening
from pytest_mlebench.preparing.placing import inside, link, link_as, link_each, link_tree


@pytest.fixture
def no_links(monkeypatch):
    def refuse(self, target):
        if self.exists():
            raise FileExistsError(errno.EEXIST, "exists")
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


def test_files_are_linked_where_the_disk_allows(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").samefile(tmp_path / "b")


def test_files_are_copied_where_it_does_not(tmp_path, no_links):
    (tmp_path / "a").write_bytes(os.urandom(3 * 1024**2))
    link(tmp_path / "a", tmp_path / "b")
    assert not (tmp_path / "a").samefile(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_blocks_are_shared_before_bytes_are_copied(tmp_path, no_links, monkeypatch):
    asked = []
    monkeypatch.setattr(fcntl, "ioctl", lambda target, request, source: asked.append(request))
    (tmp_path / "a").write_bytes(b"content")
    link(tmp_path / "a", tmp_path / "b")
    assert asked == [0x40049409]
    assert (tmp_path / "b").read_bytes() == b""


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_is_there_is_not_replaced(tmp_path, request, links):
    if not links:
        request.getfixturevalue("no_links")
    for name in "ab":
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "b"


def test_a_symbolic_link_in_the_raw_data_becomes_the_file_it_means(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a").write_text("content")
    (tmp_path / "a").symlink_to("far/a")
    link(tmp_path / "a", tmp_path / "b")
    assert not (tmp_path / "b").is_symlink()
    assert (tmp_path / "b").samefile(tmp_path / "far" / "a")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        link(tmp_path / "nowhere", tmp_path / "b")


def test_each_named_file_is_linked_below_the_target(tmp_path):
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png", "c.png"):
        (source / name).write_text(name)
    link_each(["a.png", "sub/b.png"], source, tmp_path / "new" / "target")
    found = [p for p in (tmp_path / "new" / "target").rglob("*") if p.is_file()]
    assert sorted(p.read_text() for p in found) == ["a.png", "sub/b.png"]


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "", ".", "a\0b", "..\\a", "\\a", "./."])
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    with pytest.raises(HarnessError, match="would leave the folder"):
        inside(tmp_path, name)
    (tmp_path / "a").write_text("content")
    with pytest.raises(HarnessError):
        link_each([name], tmp_path, tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_files_are_linked_under_other_names(tmp_path):
    (tmp_path / "raw" / "x").mkdir(parents=True)
    (tmp_path / "raw" / "x" / "a").write_text("a")
    link_as([("x/a", "new/b"), ("x/a", "c")], tmp_path / "raw", tmp_path / "target")
    assert (tmp_path / "target" / "new" / "b").samefile(tmp_path / "raw" / "x" / "a")
    assert (tmp_path / "target" / "c").read_text() == "a"
    for pair in (("../raw/x/a", "d"), ("x/a", "../d")):
        with pytest.raises(HarnessError, match="would leave the folder"):
            link_as([pair], tmp_path / "raw", tmp_path / "target")


def test_a_tree_is_linked_without_what_is_skipped(tmp_path):
    (tmp_path / "raw" / "deep" / "er").mkdir(parents=True)
    for name in ("a", "deep/b", "deep/er/c", "deep/er/secret"):
        (tmp_path / "raw" / name).write_text(name)
    link_tree(tmp_path / "raw", tmp_path / "target", skip=["secret"])
    found = {str(path.relative_to(tmp_path / "target")) for path in (tmp_path / "target").rglob("*") if path.is_file()}
    assert found == {"a", "deep/b", "deep/er/c"}
    with pytest.raises(HarnessError, match="there is no folder"):
        link_tree(tmp_path / "none", tmp_path / "target")


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(HarnessError, match=r"there is no file .*gone\.png: are the raw data complete"):
        link_each(["gone.png"], tmp_path, tmp_path / "target")


def test_that_files_are_copied_is_said_once(tmp_path, no_links, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EOPNOTSUPP, "no such thing")

    monkeypatch.setattr(fcntl, "ioctl", refuse)
    for name in "abc":
        (tmp_path / name).write_text(name)
    heard = []
    with listening(lambda doing, done, total: heard.append(doing) if done is None else None):
        link_each("abc", tmp_path, tmp_path / "target")
    assert len(heard) == 1
    assert "cannot link these files, so they are copied" in heard[0]

from __future__ import annotations

import io
import tarfile

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.counting import listening
from pytest_mlebench.preparing.tars import divide_tar

FILES = {f"top/{name}/{name}.jpg": name.encode() * 5000 for name in ("a", "b", "c", "é" * 80)}


def pack(path, mode):
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("top")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in FILES.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(content)
            archive.addfile(facts, io.BytesIO(content))
    return path


def unpack(path):
    with tarfile.open(path, "r:") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:xz"])
def test_members_go_to_plain_archives_under_new_names(tmp_path, mode):
    source = pack(tmp_path / "source.tar.gz", mode)
    names = list(FILES)
    steps = []
    with listening(lambda doing, done, total: steps.append((done, total))):
        one, two = tmp_path / "one.tar", tmp_path / "two.tar"
        divide_tar(source, {one: {names[0]: "first.jpg", names[3]: f"{'d' * 120}/é.jpg"}, two: {names[2]: names[2]}})
    assert unpack(one) == {"first.jpg": FILES[names[0]], f"{'d' * 120}/é.jpg": FILES[names[3]]}
    assert unpack(two) == {names[2]: FILES[names[2]]}
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_member_that_is_missing_is_named(tmp_path):
    source = pack(tmp_path / "source.tar", "w:")
    with pytest.raises(HarnessError, match=r"source\.tar lacks 1 files, one is 'top/x\.jpg'"):
        divide_tar(source, {tmp_path / "new.tar": {"top/x.jpg": "x.jpg", "top/a/a.jpg": "a.jpg"}})


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:xz"])
def test_an_archive_that_is_cut_short_is_named(tmp_path, mode):
    source = pack(tmp_path / "source.tar", mode)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(HarnessError, match=r"source\.tar (is damaged: download it again|lacks)"):
        divide_tar(source, {tmp_path / "new.tar": {name: name for name in FILES}})


def test_no_archive_at_all_is_named(tmp_path):
    with pytest.raises(HarnessError, match=r"there is no file .*source\.tar"):
        divide_tar(tmp_path / "source.tar", {tmp_path / "new.tar": {}})
    (tmp_path / "source.tar").write_text("<html>" * 200)
    with pytest.raises(HarnessError, match=r"source\.tar is damaged"):
        divide_tar(tmp_path / "source.tar", {tmp_path / "new.tar": {}})


def test_nothing_is_written_over(tmp_path):
    source = pack(tmp_path / "source.tar", "w:")
    (tmp_path / "new.tar").touch()
    with pytest.raises(FileExistsError):
        divide_tar(source, {tmp_path / "new.tar": {}})

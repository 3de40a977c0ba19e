"""Repaired variants whose test recordings must not hold the answers."""

from __future__ import annotations

import io
import tarfile
import zipfile

from scipy.io import loadmat

from pytest_mlebench import catalog

from .trees import index


def members(archive):
    """What each recording of an archive holds: bytes of files, by recording and name."""
    found = {}
    with tarfile.open(archive) as recordings:
        for recording in recordings:
            with zipfile.ZipFile(io.BytesIO(recordings.extractfile(recording).read())) as files:
                assert files.testzip() is None
                found |= {(recording.name, name): files.read(name) for name in files.namelist()}
    return found


def test_gestures_are_not_in_the_archive_of_test_recordings(prepared, repaired):
    data, mended = prepared(catalog.get("multi-modal-gesture-recognition")), repaired("multi-modal-gesture-recognition")
    before, after = members(data.public / "test.tar.gz"), members(mended.public / "test.tar.gz")
    assert list(before) == list(after)
    for name, content in before.items():
        if not name[1].endswith(".mat"):
            assert after[name] == content
            continue
        old, new = (loadmat(io.BytesIO(mat))["Video"][0, 0] for mat in (content, after[name]))
        assert old["Labels"].size
        assert not new["Labels"].size
        assert old.dtype.names == new.dtype.names
        assert all(old[field] == new[field] for field in old.dtype.names if field != "Labels")
    same = {name: digest for name, digest in index(data.public).items() if not name.startswith("test.tar.gz")}
    assert {name: digest for name, digest in index(mended.public).items() if not name.startswith("test.tar.gz")} == same
    assert index(mended.private) == index(data.private)


def test_the_reference_track_is_not_among_the_files_of_test_phones(prepared, repaired):
    data, mended = prepared(catalog.get("smartphone-decimeter-2022")), repaired("smartphone-decimeter-2022")
    tracks = {name for name in index(data.public) if name.startswith("test/") and name.endswith("span_log.nmea")}
    assert tracks
    assert index(mended.public) == {name: digest for name, digest in index(data.public).items() if name not in tracks}
    assert index(mended.private) == index(data.private)

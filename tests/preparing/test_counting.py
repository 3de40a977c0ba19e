from __future__ import annotations

from pytest_mlebench.preparing.counting import counted, listening, note
from pytest_mlebench.preparing.placing import link_each


def test_a_listener_hears_what_is_counted_and_remarked():
    heard = []
    with listening(lambda *said: heard.append(said)):
        assert list(counted("ab", "linking")) == ["a", "b"]
        note("a remark")
        note("a remark")
    assert heard == [("linking", 0, 2), ("linking", 1, 2), ("linking", 2, 2), ("a remark", None, None)]
    assert list(counted("ab", "linking")) == ["a", "b"]
    note("nobody hears this")
    assert len(heard) == 4


def test_placing_files_is_counted(tmp_path):
    (tmp_path / "raw").mkdir()
    for name in "abc":
        (tmp_path / "raw" / name).write_text(name)
    heard = []
    with listening(lambda *said: heard.append(said)):
        link_each("abc", tmp_path / "raw", tmp_path / "train")
    assert heard[-1] == ("placing files in train/", 3, 3)

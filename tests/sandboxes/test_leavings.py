"""Removing what an agent left, wherever it is done."""

from __future__ import annotations

from pytest_mlebench.sandboxes import leavings


def test_folders_are_removed_also_where_the_path_leads_nowhere(tmp_path, monkeypatch):
    folder = tmp_path / "left"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "file").write_text("content")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    leavings.remove(folder)
    assert not folder.exists()

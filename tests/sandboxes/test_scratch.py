"""Temporary folders of killed runs are removed, those of living ones are not."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from pytest_mlebench.sandboxes import scratch


def test_only_folders_of_dead_processes_are_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "import tempfile, sys; tempfile.tempdir = sys.argv[1]; from pytest_mlebench.sandboxes import scratch; "
    code += "import os; folder = scratch.make(); (folder / 'upload').touch(); print(folder, flush=True); os._exit(9)"
    dead = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True).stdout.strip()
    alive = scratch.make()
    (tmp_path / "mlebench-of-somebody-else").mkdir()
    assert [str(tmp_path / name) for name in scratch.sweep()] == [dead]
    assert sorted(tmp_path.iterdir()) == sorted([alive, tmp_path / "mlebench-of-somebody-else"])

"""How much disk folders take: as du counts it, and whatever happens meanwhile."""

from __future__ import annotations

import os
import subprocess

from pytest_mlebench.attempts.disk_use import DiskUse, used

from ..waiting import wait_for


def test_counts_as_du_does(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(b"x" * 100_000)
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 30)
    os.link(tmp_path / "deep" / "er" / "file", tmp_path / "linked")
    (tmp_path / "elsewhere").symlink_to("/usr")
    du = subprocess.run(["du", "-s", "-B1", tmp_path], capture_output=True, text=True, check=True)
    own = tmp_path.lstat().st_blocks * 512
    assert used(tmp_path) == int(du.stdout.split()[0]) - own


def test_a_folder_that_is_not_there_takes_nothing(tmp_path):
    assert used(tmp_path / "gone") == 0


def test_what_is_written_meanwhile_is_seen(tmp_path):
    use = DiskUse((tmp_path,))
    use.start()
    try:
        (tmp_path / "file").write_bytes(b"x" * 2_000_000)
        wait_for(lambda: use.bytes >= 2_000_000, otherwise=lambda: "never seen")
    finally:
        use.stop()

"""Files are written whole or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from pytest_mlebench.files import write_json, write_text

from .waiting import wait_for


def test_a_value_that_json_cannot_hold_leaves_the_old_file(tmp_path):
    path = tmp_path / "value.json"
    write_json(path, {"score": 1.0})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"score": float("nan")})
    assert json.loads(path.read_text()) == {"score": 1.0}
    assert [p.name for p in tmp_path.iterdir()] == ["value.json"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    path = tmp_path / "value.txt"
    path.mkdir()
    with pytest.raises(OSError):
        write_text(path, "text")
    assert [p.name for p in tmp_path.iterdir()] == ["value.txt"]


def test_a_reader_never_sees_half_a_file_whenever_the_writer_is_killed(tmp_path):
    path = tmp_path / "value.json"
    code = (
        "import sys, pathlib; from pytest_mlebench.files import write_json; print('ready', flush=True)\n"
        "for i in range(10**9): write_json(pathlib.Path(sys.argv[1]), {'i': i, 'text': 'x' * 20000})"
    )
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            wait_for(path.exists, every=0.01)
            for _ in range(200):
                assert len(json.loads(path.read_text())["text"]) == 20000
            writer.send_signal(signal.SIGKILL)
        assert len(json.loads(path.read_text())["text"]) == 20000


def test_the_mode_is_that_of_an_ordinary_file(tmp_path):
    write_text(tmp_path / "a.txt", "text")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644

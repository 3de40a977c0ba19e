"""mlebench prepare and verify; downloads are tested with the data."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys

import pytest

from pytest_mlebench import catalog


def test_builtin_competitions_several_at_a_time(mlebench, tmp_path):
    result = mlebench("prepare", "--complexity", "builtin", "-j", "2")
    assert result.exit_code == 0
    assert sorted(line.partition(":")[0] for line in result.stdout.splitlines()) == catalog.ids("builtin")
    assert all((tmp_path / "cache" / id / "prepared").is_dir() for id in catalog.ids("builtin"))
    checked = mlebench("verify", "--complexity", "builtin")
    assert checked.exit_code == 0, checked.stdout
    assert all("recorded facts agree" in line for line in checked.stdout.splitlines())


def test_what_is_prepared_stays_until_forced(mlebench, wine):
    (wine.public / "train.csv").write_text("mine")
    assert "is prepared already" in mlebench("prepare", "builtin-wine").stdout
    assert (wine.public / "train.csv").read_text() == "mine"
    checked = mlebench("verify", "builtin-wine")
    assert checked.exit_code == 1
    assert "builtin-wine: public/train.csv differs: recorded " in checked.stdout
    assert mlebench("prepare", "builtin-wine", "--force").exit_code == 0
    assert mlebench("verify").exit_code == 0


def test_a_folder_given_by_option_wins(mlebench, tmp_path):
    assert mlebench("prepare", "builtin-wine", "--data-dir", tmp_path / "other").exit_code == 0
    assert (tmp_path / "other" / "builtin-wine" / "prepared").is_dir()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("arguments", [(), ("builtin-vine",), ("builtin-wine", "-j", "0"), ("--complexity", "huge")])
def test_wrong_usage(mlebench, arguments):
    assert mlebench("prepare", *arguments).exit_code == 2


def test_nothing_to_verify(mlebench):
    result = mlebench("verify")
    assert result.exit_code == 3
    assert "nothing is prepared in" in result.stderr
    result = mlebench("verify", "spaceship-titanic")
    assert result.exit_code == 3
    assert "`mlebench prepare spaceship-titanic`" in result.stderr


def test_a_wrong_raw_folder_is_one_line(mlebench, tmp_path):
    result = mlebench("prepare", "spaceship-titanic", "--raw-dir", tmp_path / "nowhere")
    assert result.exit_code == 3
    assert "no raw data of spaceship-titanic in" in result.stderr.splitlines()[-1]


def test_bars_on_a_terminal_leave_the_answers_alone(tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest_mlebench.cli", "prepare", "builtin-wine", "builtin-diabetes", "-j", "2"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True)
    os.close(theirs)
    drawn = b""
    # Reading from a terminal whose other end is closed is an error on Linux.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65536):
            drawn += part
    said = process.communicate(timeout=300)[0]
    os.close(ours)
    assert process.returncode == 0
    assert sorted(line.partition(": prepared in ")[0] for line in said.splitlines()) == [
        "builtin-diabetes",
        "builtin-wine",
    ]
    assert b"builtin-wine: " in drawn
    assert b"prepared in" not in drawn


def test_repaired_data_are_refused_where_there_are_none(mlebench):
    result = mlebench("prepare", "spaceship-titanic", "--fixed")
    assert result.exit_code == 2
    assert "there is no repaired variant of spaceship-titanic" in result.stderr

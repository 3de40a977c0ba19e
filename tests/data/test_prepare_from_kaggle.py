"""``mlebench prepare`` from an account's credentials to prepared folders, against a server that plays Kaggle."""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import io
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from ..waiting import is_running, wait_for

TOKEN = "token-that-must-not-be-shown"
SIGNATURE = "signature-that-must-not-be-shown"
RAWGEN = Path(__file__).parents[1] / "competitions" / "rawgen"


def archive_of(competition: str, folder: Path, ballast: int = 0) -> bytes:
    """The archive that Kaggle would give, with synthetic raw data."""
    spec = importlib.util.spec_from_file_location("rawgen_of_a_competition", RAWGEN / f"{competition}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    raw = folder / competition
    raw.mkdir(parents=True)
    module.make_raw(raw)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(raw.rglob("*")):
            archive.write(path, path.relative_to(raw))
        if ballast:
            archive.writestr("ballast.bin", random.Random(0).randbytes(ballast))
    return data.getvalue()


@pytest.fixture
def cache(tmp_path, home, monkeypatch):
    """A cache folder, and a token where a person would have it."""
    (home / ".kaggle" / "access_token").write_text(TOKEN + "\n")
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def mlebench(*arguments: str, **options):
    command = [sys.executable, "-m", "pytest_mlebench.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    for secret in (TOKEN, SIGNATURE):
        assert secret not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_from_nothing_to_prepared(kaggle_server, cache, tmp_path):
    kaggle_server.archives["spaceship-titanic"] = archive_of("spaceship-titanic", tmp_path)
    done = mlebench("prepare", "spaceship-titanic")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"spaceship-titanic: prepared in {cache}/spaceship-titanic/prepared (")
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()][:2] == ["asking Kaggle", "downloading"]
    public = cache / "spaceship-titanic" / "prepared" / "public"
    assert {p.name for p in public.iterdir()} == {"train.csv", "test.csv", "sample_submission.csv", "description.md"}
    home = cache / "spaceship-titanic"
    assert {p.name for p in home.iterdir()} == {"prepared", "raw", "raw.json", "prepare.lock"}, "the zip should be gone"
    assert not any(TOKEN.encode() in p.read_bytes() for p in cache.rglob("*") if p.is_file())

    assert "is prepared already" in mlebench("prepare", "spaceship-titanic").stdout
    assert kaggle_server.calls.count("DownloadDataFiles") == 1

    # The data is synthetic: verify must find that it is not the benchmark's.
    checked = mlebench("verify")
    assert checked.returncode == 1
    assert "public/train.csv differs: recorded 564a1614ecef9d9611cec4efdce4c412" in checked.stdout
    assert "raw.zip differs: recorded 67c177886736583aff9b947e121395a9" in checked.stdout
    assert "score of the sample submission differs: recorded 0.50345" in checked.stdout

    graded = mlebench("grade-sample", str(public / "sample_submission.csv"), "spaceship-titanic", "--json")
    assert graded.returncode == 0
    with (public / "sample_submission.csv").open() as file:
        assert len(list(csv.DictReader(file))) > 10
    assert 0 < json.loads(graded.stdout)["score"] < 1


def test_kaggles_own_description_is_fetched_where_it_is_asked_for(kaggle_server, cache, tmp_path):
    kaggle_server.archives["spaceship-titanic"] = archive_of("spaceship-titanic", tmp_path)
    kaggle_server.pages["spaceship-titanic"] = [
        {"name": "Description", "content": "Rescue the **crew**.", "postTitle": "Overview"},
        {"name": "rules", "content": "No cheating."},
        {"name": "data-description", "content": "train.csv - passengers"},
    ]
    assert mlebench("prepare", "spaceship-titanic").returncode == 0
    own = cache / "spaceship-titanic" / "description_original.md"
    assert not own.exists()
    assert "ListCompetitionPages" not in kaggle_server.calls

    done = mlebench("prepare", "spaceship-titanic", "--description", "original")
    assert done.returncode == 0, done.stderr
    assert kaggle_server.calls.count("DownloadDataFiles") == 1, "what is prepared stays as it is"
    text = own.read_text()
    assert text.startswith("## Overview\n\nRescue the **crew**.\n\n## data-description\n")
    assert "No cheating" not in text
    assert "a new division of the original training data" in text
    assert "Rescue" not in (cache / "spaceship-titanic/prepared/public/description.md").read_text()

    kaggle_server.pages.clear()
    assert mlebench("prepare", "spaceship-titanic", "--description", "original").returncode == 0
    assert own.read_text() == text

    own.unlink()
    failed = mlebench("prepare", "spaceship-titanic", "--description", "original")
    assert failed.returncode == 3
    assert "Kaggle has no" in failed.stderr


def test_an_agent_reads_the_original_description_where_the_run_asks_for_it(kaggle_server, cache, tmp_path):
    kaggle_server.archives["spaceship-titanic"] = archive_of("spaceship-titanic", tmp_path)
    kaggle_server.pages["spaceship-titanic"] = [{"name": "Description", "content": "Rescue the crew."}]
    agent = "Agent(name='reader', command=['sh', '-c', 'cat $MLEBENCH_DATA_DIR/description.md'])"
    hook = f"from pytest_mlebench import Agent\ndef pytest_mlebench_agents():\n    return [{agent}]\n"
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "conftest.py").write_text(hook)
    run = [sys.executable, "-m", "pytest", "--mlebench-agent=reader", "--mlebench-sandbox=process"]
    run += ["--mlebench-description=original", "-k", "spaceship-titanic", "-p", "no:cacheprovider"]
    first = subprocess.run(run, cwd=tmp_path / "work", capture_output=True, text=True, timeout=300)
    assert "1 skipped" in first.stdout
    assert kaggle_server.calls == []
    second = subprocess.run(
        [*run, "--mlebench-download"], cwd=tmp_path / "work", capture_output=True, text=True, timeout=300
    )
    [log] = (tmp_path / "work" / "runs").rglob("agent.log")
    assert log.read_text().startswith("## Description\n\nRescue the crew.\n"), second.stdout


def test_several_at_a_time_with_one_that_fails(kaggle_server, cache, tmp_path):
    for competition in ("spaceship-titanic", "spooky-author-identification"):
        kaggle_server.archives[competition] = archive_of(competition, tmp_path)
    names = ["spaceship-titanic", "spooky-author-identification", "tgs-salt-identification-challenge"]
    done = mlebench("prepare", *names, "-j", "3")
    assert done.returncode == 3
    assert sum(": prepared in" in line for line in done.stdout.splitlines()) == 2
    assert [line for line in done.stderr.splitlines() if "(404)" in line]
    assert not (cache / "tgs-salt-identification-challenge" / "prepared").exists()


def test_rules_that_are_not_accepted(kaggle_server, cache):
    kaggle_server.answers = [(403, {}, "You must accept this competition's rules")]
    done = mlebench("prepare", "spaceship-titanic")
    assert done.returncode == 3
    assert "https://www.kaggle.com/competitions/spaceship-titanic/rules" in done.stderr.splitlines()[-1]


def test_without_credentials(kaggle_server, cache, home):
    (home / ".kaggle" / "access_token").unlink()
    done = mlebench("prepare", "spaceship-titanic")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("mlebench: no Kaggle credentials found: ")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("damage", "start", "trouble"),
    [(bytes(60), 40, zipfile.BadZipFile), (b"\xff" * 60, 2000, zlib.error)],
    ids=["in a header", "in a stream"],
)
def test_a_damaged_download_is_removed_and_got_again(kaggle_server, cache, tmp_path, damage, start, trouble):
    good = archive_of("spaceship-titanic", tmp_path)
    bad = good[:start] + damage + good[start + len(damage) :]
    with zipfile.ZipFile(io.BytesIO(bad)) as archive, pytest.raises(trouble):
        list(map(archive.read, archive.namelist()))
    kaggle_server.archives["spaceship-titanic"] = bad
    done = mlebench("prepare", "spaceship-titanic")
    assert done.returncode == 3
    assert "is damaged" in done.stderr.splitlines()[-1]
    assert not (cache / "spaceship-titanic" / "download").exists()
    kaggle_server.archives["spaceship-titanic"] = good
    assert mlebench("prepare", "spaceship-titanic").returncode == 0


def test_the_archive_is_kept_where_asked(kaggle_server, cache, tmp_path):
    kaggle_server.archives["spaceship-titanic"] = good = archive_of("spaceship-titanic", tmp_path)
    assert mlebench("prepare", "spaceship-titanic", "--keep-zip").returncode == 0
    assert (cache / "spaceship-titanic" / "download" / "spaceship-titanic.zip").read_bytes() == good


def children(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # threads come and go
            found += map(int, (thread / "children").read_text().split())
    return found


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_download_goes_on_where_it_stopped(kaggle_server, cache, tmp_path, end):
    kaggle_server.archives["spaceship-titanic"] = archive_of("spaceship-titanic", tmp_path, ballast=8_000_000)
    kaggle_server.stalls = 1
    command = [sys.executable, "-m", "pytest_mlebench.cli", "prepare", "spaceship-titanic"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    part = cache / "spaceship-titanic" / "download" / "spaceship-titanic.zip"
    wait_for(lambda: process.poll() is not None or (part.exists() and part.stat().st_size > 2_000_000))
    (worker,) = children(process.pid)
    os.kill(process.pid, end)
    said = process.communicate(timeout=120)[0]
    # The process that downloads ends by itself after the one that was killed, and may write until it does.
    wait_for(lambda: not is_running(worker))
    if end is signal.SIGINT:
        assert said.splitlines()[-1] == "mlebench: interrupted"
        assert process.returncode == 130
    have = part.stat().st_size
    kaggle_server.ended.set()
    kaggle_server.ranges.clear()
    done = mlebench("prepare", "spaceship-titanic")
    assert done.returncode == 0, done.stderr
    assert kaggle_server.ranges == [None, f"bytes={have}-"]


def test_given_files_need_no_kaggle(cache, home, tmp_path):
    (home / ".kaggle" / "access_token").unlink()
    for competition in ("spaceship-titanic", "spooky-author-identification"):
        archive_of(competition, tmp_path / "given")
    done = mlebench(
        "prepare", "spaceship-titanic", "spooky-author-identification", "--raw-dir", str(tmp_path / "given"), "-j", "2"
    )
    assert done.returncode == 0, done.stderr
    assert (cache / "spaceship-titanic" / "prepared" / "private" / "test.csv").is_file()

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.judging import judged, unjudged
from pytest_mlebench.files import write_json
from pytest_mlebench.grading.grade import Grade
from pytest_mlebench.reporting.grading_report import write_grading_report
from pytest_mlebench.reporting.reading import read_records

FACTS = {"time_limit": 86400.0, "sandbox": "docker", "network": "none", "fixed": False, "description": "plain"}


@pytest.fixture
def make_run(home: Path) -> Callable[..., Path]:
    """Writes a run below runs/: its attempts by the shares of human teams they are ahead of, None for a failure."""

    def make(name: str, shares: dict[str, list[float | None]], **facts: Any) -> Path:
        run = RunFolder(Path("runs") / name)
        run.create({**FACTS, "run": name, "agent": {"name": name, "options": {}}, **facts})
        for id, each in shares.items():
            competition = catalog.get(id)
            for seed, share in enumerate(each):
                record = unjudged(competition, seed, name)
                if share is not None:
                    board = competition.leaderboard
                    score = board.scores[int((1 - share) * (board.teams - 1))]
                    record = judged(
                        record,
                        Grade(
                            competition=id,
                            valid=True,
                            score=score,
                            medal=board.medal(score),
                            above_median=board.above_median(score),
                            rank=board.rank(score),
                            **board.thresholds,
                        ),
                    )
                run.attempt(id, seed).write_record(record)
        return run.root.absolute()

    return make


@pytest.fixture
def two(make_run: Callable[..., Path]) -> tuple[Path, Path]:
    ids = catalog.ids("low")[:8]
    return (
        make_run("2026-01-01-weak", {id: [0.3, None] for id in ids}),
        make_run("2026-01-02-strong", {id: [0.99, 0.99] for id in ids}),
    )


def test_two_runs_by_name(mlebench, two):
    result = mlebench("compare", "2026-01-01", "last")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "8 competitions that both runs attempted" in result.stdout
    assert "any medal, B less A: +100.0 points (+100.0 to +100.0)" in result.stdout
    # All 8 differences have one sign: 2 of the 256 ways to choose signs.
    assert "exact paired test over 8 competitions, 16 attempts of each run: p = 0.0078: more than" in result.stdout
    assert "raw scores: B is better in 8, A in 0, equal in 0" in result.stdout
    assert "differs: agent: 2026-01-01-weak in A, 2026-01-02-strong in B" in result.stdout


def test_json_is_for_programs(mlebench, two):
    result = mlebench("compare", *two, "--json")
    assert result.exit_code == 0
    value = json.loads(result.stdout)
    assert value["any_medal_difference"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert value["p_value"] == 2 / 2**8
    assert [each["name"] for each in (value["a"], value["b"])] == ["2026-01-01-weak", "2026-01-02-strong"]


def test_runs_of_unlike_settings_are_refused(mlebench, two, make_run):
    ids = catalog.ids("low")[:2]
    make_run("2026-01-03-short", {id: [0.5] for id in ids}, time_limit=3600.0, network="open")
    result = mlebench("compare", "2026-01-01", "last")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "mlebench: unlike settings: time limit: 24h 00m in A, 1h 00m in B",
        "mlebench: unlike settings: network: none in A, open in B",
        "mlebench: runs of unlike settings do not compare; to compare these all the same, say --anyway",
    ]
    assert mlebench("compare", "2026-01-01", "last", "--json").exit_code == 1


def test_unlike_runs_are_compared_anyway_and_that_is_said_first(mlebench, two, make_run):
    make_run("2026-01-03-short", {id: [0.5] for id in catalog.ids("low")[:2]}, time_limit=3600.0)
    result = mlebench("compare", "2026-01-01", "last", "--anyway")
    assert result.exit_code == 0
    first, second, *_ = result.stdout.splitlines()
    assert first.startswith("UNLIKE SETTINGS")
    assert second == "  time limit: 24h 00m in A, 1h 00m in B"
    value = json.loads(mlebench("compare", "2026-01-01", "last", "--anyway", "--json").stdout)
    assert [each["name"] for each in value["settings"] if each["unlike"]] == ["time limit"]


def test_a_run_and_the_grading_report_of_somebody_else(mlebench, two, tmp_path):
    report = tmp_path / "theirs" / "2026-02-02_grading_report.json"
    report.parent.mkdir()
    write_grading_report(report, read_records(two[1])[0], two[1])
    for name in (report, report.parent):
        result = mlebench("compare", two[0], name)
        assert result.exit_code == 0
        assert "+100.0 points" in result.stdout
        assert result.stdout.startswith("SETTINGS NOT KNOWN of ")


def test_unknown_competitions_of_a_report_are_named(mlebench, two, tmp_path):
    entries = [{"competition_id": id, "score": 1.0} for id in (*catalog.ids("low")[:2], "of-their-own")]
    write_json(tmp_path / "theirs.json", {"competition_reports": entries})
    result = mlebench("compare", two[0], tmp_path / "theirs.json")
    assert result.exit_code == 0
    assert "competitions that are not known here: of-their-own" in result.stderr
    assert "not compared, attempted in B only: of-their-own" in result.stdout


def test_errors_of_the_harness_are_not_final_until_they_are_said_to_be_failures(mlebench, two):
    id = catalog.ids("low")[0]
    RunFolder(two[1]).attempt(id, 0).write_record(unjudged(catalog.get(id), 0, "strong", outcome="error"))
    assert mlebench("compare", *two).stdout.startswith("NOT FINAL: 1 attempt of B ended in an error")
    result = mlebench("compare", *two, "--errors-as-failures")
    assert "NOT FINAL" not in result.stdout
    assert "+93.8 points" in result.stdout


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("2027", 2, "no run named '2027'"),
        ("2026-01", 3, "several runs in runs have names that begin with '2026-01'"),
        ("empty", 3, "holds no finished attempt"),
        ("no.json", 3, "no.json is no grading report"),
    ],
)
def test_what_cannot_be_compared_is_one_line(mlebench, two, name, status, message):
    RunFolder(Path("runs/empty")).create({})
    Path("no.json").write_text("{}")
    result = mlebench("compare", two[0], name)
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_runs_with_nothing_in_common_are_one_line(mlebench, make_run):
    a, b = (make_run(f"2026-01-0{i}-x", {id: [0.5]}) for i, id in enumerate(catalog.ids("low")[:2]))
    result = mlebench("compare", a, b)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "nothing to compare" in result.stderr


SPY = """
import os, socket, subprocess

def spied(name):
    def fail(*arguments, **options):
        with open(os.environ["SPY"], "a") as file:
            file.write(f"{name} {arguments}\\n")
        raise OSError("this machine has no network and no programs")
    return fail

socket.socket.connect = socket.socket.connect_ex = spied("connect")
socket.getaddrinfo = spied("getaddrinfo")
os.execve = os.posix_spawn = os.system = subprocess._fork_exec = spied("program")
"""


def test_another_machine_needs_neither_docker_nor_data_nor_network(two, tmp_path):
    spy, elsewhere = tmp_path / "spy", tmp_path / "elsewhere"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SPY)
    copies = [shutil.copytree(run, elsewhere / run.name) for run in two]
    shutil.rmtree(two[0].parent)
    before = {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")}
    environment = {
        "PATH": str(tmp_path / "no-programs"),
        "HOME": str(tmp_path / "no-home"),
        "MLEBENCH_CACHE_DIR": str(tmp_path / "no-data"),
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SPY": str(spy),
    }
    check = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 1))"],
        env=environment,
        capture_output=True,
    )
    assert check.returncode == 1
    assert "getaddrinfo" in spy.read_text()
    spy.unlink()
    result = subprocess.run(
        [sys.executable, "-m", "pytest_mlebench.cli", "compare", *map(str, copies)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "any medal, B less A: +100.0 points" in result.stdout
    assert not spy.exists()
    assert not (tmp_path / "no-data").exists()
    assert {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")} == before

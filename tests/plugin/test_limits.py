"""Snapshots, budgets, disk limits and GPUs of attempts, from the command line to the record."""

from __future__ import annotations

import json
import re

import pytest

AGENTS = """
_agents = pytest_mlebench_agents

USAGE = 'echo "{\\\\"tokens\\\\": ${n}000, \\\\"cost\\\\": 0.$n}" > $MLEBENCH_LOGS_DIR/usage.json'
SPEND = 'for n in 1 2 3 4 5 6 7 8 9; do ' + USAGE + '; {pause}; done'
# A submission that comes whole, and a snapshot that holds what only it holds.
SNAPSHOTS = f"{HERE}/runs/*/toy/seed-0/snapshots/*/submission.csv"


def placed(right):
    return f"(MLEBENCH_SUBMISSION_DIR=.; {rows(right)}); mv submission.csv $MLEBENCH_SUBMISSION_DIR; "


def taken(line):
    return f"until grep -qs '^{line}' {SNAPSHOTS}; do sleep 0.05; done; "


def pytest_mlebench_agents():
    return [
        *_agents(),
        sh("improving", placed(6) + taken("8,1") + placed(9) + taken("8,0") + placed(10)),
        sh("spender", rows(8) + "; " + SPEND.replace("{pause}", "sleep 0.3") + "; sleep 600"),
        sh("spent", rows(8) + "; " + SPEND.replace("{pause}", ":")),
        sh("hoarder", rows(8) + "; head -c 30000000 /dev/urandom > big; sleep 600"),
        sh("devices", 'echo "devices=$CUDA_VISIBLE_DEVICES"; ' + rows(10)),
        sh("alone", f"cd {HERE}; touch began-$MLEBENCH_SEED; "
           # The first one waits for a second one beside it.
           "until [ $(ls began-* | wc -l) -gt 1 ]; do sleep 0.05; done; "
           "mkdir gpu-$CUDA_VISIBLE_DEVICES || exit 9; sleep 0.3; rmdir gpu-$CUDA_VISIBLE_DEVICES; " + rows(10)),
        sh("frugal", 'echo "devices=$CUDA_VISIBLE_DEVICES"; ' + rows(10), uses_gpu=False),
    ]
"""


@pytest.fixture
def limited(directory, monkeypatch, tmp_path_factory):
    """The user's directory with agents that use something up, and leases of its own."""
    monkeypatch.setenv("MLEBENCH_LEASES_DIR", str(tmp_path_factory.mktemp("leases")))
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text() + AGENTS)
    return directory


def record(directory, seed: int = 0) -> dict:
    return json.loads((directory.run_folder() / f"toy/seed-{seed}/attempt.json").read_text())


def test_snapshots_show_the_score_over_time(limited):
    limited.run("improving", "--mlebench-snapshot-every=1s").assert_outcomes(passed=0)
    found = record(limited)
    assert found["medal"] == "gold"
    assert scores(found)[:2] == [0.6, 0.9]
    marks = [snapshot["elapsed"] for snapshot in found["snapshots"]]
    assert marks == sorted(set(marks) & set(range(1, 1000)))
    kept = [path.parent.name for path in (limited.run_folder() / "toy/seed-0/snapshots").glob("*/submission.csv")]
    assert all(re.fullmatch(r"000h\d\dm\d\ds", name) for name in kept)
    assert json.loads((limited.run_folder() / "run.json").read_text())["snapshot_every"] == 1


def scores(found) -> list[float]:
    """Of its snapshots, each that differs from the one before."""
    return list(dict.fromkeys(each["score"] for each in found["snapshots"] if each["outcome"] != "no_submission"))


def test_snapshots_are_graded_again_with_the_rest(limited):
    limited.run("improving", "--mlebench-snapshot-every=1s")
    task = limited.path / "own/toy/task.py"
    task.write_text(task.read_text().replace("mean())", "mean()) / 2"))
    limited.pytester.runpytest("--mlebench-resume=last", "--mlebench-regrade")
    found = record(limited)
    assert (found["score"], scores(found)[:2]) == (0.5, [0.3, 0.45])


@pytest.mark.parametrize(
    ("budget", "said"), [("0.5usd", "of 0.50 USD"), ("3ktokens", "of 3,000 tokens"), ("90usd,3ktok", "of 3,000 tokens")]
)
def test_a_budget_ends_an_attempt_like_the_time_limit(limited, budget, said):
    result = limited.run("spender", f"--mlebench-budget={budget}", "--mlebench-require=gold")
    result.stdout.fnmatch_lines([f"*score 0.80000*ended at its budget: it used * {said}*"])
    found = record(limited)
    assert found["medal"] == "bronze"
    assert not found["timed_out"]
    assert found["ended_early"].endswith(said)
    assert (found["tokens"], found["cost"]) != (None, None)
    text = (limited.run_folder() / "toy/seed-0/instructions.txt").read_text()
    assert "  Budget: " in text
    assert "usage.json" in text


def test_without_a_budget_what_was_used_is_still_known(limited):
    limited.run("spent")
    assert record(limited)["tokens"] == 9000


def test_a_disk_limit_ends_an_attempt(limited):
    limited.run("hoarder", "--mlebench-disk=20m")
    found = record(limited)
    assert found["medal"] == "bronze"
    assert found["ended_early"].startswith("ended at its disk limit: its folders took ")
    assert "Disk: " in (limited.run_folder() / "toy/seed-0/instructions.txt").read_text()


@pytest.mark.parametrize(
    ("options", "devices"),
    [
        (("--mlebench-gpus=0,1,3",), {"0"}),
        (("--mlebench-gpus=3,1", "--mlebench-gpus-per-attempt=2"), {"1,3", "3,1"}),
        (("--mlebench-gpus=2", "--mlebench-gpus-per-attempt=0.5"), {"2"}),
        (("--mlebench-gpus=0,1", "--mlebench-gpus-per-attempt=0"), {""}),
        (("--mlebench-gpus=none",), {""}),
    ],
)
def test_an_attempt_sees_just_the_gpus_that_it_got(limited, options, devices):
    limited.run("devices", *options)
    found = record(limited)
    log = (limited.run_folder() / "toy/seed-0/agent.log").read_text()
    assert log.strip().removeprefix("devices=") in devices
    assert ",".join(found["gpus"]) == log.strip().removeprefix("devices=")
    facts = json.loads((limited.run_folder() / "run.json").read_text())
    assert facts["gpus_per_attempt"] == float(
        dict(o.split("=") for o in options).get("--mlebench-gpus-per-attempt", 1)
    ) * ("none" not in options[0])


def test_attempts_at_the_same_time_never_share_a_gpu(limited):
    limited.run("alone", "--mlebench-gpus=0,1", "--mlebench-attempts=6", "-n3").assert_outcomes(passed=0)
    found = [record(limited, seed) for seed in range(6)]
    assert [each["outcome"] for each in found] == ["gold"] * 6
    assert {tuple(each["gpus"]) for each in found} == {("0",), ("1",)}
    assert all(each["waited"] is not None for each in found)


def test_an_agent_that_uses_no_gpu_waits_for_none(limited, monkeypatch, tmp_path):
    fake = tmp_path / "nvidia-smi"
    fake.write_text("#!/bin/sh\necho '0, Test GPU, 1 MiB, GPU-77'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    limited.run("frugal")
    assert record(limited)["gpus"] == []
    limited.run("devices")
    runs = sorted((limited.path / "runs").iterdir())
    assert json.loads((runs[-1] / "toy/seed-0/attempt.json").read_text())["gpus"] == ["0"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--mlebench-gpus-per-attempt=1.5", "a whole number, or a fraction below 1"),
        ("--mlebench-budget=20", "write it like 20usd"),
        ("--mlebench-snapshot-every=0.5s", "at least 1s"),
        ("--mlebench-disk=lots", "not a size"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_starts(limited, option, message):
    result = limited.run("devices", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {option.partition('=')[0]}: *{message}*"])


def test_more_gpus_than_there_are_is_refused_before_anything_starts(limited):
    result = limited.run("devices", "--mlebench-gpus=0", "--mlebench-gpus-per-attempt=2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *--mlebench-gpus-per-attempt*"])

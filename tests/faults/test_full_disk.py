"""The disk of the runs folder is full when something is to be written there."""

from __future__ import annotations

import re

import pytest

from .running import check_nothing_is_left, check_whole

# The first attempt submits, and leaves so many pages of the disk free.
AGENT = """
submit()
if seed == 0 and not (shared / "go").exists():
    with open(code / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            filler.truncate(filler.tell() - {pages} * 4096)
    {then}
"""
FULL = "No space left on device"


@pytest.mark.parametrize(
    ("pages", "then", "reason"),
    [
        (0, "print('a line for the log')", "cannot write the agent's log {run}/toy/seed-0/agent.log: " + FULL),
        (0, "", "cannot record the attempt in {run}/toy/seed-0: " + FULL),
        (1, "", "cannot record the attempt in {run}/toy/seed-0: " + FULL),
    ],
    ids=["log", "grade", "record"],
)
def test_a_full_disk_is_an_error_of_the_harness_that_names_it(make_place, small_disk, pages, then, reason):
    place = make_place(AGENT.format(pages=pages, then=then), runs=small_disk / "runs")
    process = place.start("--mlebench-sandbox=process", "--mlebench-attempts=2")
    out = place.end(process)
    assert process.returncode == pytest.ExitCode.TESTS_FAILED
    assert f"[toy-0] - {reason.format(run=place.run)}" in out, out
    # The other one came to its turn, and found no room either.
    assert re.search(rf"\[toy-1\] - cannot write {place.run}/toy/seed-1/\S+: {FULL}", out), out
    assert f"{place.run}/grading_report.json cannot be written: {FULL}" in out
    # A page that is freed meanwhile takes the record of an error; nothing else is on record.
    assert set(place.outcomes().values()) <= {"error"}
    assert (place.attempt(0) / "grade.json").exists() == (pages == 1)
    check_nothing_is_left(place)

    process = place.start("--mlebench-resume=last")
    out = place.end(process)
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert re.search(rf"^ERROR: cannot record in {place.run}/run.json that the run goes on: .*{FULL}", out, re.M), out
    check_nothing_is_left(place)

    (place.attempt(0) / "code/filler").unlink()
    (place.shared / "go").touch()
    place.resumed()
    check_whole(place, {"toy-0": "gold", "toy-1": "gold"})


def test_a_run_that_cannot_be_recorded_does_not_begin(make_place, small_disk):
    place = make_place("submit()", runs=small_disk / "runs")
    with pytest.raises(OSError, match=FULL):
        (small_disk / "filler").write_bytes(bytes(1 << 26))
    process = place.start("--mlebench-sandbox=process")
    out = place.end(process)
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert re.search(rf"^ERROR: cannot record the run in {place.runs}/\S+: {FULL}; name another folder", out, re.M), out
    check_nothing_is_left(place)


def test_an_agent_that_takes_more_than_its_share_is_ended_and_graded(make_place, small_disk):
    place = make_place(
        """
submit()
if seed == 0:
    for number in range(20):
        (code / f"{number}").write_bytes(bytes(1 << 20))
    time.sleep(600)
""",
        runs=small_disk / "runs",
    )
    process = place.start("--mlebench-sandbox=process", "--mlebench-attempts=2", "--mlebench-disk=8m")
    out = place.end(process)
    assert process.returncode == 0, out
    assert str(place.record(0)["ended_early"]).startswith("ended at its disk limit: its folders took ")
    assert place.record(0)["timed_out"] is False
    assert place.record(1)["ended_early"] is None
    check_whole(place, {"toy-0": "gold", "toy-1": "gold"})

"""Submissions that are too large are refused for what they are, at once, and without being read."""

from __future__ import annotations

import os

from .running import check_whole

READ_OPTIONS = """
READ_OPTIONS = {"max_bytes": 4 << 20}
"""


def test_five_gigabytes_are_refused_unread(make_place):
    place = make_place(
        """
if seed == 0:
    (code / "large").touch()
    os.truncate(code / "large", 5 << 30)
    (code / "large").rename(submission / "submission.csv")
    time.sleep(3.5)
else:
    submit()
"""
    )
    process = place.start("--mlebench-sandbox=process", "--mlebench-attempts=2", "--mlebench-snapshot-every=1s")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Kilobytes, of the largest process: a grader takes some 150,000 for its libraries alone.
    assert usage.ru_maxrss < 600_000
    out = place.end(process)
    assert "[toy-0] - submission.csv has 5.0 GB, more than the 2.0 GB that are read: make it smaller" in out, out
    # Where the agent was slow to begin, nothing was there at the first of them.
    outcomes = [snapshot["outcome"] for snapshot in place.record(0)["snapshots"]]
    assert outcomes[-1] == "invalid"
    assert set(outcomes) <= {"no_submission", "invalid"}
    assert not list(place.run.glob("toy/seed-0/snapshots/*/*"))
    check_whole(place, {"toy-0": "invalid", "toy-1": "gold"})


def test_what_is_really_that_large_is_refused_as_well(make_place):
    place = make_place(
        """
submit()
if seed == 0:
    with open(submission / "submission.csv", "a") as file:
        for number in range(10, 2_000_000):
            file.write(f"{number},0\\n")
""",
        read_options=READ_OPTIONS,
    )
    process = place.start("--mlebench-sandbox=process", "--mlebench-attempts=2")
    out = place.end(process)
    assert "more than the 4.0 MB that are read: make it smaller" in out, out
    check_whole(place, {"toy-0": "invalid", "toy-1": "gold"})

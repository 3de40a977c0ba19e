"""The clock of the machine is set back, and forward, by a day: what is measured is measured by another one."""

from __future__ import annotations

import os
import re

from .running import Place, check_whole

# Python's own goes by way of a system call that libfaketime 0.9 breaks.
SLEEP = """
import select, time

time.sleep = lambda seconds: select.select([], [], [], seconds)
"""


class Clock:
    """The time of day that a pytest sees; its monotonic clock is the machine's."""

    def __init__(self, place: Place, library) -> None:
        self._offset = place.path / "offset"
        self.set("+0")
        customized = place.path / "customized"
        customized.mkdir()
        (customized / "sitecustomize.py").write_text(SLEEP)
        place.environment |= {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": os.pathsep.join([str(customized), os.environ.get("PYTHONPATH", "")]),
        }

    def set(self, offset: str) -> None:
        """``-1d`` is yesterday."""
        new = self._offset.with_name("offset-new")
        new.write_text(f"{offset}\n")
        new.replace(self._offset)


def test_times_and_limits_and_leases_do_not_follow_the_clock(make_place, libfaketime, docker_sandbox, tmp_path):
    place = make_place(
        """
submit()
print("under way", flush=True)
wait_for("go")
"""
    )
    place.environment["MLEBENCH_LEASES_DIR"] = str(tmp_path / "leases")
    clock = Clock(place, libfaketime)
    # All processors for one attempt, so that the other one waits.
    options = (f"--mlebench-cpus={os.cpu_count()}", "--mlebench-time-limit=8s", "--mlebench-attempts=3", "-n2")
    process = place.start("--mlebench-sandbox=docker", *options)
    place.wait_for(lambda: "under way" in "".join(p.read_text() for p in place.runs.glob("*/toy/*/agent.log")))
    clock.set("-1d")
    # The first has reached its limit; the others have as long as that to see it.
    place.wait_for(place.outcomes)
    (place.shared / "go").touch()
    clock.set("+1d")
    out = place.end(process)
    assert process.returncode == 0, out
    assert re.search(r"3 gold in \d{1,3}\.\d\ds", out), out
    records = sorted((place.record(seed) for seed in range(3)), key=lambda record: record["seconds"])
    assert [record["timed_out"] for record in records] == [False, False, True]
    assert 8 <= records[2]["seconds"] < 300
    assert all(0 <= record["seconds"] < 300 and 0 <= record["waited"] < 300 for record in records)
    # One waited for the first one, which took the whole of its limit.
    assert max(record["waited"] for record in records) > 0
    check_whole(place, dict.fromkeys(("toy-0", "toy-1", "toy-2"), "gold"))

    before = {path: path.read_bytes() for path in place.run.glob("toy/*/attempt.json")}
    clock.set("-1d")
    place.resumed("--mlebench-attempts=4")
    check_whole(place, {f"toy-{seed}": "gold" for seed in range(4)})
    assert before.items() <= {path: path.read_bytes() for path in place.run.glob("toy/*/attempt.json")}.items()


def test_the_last_run_is_the_one_that_was_started_last(make_place, libfaketime):
    place = make_place("submit()")
    clock = Clock(place, libfaketime)
    place.end(place.start("--mlebench-sandbox=process"))
    first = place.run
    clock.set("-1d")
    place.end(place.start("--mlebench-sandbox=process"))
    (second,) = {path.parent for path in place.runs.glob("*/run.json")} - {first}
    assert second.name > first.name
    out = place.resumed()
    assert f"going on with {second.name}" in out

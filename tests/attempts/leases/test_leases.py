"""Leases between processes: never more out than there is, in the order of coming, and given back by dying."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from pytest_mlebench.attempts.leases import Lease, Request, acquire

from ...waiting import wait_for
from .processes import ONE, ONE_OF_TWO, TWO, free, notes, suspend


def test_never_more_is_out_than_the_pool_has(folder, start, tmp_path):
    journal = tmp_path / "journal"
    wishes = [
        {"pool": ["0", "1"], "gpus": 1},
        {"pool": ["1", "3"], "gpus": 1},
        {"pool": ["0", "1", "3"], "gpus": 2, "cpus": 2, "total_cpus": 4},
        {"pool": ["3", "0"], "gpus": 0.5},
        {"pool": ["1", "0"], "gpus": 0.5, "cpus": 1.5, "total_cpus": 4},
        {"cpus": 3, "total_cpus": 4, "memory": 7, "total_memory": 10},
    ] * 2
    processes = [start("--journal", str(journal), "--poll", "0.02", "--hold", "0.05") for _ in wishes]
    for process, wish in zip(processes, wishes, strict=True):
        process.tell("stream 20", wish)
    for process in processes:
        assert process.line() == "done"
    use: Counter[str] = Counter()
    most = 0.0
    lines = journal.read_text().splitlines()
    for line in lines:
        gpus, share, cpus, memory = json.loads(line[2:])
        change = {**dict.fromkeys(gpus, share), "cpus": cpus, "memory": memory}
        (use.update if line[0] == "+" else use.subtract)(change)
        assert use["0"] <= 1
        assert use["1"] <= 1
        assert use["3"] <= 1
        assert use["cpus"] <= 4
        assert use["memory"] <= 10
        most = max(most, use["0"] + use["1"] + use["3"])
    assert len(lines) == 2 * 20 * len(wishes)
    assert most > 2  # they really were side by side
    assert notes(folder) == []


def test_a_killed_holder_has_given_back(start):
    holder, other = start(), start()
    assert holder.gets(ONE) == ["0"]
    other.waits(ONE)
    holder.kill()
    assert other.got() == ["0"]


def test_a_killed_waiter_keeps_nothing(start):
    holder, first, second = start(), start(), start()
    assert holder.gets(ONE_OF_TWO) == ["0"]
    first.waits(TWO)
    second.waits(ONE_OF_TWO)
    first.kill()
    assert second.got() == ["1"]


def test_children_of_a_killed_holder_do_not_hold_its_lease(start, folder):
    holder, other = start(), start()
    assert holder.gets(ONE) == ["0"]
    child = int(holder.tell("fork").line().removeprefix("forked "))
    try:
        assert not free(folder, **ONE)  # the child, which released what it inherited, did not give the parent's back
        other.waits(ONE)
        holder.kill()
        assert other.got() == ["0"]
        os.kill(child, 0)
    finally:
        os.kill(child, signal.SIGKILL)


def test_programs_that_a_holder_starts_do_not_inherit_its_lease(folder):
    with acquire(Request(pool=("0",), gpus=1), folder=folder):
        program = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        assert free(folder, **ONE)
    finally:
        program.kill()
        program.wait()


def test_one_that_needs_two_is_not_starved_by_a_stream_that_needs_one(start, tmp_path):
    journal = tmp_path / "journal"
    journal.touch()
    # Each takes again as soon as it has given back.
    options = ["--hold=0.2", "--journal", str(journal)]
    stream, other, wants_two = start(*options), start(*options), start()
    other.gets(ONE_OF_TWO)
    stream.tell("stream 100000", ONE_OF_TWO)
    wait_for(lambda: "+" in journal.read_text())
    wants_two.waits(TWO)
    other.release()
    other.tell("stream 100000", ONE_OF_TWO)
    before = journal.read_text().count("+")
    assert wants_two.got() == ["0", "1"]
    # What was out is waited for, and nothing more goes out; they may have written of it late.
    assert journal.read_text().count("+") <= before + 2
    assert [process.line(within=0.3) for process in (stream, other)] == [None] * 2
    wants_two.release()


def test_first_come_first_served(start):
    holder, *others = (start() for _ in range(4))
    holder.gets(ONE)
    for other in others:
        other.waits(ONE)
    for now, next_one in zip([holder, *others], others, strict=False):
        now.release()
        assert next_one.got() == ["0"]
        assert [other.line(within=0.1) for other in others if other is not next_one] == [None] * 2


def test_those_behind_take_what_the_first_cannot_use(start):
    holder, first, second = start(), start(), start()
    holder.gets(ONE)
    first.waits(ONE)
    assert second.gets({"pool": ["1", "0"], "gpus": 1}) == ["1"]


def test_pools_that_overlap_share_what_they_have_in_common(start):
    here, there, third = start(), start(), start()
    assert here.gets(TWO) == ["0", "1"]
    assert there.gets({"pool": ["1", "3"], "gpus": 1}) == ["3"]
    third.waits({"pool": ["1", "3"], "gpus": 1})
    here.release()
    assert third.got() == ["1"]


def test_a_gpu_is_shared_when_asked(start):
    half = {"pool": ["0", "1"], "gpus": 0.5}
    first, second, third, fourth = (start() for _ in range(4))
    assert first.gets(half) == second.gets(half) == ["0"]
    assert third.gets(ONE_OF_TWO) == ["1"]
    fourth.waits(half)
    second.release()
    assert fourth.got() == ["0"]


def test_processors_and_memory_are_shared_out(start, folder):
    machine = {"total_cpus": 4, "total_memory": 100}
    one, two, three = start(), start(), start()
    one.gets({"cpus": 2.5, "memory": 10, **machine})
    two.gets({"cpus": 1.5, "memory": 80, **machine})
    assert "0.5 CPUs" in three.waits({"cpus": 0.5, "memory": 1, **machine})
    assert free(folder, memory=5, **machine)
    one.release()
    three.got()
    assert not free(folder, memory=50, **machine)
    all_of_it = start().waits({"cpus": 400, "memory": 8, **machine})
    assert all_of_it.startswith("waiting for 4 CPUs and 8 B of memory, held by ")


def test_a_wait_tells_a_person_once_what_for(start, folder):
    holders = [start() for _ in range(2)]
    for holder in holders:
        holder.gets(ONE_OF_TWO)
    first, second = start(), start()
    by = [f"by {holder.pid} (pid {holder.pid}, root)" for holder in holders]
    line = first.waits(TWO)
    assert line.startswith("waiting for 2 of the GPUs 0, 1, held by ")
    assert all(name in line for name in by)
    line = second.waits(ONE)
    assert line.startswith("waiting for GPU 0, held by by ")
    assert line.endswith("; 1 waits before it")
    assert first.line(within=0.3) is None


def test_whoever_looks_sees_who_holds_and_who_waits(folder, start):
    waiting = start()
    with acquire(Request(pool=("0",), gpus=1, cpus=1, total_cpus=2), folder=folder, who="toy-0 of run-7"):
        waiting.waits(ONE)
        holder, waiter = sorted(notes(folder), key=lambda note: note["ticket"])
    assert (holder["state"], holder["who"], holder["pid"]) == ("holding", "toy-0 of run-7", os.getpid())
    assert holder["holding"]["gpus"] == ["0"]
    assert holder["since"] <= waiter["since"]
    assert (waiter["state"], waiter["holding"], waiter["pid"]) == ("waiting", None, waiting.pid)


def test_ctrl_c_leaves_no_place_in_the_line(start):
    holder, interrupted, other = start(), start(), start()
    holder.gets(ONE_OF_TWO)
    interrupted.waits(TWO)
    other.waits(ONE_OF_TWO)
    interrupted.signal(signal.SIGINT)
    assert interrupted.line() == "interrupted"
    assert other.got() == ["1"]  # while the interrupted process lives on


def test_an_error_in_whoever_hears_of_the_wait_leaves_no_place_in_the_line(folder):
    def fail(line: str) -> None:
        raise ZeroDivisionError(line)

    with acquire(Request(pool=("0",), gpus=1), folder=folder):
        with pytest.raises(ZeroDivisionError) as error:
            acquire(Request(pool=("0", "1"), gpus=2), folder=folder, waiting=fail)
        assert free(folder, **{**ONE, "pool": ["1"]})
    # Kept until here, with all that its traceback knows.
    assert str(error.value).startswith("waiting for 2 of the GPUs 0, 1, held by a process")


def test_to_release_again_does_nothing(folder):
    first = acquire(Request(pool=("0",), gpus=1), folder=folder)
    first.release()
    with acquire(Request(pool=("0",), gpus=1), folder=folder) as second:
        first.release()
        assert (second.gpus, len(list(folder.glob("lease-*")))) == (("0",), 1)
        assert not free(folder, **ONE)
    assert free(folder, **ONE)


def test_a_lease_that_nobody_has_any_more_is_free(folder):
    acquire(Request(pool=("0",), gpus=1), folder=folder)
    assert free(folder, **ONE)


def test_a_process_that_ends_without_releasing_ends_quietly(folder):
    program = (
        "import sys; from pathlib import Path; from pytest_mlebench.attempts.leases import *\n"
        "lease = acquire(Request(pool=('0',), gpus=1), folder=Path(sys.argv[1]))"
    )
    ended = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    assert free(folder, **ONE)


def test_the_wait_is_measured(folder, start):
    holder = start()
    holder.gets(ONE)
    began = time.monotonic()

    def release(line: str) -> None:
        time.sleep(0.2)
        holder.release()

    with acquire(Request(pool=("0",), gpus=1), folder=folder, waiting=release) as lease:
        assert 0.2 <= lease.waited <= time.monotonic() - began


def test_one_that_needs_nothing_touches_no_disk(folder):
    with acquire(Request(total_cpus=2, pool=("0",)), folder=folder) as lease:
        assert (lease.gpus, lease.cpus, lease.memory, lease.waited) == ((), 0, 0, 0)
        assert not folder.exists()
    with Lease():
        pass


def test_a_waiter_that_looks_is_not_overtaken_however_long_it_waits(start):
    holder, first, second = start(), start(), start("--stalled=4")
    holder.gets(ONE_OF_TWO)
    first.waits(TWO)
    second.waits(ONE_OF_TWO)
    assert second.line(within=5) is None


def test_a_suspended_waiter_is_overtaken_and_keeps_its_place(start, folder):
    holder, suspended, other = start(), start(), start("--stalled=1")
    holder.gets(ONE_OF_TWO)
    suspended.waits(TWO)
    suspend(suspended, folder)
    other.waits(ONE_OF_TWO)
    assert other.got() == ["1"]
    suspended.signal(signal.SIGCONT)
    third = start()
    third.waits(ONE_OF_TWO)
    holder.release()
    assert third.line(within=0.3) is None  # what is free is kept again
    other.release()
    assert suspended.got() == ["0", "1"]

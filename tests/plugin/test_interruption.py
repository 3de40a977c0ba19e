"""Ctrl-C and kills, for real: nothing of an attempt is left, none is lost or counted twice, and the run goes on."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from ..waiting import wait_for
from .running import Run, containers, processes_with


@pytest.fixture(params=["process", "docker"])
def sandbox(request):
    if request.param == "docker":
        request.getfixturevalue("docker_sandbox")
    return request.param


@pytest.fixture
def begin(directory, sandbox):
    runs = []

    def begin(*options, **more):
        runs.append(run := Run(directory, sandbox, *options, **more))
        return run

    yield begin
    for run in runs:
        run.close()


ALONE, TWO = ((), 1), (("-n2",), 2)
EITHER = pytest.mark.parametrize(("options", "attempts"), [ALONE, TWO], ids=["alone", "xdist"])


@EITHER
@pytest.mark.parametrize(
    ("times", "between"), [(1, 0), (2, 0.02), (60, 0.1)], ids=["once", "twice at once", "on and on"]
)
def test_ctrl_c_leaves_nothing_and_the_run_goes_on(begin, options, attempts, times, between):
    run = begin(*options, attempts=attempts)
    run.wait_until_asleep()
    for _ in range(times):
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGINT)
            time.sleep(between)
    out = run.end()
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED, out
    assert f"mlebench: interrupted; to go on: pytest --mlebench-resume={run.folder.name}" in out
    # One that is shown where it struck, none that broke through.
    assert out.count("KeyboardInterrupt") <= 3, out
    assert "Traceback" not in out
    run.leaves_nothing()
    assert run.outcomes() == {}
    run.goes_on(*options)


def test_ctrl_c_that_reaches_the_controller_alone_ends_its_workers_too(begin):
    run = begin("-n2", attempts=2)
    run.wait_until_asleep()
    run.process.send_signal(signal.SIGINT)
    assert "mlebench: interrupted; to go on" in run.end()
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED
    run.leaves_nothing()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed_is_replaced_and_leaves_nothing_while_the_run_goes_on(begin, number):
    run = begin("-n2", attempts=2)
    run.wait_until_asleep()
    os.kill(run.workers()[0], number)
    others = 1 if run.sandbox == "docker" else 0
    wait_for(lambda: len(containers(run.folder.name)) == others)
    # The other attempt's shell and its sleep, and in Docker what starts them.
    wait_for(lambda: len(processes_with(run.sleep)) == 2 + others)
    wait_for(lambda: set(run.outcomes().values()) == {"error"})
    wait_for(lambda: len(list(run.folder.glob("workers/*"))) == 1)
    assert run.process.poll() is None
    run.process.terminate()
    out = run.end()
    how = "was killed (by somebody, or by the kernel for want of memory)"
    how = how if number == signal.SIGKILL else "was ended by SIGTERM"
    assert re.search(rf"worker gw\d {re.escape(how)} while it attempted toy-\d; what it left was removed", out), out
    run.leaves_nothing()
    run.goes_on("-n2")


def test_a_killed_worker_that_is_not_replaced_ends_the_run(begin):
    run = begin("-n1", "--max-worker-restart=0")
    run.wait_until_asleep()
    os.kill(run.workers()[0], signal.SIGKILL)
    assert "error, not counted: toy-0" in run.end()
    run.leaves_nothing()
    run.goes_on()


def test_workers_whose_controller_is_killed_end_their_attempts(begin):
    run = begin("-n2", attempts=2)
    run.wait_until_asleep()
    run.process.kill()
    run.process.wait(60)
    run.leaves_nothing()
    run.goes_on("-n2")


@EITHER
def test_a_run_that_is_killed_whole_is_swept_when_it_goes_on(begin, options, attempts):
    run = begin(*options, attempts=attempts)
    run.wait_until_asleep()
    os.killpg(run.process.pid, signal.SIGKILL)
    run.process.wait(60)
    # Its agents live on, unless another run of this machine has swept them already.
    run.goes_on(*options)


def test_another_run_sweeps_what_a_killed_one_left(begin, directory, sandbox):
    run = begin()
    run.wait_until_asleep()
    run.process.kill()
    run.process.wait(60)
    (killed,) = (directory.path / "runs").iterdir()
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=perfect", "-k", "toy", f"--mlebench-sandbox={sandbox}", timeout=300
    )
    result.stdout.fnmatch_lines(["*1 gold*"])
    wait_for(lambda: not processes_with(run.sleep))
    assert not containers(killed.name)

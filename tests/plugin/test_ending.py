"""SIGTERM from a scheduler and the loss of a terminal end a run in order, and it says how to go on."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import sys
import time

import pytest

from ..waiting import wait_for
from .running import Run


@pytest.fixture(params=["process", "docker"])
def sandbox(request):
    if request.param == "docker":
        request.getfixturevalue("docker_sandbox")
    return request.param


@pytest.fixture
def begin(directory):
    runs = []

    def begin(sandbox, *options, **more):
        runs.append(run := Run(directory, sandbox, *options, **more))
        return run

    yield begin
    for run in runs:
        run.close()


@pytest.mark.parametrize("whom", ["controller", "group"])
@pytest.mark.parametrize(("options", "attempts"), [((), 1), (("-n2",), 2)], ids=["alone", "xdist"])
def test_sigterm_ends_the_run_in_order(begin, sandbox, options, attempts, whom):
    run = begin(sandbox, *options, attempts=attempts)
    run.wait_until_asleep()
    (os.killpg if whom == "group" else os.kill)(run.process.pid, signal.SIGTERM)
    out = run.end()
    assert run.process.returncode == 128 + signal.SIGTERM, out
    assert f"mlebench: ended by SIGTERM; to go on: pytest --mlebench-resume={run.folder.name}" in out
    assert "Traceback" not in out
    run.leaves_nothing()
    run.goes_on(*options)


def test_the_command_that_it_prints_goes_on_with_as_many_workers(begin):
    run = begin("process", "-n2", "--mlebench-runs-dir=other place", attempts=2)
    wait_for(lambda: len(list(run.directory.path.glob("other place/*/toy/*/agent.log"))) == 2)
    run.process.terminate()
    _, _, command = run.end().partition("to go on: ")
    words = shlex.split(command.splitlines()[0])
    assert words[0] == "pytest"
    run._replace(run.sleep, "true")
    result = subprocess.run(
        [sys.executable, "-m", *words], cwd=run.directory.path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
    assert "2 workers [2 items]" in result.stdout
    assert "2 bronze" in result.stdout


def test_eight_containers_are_gone_before_a_scheduler_loses_patience(begin, docker_sandbox):
    began = time.monotonic()
    run = begin("docker", "-n8", attempts=8)
    run.wait_until_asleep()
    beginning = time.monotonic() - began
    run.process.terminate()
    # Schedulers kill after some 30 seconds; a machine that takes long to start eight may take as long to end them.
    assert run.process.wait(max(25, 2 * beginning)) == 128 + signal.SIGTERM
    assert run.left() == []
    assert run.outcomes() == {}


def test_what_is_finished_is_kept(begin, directory):
    conftest = directory.path / "conftest.py"
    conftest.write_text(
        conftest.read_text().replace(
            '"; echo asleep; sleep 600"', "'; if [ $MLEBENCH_SEED != 0 ]; then echo asleep; sleep 600; fi'"
        )
    )
    run = begin("process", "-n2", attempts=3)
    run.wait_until_asleep(2)
    wait_for(lambda: run.outcomes() == {"toy-0": "bronze"})
    run.process.terminate()
    out = run.end()
    assert "1 bronze" in out
    before = (run.folder / "toy/seed-0/attempt.json").read_bytes()
    run.goes_on("-n2")
    assert (run.folder / "toy/seed-0/attempt.json").read_bytes() == before


@pytest.mark.parametrize(("options", "attempts"), [((), 1), (("-n2",), 2)], ids=["alone", "xdist"])
def test_a_run_whose_terminal_is_lost_ends_in_order(begin, options, attempts):
    ours, its = pty.openpty()
    run = begin(
        "process",
        *options,
        attempts=attempts,
        stdin=its,
        stdout=its,
        stderr=its,
        # Becomes its controlling terminal, whose loss is what sends SIGHUP.
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    )
    os.close(its)
    run.wait_until_asleep()
    os.close(ours)
    assert run.process.wait(180) == 128 + signal.SIGHUP
    run.leaves_nothing()
    run.goes_on(*options)


def test_a_run_that_is_to_outlive_its_terminal_does(begin):
    run = begin("process", "-n1", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    run.wait_until_asleep()
    os.killpg(run.process.pid, signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(2)
    run.process.terminate()
    assert "ended by SIGTERM" in run.end()


def test_signals_are_handled_as_before_once_a_session_is_over(directory):
    def mine(number, frame):
        pass

    before = {number: signal.signal(number, mine) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        directory.run("perfect")
        assert {signal.getsignal(number) for number in before} == {mine}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_without_an_agent_signals_are_nobodys(pytester):
    pytester.makepyfile("import signal\ndef test(): assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL")
    assert pytester.runpytest_subprocess().ret == 0


def test_a_run_that_is_done_has_nothing_to_go_on_with(directory):
    directory.run("perfect").stdout.no_fnmatch_line("*to go on*")

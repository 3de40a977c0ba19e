"""Under pytest-xdist: no attempt waits behind another, the longest come first, and deaths of workers are survived."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from ..waiting import wait_for
from .running import Run, processes_with

AGENTS = """
_agents = pytest_mlebench_agents

NOTE = f"echo $MLEBENCH_COMPETITION-$MLEBENCH_SEED >> {HERE / 'begun'}; "
DONE = f"echo $MLEBENCH_COMPETITION-$MLEBENCH_SEED >> {HERE / 'done'}"
OTHERS = f'while [ "$(cat {HERE / "done"} | wc -l)" -lt $MLEBENCH_OPTION_OTHERS ]; do sleep 0.05; done; '
FIRST = f"until [ -e {HERE / 'failed'} ]; do sleep 0.05; done; "


def pytest_mlebench_agents():
    return [
        *_agents(),
        sh("noting", NOTE + rows(10)),
        sh("last", NOTE + "if [ $MLEBENCH_COMPETITION = long ]; then " + OTHERS + "fi; " + rows(10) + "; " + DONE,
           options={"others": 7}),
        # The second ends once the controller knows that the first has failed.
        sh("failing", NOTE + "if [ $MLEBENCH_SEED = 1 ]; then " + FIRST + "fi; " + rows(2)),
    ]
"""

TELL = """
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tell())


class Tell:
    def pytest_runtest_logreport(self, report):
        if report.failed:
            (HERE / "failed").touch()
"""

KILL = """
import os, signal

@pytest.fixture
def gpus(request):
    mark = HERE / "killed"
    if "toy-{seed}" in request.node.name and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return ()
"""


@pytest.fixture
def scheduled(directory):
    """The user's directory, with agents that write down what they attempt, and competitions that last longer."""
    (directory.path / "done").touch()
    add_to_conftest(directory, "import pytest\n" + AGENTS)
    directory.add_competition("long", "high")
    directory.add_competition("middle", "medium")
    return directory


def add_to_conftest(directory, text: str) -> None:
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text() + "\n" + text)


def begun(directory) -> list[str]:
    """Attempts in the order in which agents began them."""
    path = directory.path / "begun"
    return path.read_text().split() if path.exists() else []


def records(directory) -> dict[str, dict]:
    found = [json.loads(path.read_text()) for path in directory.run_folder().glob("*/seed-?/attempt.json")]
    return {f"{record['competition']}-{record['seed']}": record for record in found}


def outcomes(directory) -> dict[str, str]:
    return {name: record["outcome"] for name, record in records(directory).items()}


def named(*names: str) -> list[str]:
    return [f"test_competition[{name}]" for name in names]


MODES = [["-n2"], ["-n2", "--dist=loadgroup"], ["-n2", "--dist=worksteal"], ["--dist=loadfile", "--tx=2*popen"]]


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_nothing_waits_behind_a_long_attempt(scheduled, mode):
    shorts = [f"toy-{seed}" for seed in range(7)]
    # The long one ends only when all others have; one that waited behind it would keep it until its time limit.
    attempts = named("long-0", *shorts)
    options = ["--mlebench-attempts=7", "--mlebench-time-limit=5m", "-v"]
    result = scheduled.run("last", *mode, *options, *attempts, k="")
    result.stdout.fnmatch_lines(["scheduling tests via LongestFirst", "*8 gold*"])
    found = records(scheduled)
    assert {found[name]["worker"] for name in shorts} == {"gw0", "gw1"} - {found["long-0"]["worker"]}
    assert not found["long-0"]["timed_out"]


def test_the_longest_come_first_as_past_runs_and_else_complexity_tell(scheduled):
    assert scheduled.run("noting", "-n1", k="long or middle or toy").ret == 0
    assert begun(scheduled) == ["long-0", "middle-0", "toy-0"]
    for path, seconds in zip(scheduled.path.glob("runs/*/*/*/attempt.json"), (10, 30, 20), strict=True):
        path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": seconds}))
    lasted = {r["competition"]: r["seconds"] for r in records(scheduled).values()}
    (scheduled.path / "begun").unlink()
    scheduled.run("noting", "-n1", k="long or middle or toy")
    assert begun(scheduled) == [f"{name}-0" for name in sorted(lasted, key=lasted.__getitem__, reverse=True)]


def test_what_a_resumed_run_has_finished_comes_first(scheduled):
    scheduled.run("noting", "-n1", "--mlebench-attempts=2", k="toy")
    result = scheduled.pytester.runpytest("--mlebench-resume=last", "-n1", "-v", "-k", "long or toy")
    order = [line.split("[")[-1].rstrip(" ]") for line in result.outlines if "] GOLD" in line]
    assert order == ["toy-0", "toy-1", "long-0", "long-1"]
    assert begun(scheduled) == ["toy-0", "toy-1", "long-0", "long-1"]


def test_a_replacement_gets_what_a_killed_worker_left(scheduled):
    add_to_conftest(scheduled, KILL.format(seed=0))
    result = scheduled.run("noting", "-n1", "--mlebench-attempts=3", k="toy")
    assert outcomes(scheduled) == {"toy-0": "error", "toy-1": "gold", "toy-2": "gold"}
    assert [records(scheduled)[name]["worker"] for name in ("toy-1", "toy-2")] == ["gw1", "gw1"]
    result.stdout.fnmatch_lines(["*error, not counted: toy-0*", "*1 error, 2 gold*"])


def test_others_go_on_where_a_killed_worker_is_not_replaced(scheduled):
    add_to_conftest(scheduled, KILL.format(seed=0))
    result = scheduled.run(
        "last", "-n2", "--max-worker-restart=0", *named("long-0", "toy-0"), "--mlebench-option=others=0", k=""
    )
    assert outcomes(scheduled) == {"toy-0": "error", "long-0": "gold"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_an_attempt_whose_worker_was_killed_runs_again_where_a_plugin_asks_for_it(scheduled):
    hook = "\ndef pytest_handlecrashitem(crashitem, sched):\n    sched.mark_test_pending(crashitem)\n"
    add_to_conftest(scheduled, KILL.format(seed=1) + hook)
    scheduled.run("noting", "-n2", "--mlebench-attempts=2", k="toy")
    assert outcomes(scheduled) == {"toy-0": "gold", "toy-1": "gold"}


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_more_begins_after_the_first_failure_where_asked_for(scheduled, workers):
    add_to_conftest(scheduled, TELL)
    scheduled.run("failing", f"-n{workers}", "-x", "--mlebench-attempts=4", k="toy")
    # Only what another worker had in hand goes on to its end.
    assert sorted(begun(scheduled)) == ["toy-0", "toy-1"][:workers]
    assert len(outcomes(scheduled)) == workers


SHARED = """
@pytest.fixture(scope="session", autouse=True)
def shared(worker_id):
    with (HERE / f"shared-{worker_id}").open("a") as file:
        print("up", file=file, flush=True)
        yield
        print("down", file=file)
"""


def test_what_attempts_share_lives_as_long_as_the_worker(scheduled):
    add_to_conftest(scheduled, SHARED)
    scheduled.run(
        "last",
        "-n2",
        "--mlebench-option=others=3",
        "--mlebench-attempts=3",
        *named("long-0", "toy-0", "toy-1", "toy-2"),
        k="",
    )
    assert [(scheduled.path / f"shared-gw{n}").read_text().split() for n in (0, 1)] == [["up", "down"]] * 2


def test_an_error_in_taking_down_what_attempts_share_is_an_error_and_kills_no_worker(scheduled):
    add_to_conftest(scheduled, SHARED.replace('print("down", file=file)', 'raise OSError("cannot let go")'))
    result = scheduled.run("noting", "-n1", "--mlebench-attempts=2", k="toy")
    result.stdout.fnmatch_lines(
        ["*ERROR at teardown of test_competition*toy-1*", "*cannot let go*", "*1 error, 2 gold*"]
    )
    assert "crashed" not in result.stdout.str()


def test_more_workers_than_attempts(scheduled):
    scheduled.run("noting", "-n3", k="toy").stdout.fnmatch_lines(["*1 gold*"])


def test_no_attempts_at_all(scheduled):
    assert scheduled.run("noting", "-n2", k="nothing-like-it").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_workers_that_collect_different_attempts_begin_none(scheduled):
    add_to_conftest(
        scheduled,
        "\ndef pytest_collection_modifyitems(config, items):\n"
        "    if getattr(config, 'workerinput', {}).get('workerid') == 'gw1':\n"
        "        items[:] = [item for item in items if 'toy-0' not in item.name]\n",
    )
    result = scheduled.run("noting", "-n2", "--mlebench-attempts=2", k="toy")
    result.stdout.fnmatch_lines(["*Different tests were collected between gw? and gw?*"])
    assert result.ret != 0
    assert begun(scheduled) == []


def test_attempts_on_each_worker_are_refused(scheduled):
    result = scheduled.run("noting", "--dist=each", "--tx=2*popen")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --dist=each would make every attempt once per worker*"])


def test_runs_without_an_agent_keep_the_scheduler_of_xdist(pytester):
    pytester.makepyfile("def test_one(): pass\ndef test_two(): pass")
    result = pytester.runpytest("-n2", "-v")
    result.stdout.fnmatch_lines(["scheduling tests via LoadScheduling", "*2 passed*"])


ANY_TESTS = """
import pytest
from pytest_mlebench import work_loop
from pytest_mlebench.longest_first import LongestFirst

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if hasattr(session.config, "workerinput"):
        work_loop.work(session)
        return True

def pytest_xdist_make_scheduler(config):
    return LongestFirst(config, lambda ids: [float(i[-1]) for i in ids], workers=1)

def note(line):
    with open("noted", "a") as file:
        print(line, file=file)

@pytest.fixture(scope="session", autouse=True)
def everywhere():
    note("up")
    yield
    note("down")

@pytest.fixture(scope="module", autouse=True)
def here(request):
    note("up " + request.module.__name__)
    yield
    note("down " + request.module.__name__)
"""


def test_fixtures_of_a_module_end_when_another_modules_test_comes_next(pytester):
    pytester.makeconftest(ANY_TESTS)
    tests = "from conftest import note\ndef test_{0}(): note({0})\ndef test_{1}(): note({1})"
    pytester.makepyfile(a=tests.format(8, 7), b=tests.format(9, 1), c="def test_6(): assert 0")
    result = pytester.runpytest("-n1", "-p", "no:mlebench", "a.py", "b.py", "c.py")
    result.assert_outcomes(passed=4, failed=1)
    noted = (pytester.path / "noted").read_text().split("\n")[:-1]
    a, b, c = (["up b", "9", "down b"], ["up a", "8", "7", "down a"], ["up c", "down c"])
    assert noted == ["up", *a, *b, *c, "up b", "1", "down b", "down"]


UNKNOWN = """
import xdist.remote
del xdist.remote.WorkerInteractor.run_one_test
"""


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_an_unknown_xdist_keeps_its_own_loop_and_the_longest_first(scheduled, workers):
    add_to_conftest(scheduled, UNKNOWN + SHARED)
    options = ["--mlebench-agent=noting", "--mlebench-sandbox=process", f"-n{workers}"]
    result = scheduled.pytester.runpytest_subprocess(*options, "-k", "long or middle or toy", timeout=300)
    result.stdout.fnmatch_lines(["mlebench: pytest-xdist * is not as expected: *", "*3 gold*"])
    assert sorted(begun(scheduled)) == ["long-0", "middle-0", "toy-0"]
    assert workers > 1 or begun(scheduled) == ["long-0", "middle-0", "toy-0"]


def test_a_killed_worker_of_an_unknown_xdist_is_replaced_too(scheduled):
    add_to_conftest(scheduled, UNKNOWN + KILL.format(seed=0))
    options = ["--mlebench-agent=noting", "--mlebench-sandbox=process", "-n1", "--mlebench-attempts=3"]
    scheduled.pytester.runpytest_subprocess(*options, "-k", "toy", timeout=300)
    assert outcomes(scheduled) == {"toy-0": "error", "toy-1": "gold", "toy-2": "gold"}


def idle(run: Run) -> list[int]:
    return [pid for pid in run.workers() if not Path(f"/proc/{pid}/task/{pid}/children").read_text()]


@pytest.fixture
def one_busy_one_idle(directory):
    """A run of one attempt on two workers, and the process of the one that waits for something to do."""
    run = Run(directory, "process", "-n2")
    run.wait_until_asleep()
    wait_for(lambda: len(run.workers()) == 2)
    # The other one has an agent. One that starts may have a child for a moment.
    wait_for(lambda: len(idle(run)) == 1)
    yield run, *idle(run)
    run.close()


def test_ctrl_c_ends_a_worker_that_waits_for_something_to_do(one_busy_one_idle):
    run, _ = one_busy_one_idle
    os.killpg(run.process.pid, signal.SIGINT)
    assert "Traceback" not in run.end()
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED
    run.leaves_nothing()
    run.goes_on("-n2")


def test_a_worker_that_dies_waiting_for_something_to_do_costs_nothing(one_busy_one_idle):
    run, idle = one_busy_one_idle
    os.kill(idle, signal.SIGKILL)
    wait_for(lambda: len(set(run.workers()) - {idle}) == 2)
    assert processes_with(run.sleep)
    assert run.outcomes() == {}
    run.process.terminate()
    run.end()
    run.leaves_nothing()
    run.goes_on("-n2")

"""Every sandbox lets an observer follow an execution and end it, with real processes and containers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.sandboxes import Observer, Sandbox
from pytest_mlebench.sandboxes.waiting import Waited, wait_for_end

from .conftest import MakeJob, names_alive


class Watcher(Observer):
    """Asks for the end when a file is there; keeps what it is told."""

    PATIENCE = 0.3

    def __init__(self, sign: Path | None = None) -> None:
        self.sign = sign
        self.told: list[str] = []

    def began(self) -> None:
        self.told.append("began")

    def should_end(self) -> bool:
        self.told.append("asked")
        return self.sign is not None and self.sign.exists()


def test_observer_hears_of_the_beginning_once_and_is_asked_until_the_end(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("until [ -e enough ]; do sleep 0.05; done")

    class UntilAskedThrice(Watcher):
        def should_end(self) -> bool:
            if self.told.count("asked") == 2:
                (job.code / "enough").touch()
            return super().should_end()

    watcher = UntilAskedThrice()
    object.__setattr__(job, "observer", watcher)
    execution = sandbox.execute(job)
    assert watcher.told[0] == "began"
    assert set(watcher.told[1:]) == {"asked"}
    assert len(watcher.told) >= 4
    assert (execution.ended_early, execution.timed_out, execution.exit_status) == (False, False, 0)


def test_observer_hears_of_an_agent_that_cannot_even_start(sandbox: Sandbox, make_job: MakeJob) -> None:
    watcher = Watcher()
    job = make_job(agent=Agent(name="a", command=["no-such-program-anywhere"]), observer=watcher)
    assert sandbox.execute(job).exit_status == 127
    assert watcher.told.count("began") == 1


def test_observer_ends_an_agent_as_the_time_limit_does(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("trap 'echo last words; exit 5' TERM; touch sign; while :; do sleep 0.1; done", grace=120)
    object.__setattr__(job, "observer", Watcher(job.code / "sign"))
    execution = sandbox.execute(job)
    assert (execution.ended_early, execution.timed_out, execution.exit_status) == (True, False, 5)
    assert execution.seconds < 120
    assert "last words\n" in job.log.read_text()


def test_agent_that_will_not_end_for_the_observer_is_killed(
    sandbox: Sandbox, make_job: MakeJob, request: pytest.FixtureRequest
) -> None:
    job = make_job("trap '' TERM; touch sign; while :; do sleep 0.1; done", grace=0.5)
    object.__setattr__(job, "observer", Watcher(job.code / "sign"))
    execution = sandbox.execute(job)
    assert (execution.ended_early, execution.timed_out, execution.exit_status) == (True, False, 137)
    assert names_alive(sandbox, job.name, request) == []


def test_time_limit_counts_while_an_observer_is_asked(sandbox: Sandbox, make_job: MakeJob) -> None:
    execution = sandbox.execute(make_job("sleep 600", time=1, grace=5, observer=Watcher()))
    assert (execution.ended_early, execution.timed_out) == (False, True)
    assert 1 <= execution.seconds < 120


@pytest.mark.parametrize("method", ["began", "should_end"])
def test_observer_that_raises_leaves_nothing_running(
    sandbox: Sandbox, make_job: MakeJob, request: pytest.FixtureRequest, method: str
) -> None:
    def fail(self: Observer) -> bool:
        raise ZeroDivisionError("an observer's mistake")

    observer = type("Failing", (Watcher,), {method: fail})()
    job = make_job("while :; do sleep 0.1; done", observer=observer)
    with pytest.raises(ZeroDivisionError, match="an observer's mistake"):
        sandbox.execute(job)
    assert names_alive(sandbox, job.name, request) == []


def test_wall_clock_that_is_set_back_does_no_harm(
    sandbox: Sandbox, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, hour = time.monotonic(), 3600.0
    # Each look at it finds it further back.
    monkeypatch.setattr(time, "time", lambda: 1e9 - hour * (time.monotonic() - began))
    execution = sandbox.execute(make_job("sleep 600", time=1, grace=5, observer=Watcher()))
    assert execution.timed_out
    assert 1 <= execution.seconds < 120


def test_observer_that_never_ends_anything_costs_no_waking_up() -> None:
    times: list[float] = []

    class Listens(Observer):
        def began(self) -> None:
            """It wants no more than that."""

    def ends_by(until: float) -> str | None:
        times.append(until)
        return "ended"

    deadline = time.monotonic() + 1000
    assert wait_for_end(ends_by, deadline, Listens()) == Waited("ended")
    assert times == [deadline]

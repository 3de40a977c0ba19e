"""What an agent prints, in every sandbox, with real processes and containers."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import Sandbox
from pytest_mlebench.sandboxes.agent_log import LIMIT
from pytest_mlebench.sandboxes.process import ProcessSandbox

from ..waiting import text_of, wait_for
from .conftest import MakeJob, names_alive
from .executing import executing


def python(program: str, **more: object) -> Agent:
    return Agent(name="prints", command=["python3", "-c", program], **more)


def test_order_of_both_streams_is_kept(sandbox: Sandbox, make_job: MakeJob) -> None:
    program = "import os\nfor i in range(2000): os.write(1 + i % 2, b'%d\\n' % i)"
    job = make_job(agent=python(program))
    sandbox.execute(job)
    assert job.log.read_text().split() == [str(i) for i in range(2000)]


def test_a_million_lines_hold_nobody_up_and_none_is_lost(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job(agent=python("import os\nfor i in range(1_000_000): os.write(1, b'step %d of many\\n' % i)"))
    execution = sandbox.execute(job)
    assert not execution.timed_out
    assert job.log.read_bytes() == b"".join(b"step %d of many\n" % i for i in range(1_000_000))


def test_log_stays_within_its_bounds_and_keeps_both_ends(sandbox: Sandbox, make_job: MakeJob) -> None:
    lines = 20_000_000
    job = make_job(f"seq {lines}; echo the end", time=600)
    assert sandbox.execute(job).exit_status == 0
    content = job.log.read_bytes()
    assert len(content) <= LIMIT
    head, count, tail = re.split(rb"\[mlebench: (\d+) bytes left out here\]\n", content)
    assert head.startswith(b"1\n2\n3\n")
    assert tail.endswith(b"%d\nthe end\n" % lines)
    assert min(len(head), len(tail)) > LIMIT // 5
    whole = sum(9 * 10**i * (i + 2) for i in range(7)) + (lines - 10**7 + 1) * 9 + len("the end\n")
    assert len(head) + int(count) + len(tail) == whole
    assert [path.name for path in job.log.parent.iterdir() if "agent.log" in path.name] == ["agent.log"]


def test_secrets_are_not_written_down(sandbox: Sandbox, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    # The second half comes in time, however busy the machine is.
    monkeypatch.setattr("pytest_mlebench.sandboxes.copying._WHILE", 600.0)
    secret = "sk-4f3e2d1c0b9a8877"
    program = (
        "import os, time\n"
        "key = os.environ['API_KEY']\n"
        "print('key', key, 'option', os.environ['MLEBENCH_OPTION_MODEL'])\n"
        "os.write(1, key[:7].encode()); time.sleep(0.1); os.write(2, key[7:].encode() + b' in two writes\\n')\n"
        "os.write(1, b'not it: ' + key[:7].encode())"
    )
    job = make_job(
        agent=python(program, env=["API_KEY", "NOT_SET"]),
        environment={"API_KEY": f"{secret}\n", "MLEBENCH_OPTION_MODEL": "a-model"},
    )
    sandbox.execute(job)
    text = job.log.read_text()
    assert secret not in text
    assert text == "key [API_KEY]\n option a-model\n[API_KEY]\n in two writes\nnot it: sk-4f3e"


def test_beginning_of_a_secret_is_shown_when_nothing_follows(sandbox: Sandbox, make_job: MakeJob) -> None:
    agent = Agent(name="a", command=["sh", "-c", "printf 'ask-'; until [ -e go ]; do sleep 0.1; done"], env=["API_KEY"])
    job = make_job(agent=agent, environment={"API_KEY": "k-4f3e2d1c0b9a8877"})
    with executing(sandbox, job):
        wait_for(lambda: text_of(job.log) == "ask-")


def test_full_disk_holds_no_agent_up_and_is_told_at_the_end(
    sandbox: Sandbox, make_job: MakeJob, request: pytest.FixtureRequest
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no disk that is always full")
    job = make_job("seq 300000; touch came-to-the-end", log=Path("/dev/full"))
    with pytest.raises(HarnessError, match="cannot write the agent's log /dev/full: No space left on device"):
        sandbox.execute(job)
    assert (job.code / "came-to-the-end").exists()
    assert names_alive(sandbox, job.name, request) == []


def test_log_that_cannot_be_opened_is_told_before_anything_starts(
    sandbox: Sandbox, make_job: MakeJob, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    job = make_job("touch started", log=tmp_path / "nowhere" / "agent.log")
    with pytest.raises(HarnessError, match=r"cannot write the agent's log .*nowhere/agent.log: No such file"):
        sandbox.execute(job)
    assert not (job.code / "started").exists()
    assert names_alive(sandbox, job.name, request) == []


def test_a_process_that_hides_and_holds_the_output_does_not_hold_the_attempt(make_job: MakeJob) -> None:
    # Of another session and without the mark: what a process can do that no sandbox isolates.
    hides = "echo hidden; echo $$ > hidden; while :; do sleep 0.1; echo hidden; done"
    job = make_job(f"env -i setsid sh -c '{hides}' & until [ -s hidden ]; do sleep 0.05; done")
    began = time.monotonic()
    try:
        assert ProcessSandbox().execute(job).exit_status == 0
        assert time.monotonic() - began < 60
        assert job.log.read_text().startswith("hidden\n")
    finally:
        with contextlib.suppress(ProcessLookupError):  # its output may have had no reader any more
            os.kill(int((job.code / "hidden").read_text()), signal.SIGKILL)

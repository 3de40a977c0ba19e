"""Models that are slow, down or broken, and the deaths of the processes that take part."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from pytest_mlebench.attempts.budget import Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess
from pytest_mlebench.attempts.gateway.session import GatewaySession
from pytest_mlebench.errors import HarnessError

from ...models.scripted import Answer, Failure, Hang, Raw, Reply, ScriptedModel
from ...waiting import is_running, text_of, wait_for
from .asking import HELLO, chat, client, is_open, lines_of, post
from .conftest import Opening


def script(*answers: Answer):
    """A player that says these one after another, and the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_a_rate_limit_is_waited_for_as_long_as_it_asks(model, attempt, tmp_path: Path, name: str, stream: bool):
    model.player = script(Failure(429, "slowly", retry_after=0.4), Reply("at last"))
    assert "at last" in post(attempt, chat(name, stream=stream)).text
    first, second = model.requests
    assert second.at - first.at >= 0.4
    attempt.close()
    assert (attempt.usage.requests, attempt.usage.failures, attempt.trouble) == (1, 0, None)
    assert lines_of(tmp_path / "transcript-0.jsonl")[0]["tries"] == 2


def test_others_go_on_while_a_request_waits(model, attempt):
    waiting, answered = threading.Event(), threading.Event()

    def player(request):
        if request["model"] != "slow":
            return Reply("a word")
        if not waiting.is_set():
            waiting.set()
            return Failure(503, retry_after=0.4)
        return Reply("a word", after=answered)

    model.player = player
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(post, attempt, chat("openai/slow"))
        assert waiting.wait(60)
        assert post(attempt, chat("openai/quick")).status_code == 200
        assert not slow.done()
        answered.set()
        assert slow.result().status_code == 200


@pytest.mark.parametrize("failure", [Failure(500), Failure(429, retry_after=0.1), Failure(503, body="<html>busy")])
def test_a_provider_that_goes_on_failing_is_given_up_with_its_last_answer(model, attempt, failure: Failure):
    model.player = lambda _: failure
    answer = post(attempt, chat())
    assert answer.status_code == failure.status
    assert (failure.body or failure.message) in answer.json()["error"]["message"]
    assert 2 <= len(model.requests) <= 12
    attempt.close()
    assert f"({failure.status})" in attempt.trouble


def test_waits_that_are_too_long_are_not_waited_for(model, attempt):
    model.player = lambda _: Failure(429, "come back tomorrow", retry_after=86400)
    answer = post(attempt, chat())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "86400")
    assert len(model.requests) == 1


@pytest.mark.parametrize("failure", [Failure(401, "no such key"), Failure(429, "no money", code="insufficient_quota")])
def test_failures_that_will_not_pass_are_not_tried_again(model, attempt, failure: Failure):
    model.player = lambda _: failure
    answer = post(attempt, chat())
    assert (answer.status_code, answer.json()["error"]["message"]) == (failure.status, failure.message)
    wait_for(lambda: attempt.trouble)
    assert failure.message in attempt.trouble
    assert len(model.requests) == 1


def test_trouble_is_over_once_the_model_answers(model, attempt):
    model.player = script(Failure(403, "not yet"), Reply("now"), Failure(403, "not again"))
    post(attempt, chat())
    wait_for(lambda: attempt.trouble)
    post(attempt, chat())
    post(attempt, chat())
    wait_for(lambda: attempt.usage.requests == 3)
    assert attempt.trouble is None


@pytest.mark.parametrize(
    "answer",
    [
        Raw(b"<html>a page</html>", "text/html"),
        Raw(b'{"some": "thing"}'),
        Raw(b'{"error": {"message": "overloaded", "code": 503}}'),
        Raw(b"data: nonsense\n\n", "text/event-stream"),
        Raw(b"", "text/event-stream"),
        Hang(0.05),
    ],
)
def test_nonsense_from_the_endpoint_is_an_error_of_the_provider(model, attempt, answer: Answer):
    model.player = lambda _: answer
    for stream in (False, True):
        told = post(attempt, chat(stream=stream))
        assert told.status_code in (502, 503)
        assert told.json()["error"]["type"] == "server_error"
    attempt.close()
    assert attempt.trouble is not None


@pytest.mark.parametrize("answer", [Raw(b"<html>"), Hang(0.05)])
def test_nonsense_may_pass(model, attempt, answer: Answer):
    model.player = script(answer, Reply("sense"))
    assert post(attempt, chat()).json()["choices"][0]["message"]["content"] == "sense"


@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_a_stream_that_breaks_off_is_not_tried_again_and_the_agent_sees_it(model, attempt, tmp_path: Path, name: str):
    model.player = lambda _: Reply("word " * 40, cut_after=4)
    with client(attempt) as asking:
        stream = asking.chat.completions.create(model=name, messages=HELLO, stream=True)
        with pytest.raises((openai.APIError, httpx.RemoteProtocolError)):
            list(stream)
    assert len(model.requests) == 1
    attempt.close()
    assert attempt.usage.failures == 1
    assert attempt.usage.tokens > 0
    (line,) = lines_of(tmp_path / "transcript-0.jsonl")
    assert line["response"]["choices"][0]["message"]["content"].startswith("word ")
    assert line["error"]


@pytest.mark.parametrize(
    "event",
    [
        {"choices": [{"index": "first", "delta": {}}]},
        {"choices": [{"delta": {"tool_calls": [7]}}]},
        {"choices": 7},
        {"usage": {}, "choices": ["text"]},
        ["a list"],
    ],
)
def test_a_stream_of_nonsense_breaks_off(model, attempt, event: object):
    sense = json.dumps({"choices": [{"index": 0, "delta": {"content": "sense"}}]})
    model.player = lambda _: Raw(f"data: {sense}\n\ndata: {json.dumps(event)}\n\n".encode(), "text/event-stream")
    with client(attempt) as asking, pytest.raises((openai.APIError, httpx.RemoteProtocolError)):
        list(asking.chat.completions.create(model="openai/gpt-4o", messages=HELLO, stream=True))
    attempt.close()
    assert (attempt.usage.requests, attempt.usage.failures) == (1, 1)


def test_a_model_that_is_down_is_named_and_may_come_back(opening: Opening, tmp_path: Path):
    with (
        ScriptedModel(lambda _: Reply("a word")) as model,
        GatewayProcess(tmp_path, model_url=model.url, run_budget=None, spent=Usage(), patience=1.0) as process,
    ):
        attempt = opening(control=process.control)
        _see_it_down_and_up(model, attempt)


def _see_it_down_and_up(model: ScriptedModel, attempt: GatewaySession) -> None:
    model.stop()
    answer = post(attempt, chat())
    assert answer.status_code == 502
    assert f"cannot reach the model at {model.url}" in answer.json()["error"]["message"]
    wait_for(lambda: attempt.trouble)
    assert "no request to the model succeeded: cannot reach the model" in attempt.trouble
    starting = threading.Timer(0.2, model.start)
    starting.start()
    # Asked while it is down, it is asked again; but for a machine so slow that it is given up once more.
    wait_for(lambda: post(attempt, chat()).status_code == 200)
    starting.join()
    wait_for(lambda: attempt.trouble is None)


def test_a_gateway_that_is_killed_is_told_at_once(opening: Opening, tmp_path: Path):
    process = GatewayProcess(tmp_path, model_url="http://127.0.0.1:9/v1", run_budget=None, spent=Usage())
    with process:
        attempt = opening(control=process.control, socket=tmp_path / "model.sock")
        assert attempt.trouble is None
        os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda: attempt.trouble)
        assert "gateway ended while the attempt was at work" in attempt.trouble
        attempt.close()
        assert "gateway ended" in attempt.trouble
        wait_for(lambda: process.pid is None)
        with pytest.raises(HarnessError, match="gateway cannot be reached"):
            opening(control=process.control)


WORKER = """
import sys, time
from pathlib import Path
from pytest_mlebench.attempts.gateway.session import GatewaySession
control, transcript = map(Path, sys.argv[1:])
with GatewaySession(control, name="a", socket=None, transcript=transcript, budget=None) as attempt:
    print(attempt.address, flush=True)
    time.sleep(600)
"""


def test_the_endpoint_of_a_worker_that_is_killed_goes_and_its_request_is_written_down(gateway, model, tmp_path: Path):
    model.player = lambda _: Hang()
    command = [sys.executable, "-c", WORKER, str(gateway.control), str(tmp_path / "transcript.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        try:
            address = worker.stdout.readline().strip()
            port = int(address.rpartition(":")[2])
            assert is_open(port)
            with ThreadPoolExecutor(1) as pool:
                asked = pool.submit(
                    httpx.post, f"{address}/v1/chat/completions", json=chat(), timeout=120, trust_env=False
                )
                wait_for(lambda: model.requests)
                worker.kill()
                with pytest.raises(httpx.HTTPError):
                    asked.result()
        finally:
            worker.kill()
    wait_for(lambda: not is_open(port))
    wait_for(lambda: text_of(tmp_path / "transcript.jsonl").endswith("\n"))
    assert lines_of(tmp_path / "transcript.jsonl")[0]["error"] == "the attempt ended"


LEADER = """
import sys
from pathlib import Path
from pytest_mlebench.attempts.budget import Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess
process = GatewayProcess(Path(sys.argv[1]), model_url="http://127.0.0.1:9/v1", run_budget=None, spent=Usage())
process.start()
print(process.pid, process.control, flush=True)
sys.stdin.read()
"""


def test_the_gateway_ends_with_the_process_that_started_it(opening: Opening, tmp_path: Path):
    command = [sys.executable, "-c", LEADER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as leader:
        pid, control = leader.stdout.readline().split()
        attempt = opening(control=Path(control))
        leader.kill()
    wait_for(lambda: attempt.trouble)
    assert "gateway ended while the attempt was at work" in attempt.trouble
    wait_for(lambda: not is_running(int(pid)))


def test_a_disk_that_is_full_costs_lines_of_the_transcript_and_nothing_else(gateway, model, attempt, tmp_path: Path):
    model.player = lambda _: Reply("y" * 6_000)
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    try:
        for _ in range(5):
            assert post(attempt, chat()).status_code == 200
        wait_for(lambda: attempt.unwritten == 2)
    finally:
        resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    post(attempt, chat())
    attempt.close()
    assert (attempt.usage.requests, attempt.usage.failures, attempt.trouble) == (6, 0, None)
    assert len(lines_of(tmp_path / "transcript-0.jsonl")) == 4

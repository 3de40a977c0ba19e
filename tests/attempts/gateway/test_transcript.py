"""What is written down of an attempt's requests, and what never is."""

from __future__ import annotations

import datetime
import json
import stat
from pathlib import Path

from pytest_mlebench.attempts.budget import Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess

from ...models.scripted import Failure, Raw, Reply
from .asking import KEYS, TOOL, chat, lines_of, post
from .conftest import Opening

TOOLS = [{**TOOL, "function": {**TOOL["function"], "description": "what it does, told at length. " * 20}}]


def test_each_request_is_a_line_that_says_what_became_of_it(model, attempt, tmp_path: Path):
    model.player = lambda _: Reply("fine", [("run", {"x": 1})], usage=(9, 2))
    before = datetime.datetime.now(datetime.UTC)
    post(attempt, chat(tools=TOOLS, temperature=0.5))
    post(attempt, chat("no-such-model"))
    attempt.close()
    first, second = lines_of(tmp_path / "transcript-0.jsonl")
    assert stat.S_IMODE((tmp_path / "transcript-0.jsonl").stat().st_mode) == 0o644
    assert abs(datetime.datetime.fromisoformat(first["time"]) - before) < datetime.timedelta(minutes=2)
    assert first["seconds"] >= 0
    told = {key: first[key] for key in ("model", "endpoint", "stream", "status", "tries", "usage", "error", "repeats")}
    assert told == {
        "model": "openai/gpt-4o",
        "endpoint": "chat/completions",
        "stream": False,
        "status": 200,
        "tries": 1,
        "usage": {"input_tokens": 9, "output_tokens": 2},
        "error": None,
        "repeats": 0,
    }
    assert 0 < first["cost"] < 0.01
    assert first["request"] == chat(tools=TOOLS, temperature=0.5)
    assert first["response"]["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "run"
    assert (second["status"], second["usage"], second["cost"], second["tries"]) == (404, None, None, 0)
    assert "no provider is known" in second["error"]
    assert "response" not in second


def test_a_stream_is_written_as_the_message_that_it_amounts_to(model, attempt, tmp_path: Path):
    arguments = {"code": "x = 1\n" * 30}
    model.player = lambda _: Reply("word " * 40, [("run", arguments), ("run", {})], extra={"reasoning": "because"})
    post(attempt, chat(tools=TOOLS, stream=True))
    attempt.close()
    (line,) = lines_of(tmp_path / "transcript-0.jsonl")
    message = line["response"]["choices"][0]["message"]
    assert (message["content"], message["reasoning"]) == ("word " * 40, "because")
    calls = [call["function"] for call in message["tool_calls"]]
    assert [(call["name"], json.loads(call["arguments"])) for call in calls] == [("run", arguments), ("run", {})]
    assert line["response"]["choices"][0]["finish_reason"] == "tool_calls"
    assert "stream_options" not in line["request"]  # it is the agent's request


def test_what_the_request_before_said_is_not_written_again(model, attempt, tmp_path: Path):
    said = [{"role": "user", "content": f"message {number} " + "x" * 500} for number in range(40)]
    for length in range(1, 41):
        post(attempt, chat(messages=said[:length], tools=TOOLS))
    post(attempt, chat(messages=[said[0], said[2]], tools=TOOLS[:0]))
    post(attempt, {"model": "openai/gpt-4o", "input": said[:1], "instructions": "do " * 200}, path="/v1/responses")
    attempt.close()
    lines = lines_of(tmp_path / "transcript-0.jsonl")
    # Put together again, line by line.
    messages: list[dict] = []
    for length, line in enumerate(lines[:40], start=1):
        messages = messages[: line["repeats"]] + line["request"]["messages"]
        assert messages == said[:length]
        assert line.get("same") == (["tools"] if length > 1 else None)
    assert (lines[40]["repeats"], lines[40]["request"]["messages"]) == (1, [said[2]])
    assert (lines[41]["repeats"], lines[41]["request"]["input"]) == (1, [])
    assert (tmp_path / "transcript-0.jsonl").stat().st_size < 42 * 1500


def test_keys_of_the_host_are_in_no_answer_and_no_file(upstream, model, opening: Opening, tmp_path: Path, monkeypatch):
    key = "sk-of-the-endpoint-0123456789"
    secrets = {**KEYS, "MLEBENCH_MODEL_KEY": key, "GROQ_API_KEY": 'with"quotes/0123456789'}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "run"
    folder.mkdir()
    everything = " ".join(secrets.values())
    answers = []
    with GatewayProcess(folder, model_url=model.url, run_budget=None, spent=Usage(), patience=0.2) as process:
        attempt = opening(control=process.control)
        for answer in (
            Failure(401, f"wrong key {everything}"),
            Failure(500, body=f"<html>{everything}"),
            Raw(everything.encode()),
            Reply(everything),
        ):
            model.player = lambda _, answer=answer: answer
            streams = (False,) if isinstance(answer, Reply) else (False, True)
            answers += [post(attempt, chat("a-model", stream=stream)).text for stream in streams]
        attempt.close()
        files = [path for path in [*tmp_path.rglob("*"), *process.control.parent.rglob("*")] if path.is_file()]
        written = "".join(path.read_text(errors="replace") for path in files)
        state = f"{attempt.usage}{attempt.trouble}"
    assert {request.headers["authorization"] for request in model.requests} == {f"Bearer {key}"}
    assert "[MLEBENCH_MODEL_KEY]" in written
    assert (folder / "gateway.log").exists()
    for value in (*secrets.values(), 'with\\"quotes'):
        assert value not in "".join(answers) + written + state

"""What an agent gets from its endpoint, through the client that OpenAI publishes."""

from __future__ import annotations

import contextlib
import json
import socket
import stat
from pathlib import Path

import httpx
import openai
import pytest

from ...models.scripted import Raw, Reply, text_of
from ...waiting import wait_for
from .asking import HELLO, KEYS, TOOL, chat, client, lines_of, post

LONG = {"code": "print('a line of some length')\n" * 4}


def test_a_chat_over_a_unix_socket_that_any_user_can_open(model, opening, tmp_path: Path):
    model.player = lambda request: Reply(f"to {text_of(request)}")
    folder = tmp_path / ("a-folder-with-a-long-name-" * 5)
    folder.mkdir()
    attempt = opening(socket=folder / "model.sock")
    assert attempt.address == folder / "model.sock"
    assert stat.S_IMODE((folder / "model.sock").stat().st_mode) == 0o666
    # A container has it under a short path; here a link does.
    link = Path(f"/tmp/{tmp_path.name[:40]}-model")
    link.symlink_to(folder)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(link / "model.sock")), timeout=120) as asking:
            said = asking.post("http://localhost:5002/v1/chat/completions", json=chat()).json()
    finally:
        link.unlink()
    attempt.close()
    assert said["choices"][0]["message"]["content"] == "to hello"
    assert not (folder / "model.sock").exists()


def test_the_key_is_the_hosts_and_never_the_agents(model, attempt):
    with client(attempt) as asking:
        asking.chat.completions.create(model="openai/gpt-4o", messages=HELLO)
        asking.chat.completions.create(model="openrouter/meta/llama", messages=HELLO)
        asking.chat.completions.create(model="anthropic/claude-sonnet-4-5", messages=HELLO)
    first, second, third = model.requests
    assert (first.headers["authorization"], first.body["model"]) == (f"Bearer {KEYS['OPENAI_API_KEY']}", "gpt-4o")
    assert second.headers["authorization"] == f"Bearer {KEYS['OPENROUTER_API_KEY']}"
    assert second.body["model"] == "meta/llama"
    assert (third.path, third.headers["x-api-key"]) == ("/v1/messages", KEYS["ANTHROPIC_API_KEY"])
    assert "key-of-the-agent" not in str(model.requests)


@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_tool_calls_come_whole_and_streamed(model, attempt, name: str):
    model.player = lambda _: Reply("now", [("run", LONG), ("run", {})])
    with client(attempt) as asking:
        said = asking.chat.completions.create(model=name, messages=HELLO, tools=[TOOL])
        with asking.chat.completions.stream(model=name, messages=HELLO, tools=[TOOL]) as stream:
            streamed = stream.get_final_completion()
    for completion in (said, streamed):
        message = completion.choices[0].message
        assert message.content == "now"
        assert [json.loads(call.function.arguments) for call in message.tool_calls] == [LONG, {}]
        assert completion.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
@pytest.mark.parametrize("asked_for", [False, True])
def test_a_stream_tells_what_was_used_only_where_that_was_asked_for(model, attempt, name: str, asked_for: bool):
    model.player = lambda _: Reply("word " * 40, usage=(5, 40))
    options = {"stream_options": {"include_usage": True}} if asked_for else {}
    with client(attempt) as asking:
        chunks = list(asking.chat.completions.create(model=name, messages=HELLO, stream=True, **options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "word " * 40
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == ([45] if asked_for else [])
    attempt.close()
    assert attempt.usage.tokens == 45


def test_a_stream_comes_as_it_is_made(model, attempt):
    model.player = lambda _: Reply("word " * 40, pause=600)
    with (
        httpx.Client(trust_env=False, timeout=120) as asking,
        asking.stream("POST", f"{attempt.address}/v1/chat/completions", json=chat(stream=True)) as response,
    ):
        assert response.headers["content-type"] == "text/event-stream"
        assert next(response.iter_lines()).startswith("data: {")


@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_responses_come_whole_and_streamed(model, attempt, name: str):
    model.player = lambda _: Reply("fine", [("run", {"x": 1})], usage=(9, 2))
    tool = {"type": "function", "name": "run", "parameters": {"type": "object", "properties": {}}, "strict": False}
    with client(attempt) as asking:
        said = asking.responses.create(model=name, input="hello", tools=[tool])
        with asking.responses.stream(model=name, input="hello", tools=[tool]) as stream:
            streamed = stream.get_final_response()
    for response in (said, streamed):
        assert response.output_text == "fine"
        (call,) = [item for item in response.output if item.type == "function_call"]
        assert (call.name, json.loads(call.arguments)) == ("run", {"x": 1})
    attempt.close()
    assert (attempt.usage.input_tokens, attempt.usage.output_tokens) == (18, 4)


def test_fields_that_only_the_provider_knows_pass_both_ways(model, attempt):
    model.player = lambda _: Reply("yes", extra={"reasoning_content": "because"})
    body = chat("openrouter/some/model", reasoning={"effort": "high"})
    message = post(attempt, body).json()["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("yes", "because")
    assert model.requests[0].body["reasoning"] == {"effort": "high"}
    streamed = post(attempt, {**body, "stream": True}).text
    assert '"reasoning_content": "because"' in streamed
    assert streamed.endswith("data: [DONE]\n\n")


def test_no_field_of_a_request_sends_the_hosts_key_elsewhere(model, attempt):
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.1)
        where = f"http://127.0.0.1:{trap.getsockname()[1]}"
        names = ("api_base", "base_url", "api_key", "custom_llm_provider", "extra_headers", "mock_response")
        body = chat("anthropic/claude-sonnet-4-5", **dict.fromkeys(names, where))
        assert post(attempt, body).json()["choices"][0]["message"]["content"] == "a word"
        with pytest.raises(TimeoutError):
            trap.accept()
    assert [request.headers["x-api-key"] for request in model.requests] == [KEYS["ANTHROPIC_API_KEY"]]


def test_tools_with_which_a_provider_would_search_the_web_are_taken_out(model, attempt, tmp_path: Path):
    tools = [TOOL, {"type": "web_search_preview"}, {"type": "mcp", "server_url": "https://example.org"}, {"google": {}}]
    post(attempt, chat(tools=tools, web_search_options={}, plugins=[{"id": "web"}]))
    post(attempt, chat(tools=tools[1:], tool_choice="auto"))
    refused = post(attempt, chat("openrouter/some/model:online"))
    assert [request.body.get("tools") for request in model.requests] == [[TOOL], None]
    assert not {"web_search_options", "plugins", "tool_choice"} & {*model.requests[0].body, *model.requests[1].body}
    assert refused.status_code == 400
    attempt.close()
    first, second, _ = lines_of(tmp_path / "transcript-0.jsonl")
    assert first["withheld"] == ["web_search_options", "plugins", "web_search_preview", "mcp", "google"]
    assert second["withheld"] == ["web_search_preview", "mcp", "google"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gpt-4o", "/v1/chat/completions"),
        ("gpt-9-of-next-year", "/v1/chat/completions"),
        ("o1-preview", "/v1/chat/completions"),
        ("claude-sonnet-4-5", "/v1/messages"),
        ("claude-9-of-next-year", "/v1/messages"),
    ],
)
def test_names_of_known_families_need_no_provider(model, attempt, name: str, path: str):
    assert post(attempt, chat(name)).status_code == 200
    assert (model.requests[0].path, model.requests[0].body["model"]) == (path, name)


def test_a_name_that_means_no_provider_is_an_error_that_says_how_to_name_it(model, attempt):
    with (
        client(attempt) as asking,
        pytest.raises(openai.NotFoundError, match="provider/model, like openai/") as refused,
    ):
        asking.chat.completions.create(model="some-model", messages=HELLO)
    assert refused.value.code == "model_not_found"
    assert not model.requests


def test_a_provider_without_a_key_is_an_error_that_names_the_variable(model, attempt):
    with client(attempt) as asking, pytest.raises(openai.AuthenticationError, match="GEMINI_API_KEY"):
        asking.chat.completions.create(model="gemini/gemini-2.5-pro", messages=HELLO)
    attempt.close()
    assert "GEMINI_API_KEY" in attempt.trouble


def test_the_models_asked_for_are_listed_and_its_health_told(model, attempt):
    post(attempt, chat("openai/gpt-4o"))
    with client(attempt) as asking:
        assert [one.id for one in asking.models.list()] == ["openai/gpt-4o"]
        assert asking.models.retrieve("any/thing").id == "any/thing"
    assert httpx.get(f"{attempt.address}/health", trust_env=False).json() == {"status": "ok"}


def test_paths_without_the_version_are_the_same(model, attempt):
    assert post(attempt, chat(), path="/chat/completions").status_code == 200
    assert post(attempt, {"model": "openai/gpt-4o", "input": "hello"}, path="/responses/").status_code == 200


def test_anything_else_is_not_found(attempt):
    for path in ("/v1/embeddings", "/", "/v1/chat/completions/../../control", "/v1/responses/resp_1/cancel"):
        answer = post(attempt, {}, path=path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert httpx.get(f"{attempt.address}/v1/chat/completions", trust_env=False).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b"[]",
        b'{"model": "openai/gpt-4o"}',
        b'{"model": "openai/gpt-4o", "messages": "text"}',
        b'{"messages": []}',
        b'{"model": ["openai/gpt-4o"], "messages": []}',
        b'{"model": "openai/gpt-4o", "messages": [], "tools": 7}',
        b'{"model": "a\\u0000b", "messages": []}',
        b'{"model": "openai/gpt-4o", "messages": [], "background": true}',
    ],
)
def test_malformed_requests_are_answered_with_400(model, attempt, body: bytes):
    answer = post(attempt, body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert not model.requests
    attempt.close()
    assert (attempt.usage.requests, attempt.usage.failures, attempt.trouble) == (1, 1, None)


def test_a_request_that_is_too_large_is_refused_before_it_is_read(attempt):
    size = 33 * 1024**2
    with socket.create_connection(("127.0.0.1", int(attempt.address.rpartition(":")[2])), timeout=60) as asking:
        asking.sendall(f"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        assert asking.recv(100).startswith(b"HTTP/1.1 413 ")


def test_more_than_the_process_could_hold_is_refused(model, attempt):
    # Five bodies that never end, each within the limit, and together above what one attempt may fill.
    size = 30 * 1024**2
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        port = int(attempt.address.rpartition(":")[2])
        for _ in range(5):
            asking = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            with contextlib.suppress(ConnectionError):
                asking.sendall(head + b" " * (size - 1))
        assert asking.recv(100).startswith(b"HTTP/1.1 429 ")
    wait_for(lambda: post(attempt, chat()).status_code == 200)


def test_half_a_character_in_a_message_passes(model, attempt, tmp_path: Path):
    body = b'{"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "\\ud83d"}]}'
    assert post(attempt, body).status_code == 200
    attempt.close()
    assert len(lines_of(tmp_path / "transcript-0.jsonl")) == 1


def test_nonsense_in_the_right_shape_is_the_models_word(model, attempt):
    model.player = lambda _: Raw(json.dumps({"choices": [], "usage": {"prompt_tokens": -1, "cost": "much"}}).encode())
    assert post(attempt, chat()).json()["choices"] == []
    attempt.close()
    assert attempt.usage.requests == 1

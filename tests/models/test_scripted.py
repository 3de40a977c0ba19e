"""The scripted model, seen through the client that OpenAI publishes."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request

import httpx
import openai
import pytest

from ..waiting import wait_for
from .scripted import Failure, Hang, Raw, Reply, ScriptedModel, forced_tool, text_of, tools_of

TOOL = {"type": "function", "function": {"name": "run", "parameters": {"type": "object", "properties": {}}}}
ASKED = [{"role": "user", "content": "hello"}]


def client(model: ScriptedModel):
    http = httpx.Client(trust_env=False, verify=False, timeout=120)  # certificates take long to load
    return openai.OpenAI(base_url=model.url, api_key="some-key", max_retries=0, http_client=http)


def test_it_says_what_the_script_says_and_records_what_it_was_asked():
    with ScriptedModel(lambda request: Reply(f"to {text_of(request)}", usage=(7, 3))) as model, client(model) as asking:
        said = asking.chat.completions.create(model="any", messages=ASKED)
    assert said.choices[0].message.content == "to hello"
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (7, 3)
    (request,) = model.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer some-key"
    assert request.body["messages"] == ASKED


def test_tool_calls_come_whole_and_in_pieces():
    long = {"code": "print('a line of some length')\n" * 4}
    with ScriptedModel(lambda request: Reply("now", [("run", long), ("run", {})])) as model, client(model) as asking:
        said = asking.chat.completions.create(model="any", messages=ASKED, tools=[TOOL])
        calls = said.choices[0].message.tool_calls
        assert [json.loads(call.function.arguments) for call in calls] == [long, {}]
        with asking.chat.completions.stream(model="any", messages=ASKED, tools=[TOOL]) as stream:
            streamed = stream.get_final_completion().choices[0]
    assert streamed.message.content == "now"
    assert [call.function.arguments for call in streamed.message.tool_calls] == [json.dumps(long), "{}"]
    assert streamed.finish_reason == "tool_calls"


@pytest.mark.parametrize("asked_for", [False, True])
def test_a_stream_ends_with_its_usage_only_where_that_was_asked_for(asked_for: bool):
    options = {"stream_options": {"include_usage": True}} if asked_for else {}
    with ScriptedModel(lambda _: Reply("word " * 40, usage=(5, 40))) as model, client(model) as asking:
        chunks = list(asking.chat.completions.create(model="any", messages=ASKED, stream=True, **options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "word " * 40
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == ([45] if asked_for else [])


def test_responses_come_whole_and_as_events():
    with ScriptedModel(lambda _: Reply("fine", [("run", {"x": 1})], usage=(9, 2))) as model, client(model) as asking:
        tool = {"type": "function", "name": "run", "parameters": {"type": "object", "properties": {}}, "strict": False}
        said = asking.responses.create(model="any", input="hello", tools=[tool])
        with asking.responses.stream(model="any", input="hello", tools=[tool]) as stream:
            streamed = stream.get_final_response()
    for response in (said, streamed):
        assert response.output_text == "fine"
        assert (response.output[1].name, response.output[1].arguments) == ("run", '{"x": 1}')
        assert response.usage.total_tokens == 11


def test_a_failure_has_its_status_and_its_wait():
    failure = Failure(429, "slowly", retry_after=7)
    with (
        ScriptedModel(lambda _: failure) as model,
        client(model) as asking,
        pytest.raises(openai.RateLimitError, match="slowly") as refused,
    ):
        asking.chat.completions.create(model="any", messages=ASKED)
    assert refused.value.response.headers["retry-after"] == "7"


def test_nonsense_is_sent_as_it_is():
    with ScriptedModel(lambda _: Raw(b"<html>", "text/html")) as model:
        request = urllib.request.Request(f"{model.url}/chat/completions", b"{}", {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert (answer.read(), answer.headers["Content-Type"]) == (b"<html>", "text/html")


def test_a_stream_can_break_off():
    with ScriptedModel(lambda _: Reply("word " * 40, cut_after=3)) as model, client(model) as asking:
        stream = asking.chat.completions.create(model="any", messages=ASKED, stream=True)
        with pytest.raises(httpx.RemoteProtocolError):
            list(stream)


def test_hanging_ends_when_the_server_is_stopped_and_it_can_come_back():
    answers = [Hang(), Reply("back")]
    with ScriptedModel(lambda _: answers.pop(0)) as model, client(model) as asking:
        url = model.url
        stopping = threading.Thread(target=lambda: (wait_for(lambda: model.requests), model.stop()))
        stopping.start()
        with pytest.raises(openai.APIConnectionError) as broken:
            asking.chat.completions.create(model="any", messages=ASKED)
        assert not isinstance(broken.value, openai.APITimeoutError)
        stopping.join()
        model.stop()
        model.start()
        assert model.url == url
        assert asking.chat.completions.create(model="any", messages=ASKED).choices[0].message.content == "back"


def test_a_script_that_breaks_its_own_rules_fails_the_test():
    forced = {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "run"}}}
    assert (tools_of(forced), forced_tool(forced), forced_tool({"tool_choice": "auto"})) == (["run"], "run", None)
    model = ScriptedModel(lambda _: Reply("no tool"))
    model.start()
    request = urllib.request.Request(f"{model.url}/chat/completions", json.dumps(forced).encode())
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(request, timeout=60)
    with pytest.raises(AssertionError, match="forces run"):
        model.__exit__(None)

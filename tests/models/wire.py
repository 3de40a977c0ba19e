"""The protocols of model providers as they are on the wire: OpenAI's two, and Anthropic's."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .scripted import Reply

__all__ = ["PROTOCOLS", "Protocol", "error"]

_numbers = itertools.count(1)
_PIECE = 24  # characters in an event of a stream


@dataclass(frozen=True)
class Protocol:
    """How a reply is written, whole and as the events of a stream, to a request."""

    whole: Callable[[dict[str, Any], Reply], dict[str, Any]]
    events: Callable[[dict[str, Any], Reply], Iterator[bytes]]


def error(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    """An error as OpenAI words it."""
    kinds = {401: "invalid_request_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _chat(request: dict[str, Any], reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, **reply.extra}
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": f"call_{next(_numbers)}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(given)},
            }
            for name, given in reply.tool_calls
        ]
    finish = "tool_calls" if reply.tool_calls else "stop"
    return {
        "id": f"chatcmpl-{next(_numbers)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.get("model"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": _chat_usage(reply),
    }


def _chat_usage(reply: Reply) -> dict[str, Any]:
    given, made = reply.usage or (0, 0)
    usage: dict[str, Any] = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    if reply.details:
        usage["prompt_tokens_details"] = dict(reply.details)
    return usage if reply.cost is None else {**usage, "cost": reply.cost}


def _chat_events(request: dict[str, Any], reply: Reply) -> Iterator[bytes]:
    whole = _chat(request, reply)
    message = whole["choices"][0]["message"]
    top = {**{key: whole[key] for key in ("id", "created", "model")}, "object": "chat.completion.chunk"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _data({**top, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": "" if reply.text else None, **reply.extra})
    for piece in _pieces(reply.text or ""):
        yield chunk({"content": piece})
    for index, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        yield chunk({"tool_calls": [{"index": index, **call, "function": {"name": function["name"], "arguments": ""}}]})
        for piece in _pieces(function["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, whole["choices"][0]["finish_reason"])
    if (request.get("stream_options") or {}).get("include_usage"):
        yield _data({**top, "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def _response(request: dict[str, Any], reply: Reply) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    if reply.text is not None:
        part = {"type": "output_text", "text": reply.text, "annotations": []}
        output.append(
            {
                "type": "message",
                "id": f"msg_{next(_numbers)}",
                "status": "completed",
                "role": "assistant",
                "content": [part],
            }
        )
    for name, given in reply.tool_calls:
        number = next(_numbers)
        call = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "status": "completed"}
        output.append({**call, "name": name, "arguments": json.dumps(given)})
    came, made = reply.usage or (0, 0)
    usage: dict[str, Any] = {
        "input_tokens": came,
        "input_tokens_details": {"cached_tokens": 0, **reply.details},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": came + made,
    }
    if reply.cost is not None:
        usage["cost"] = reply.cost
    return {
        "id": f"resp_{next(_numbers)}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": request.get("model"),
        "output": output,
        "usage": usage,
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": request.get("tool_choice", "auto"),
        "tools": request.get("tools", []),
        "top_p": 1.0,
    }


def _response_events(request: dict[str, Any], reply: Reply) -> Iterator[bytes]:
    whole, numbers = _response(request, reply), itertools.count()

    def event(kind: str, **fields: Any) -> bytes:
        return _data({"type": kind, "sequence_number": next(numbers), **fields}, kind)

    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(whole["output"]):
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            part = item["content"][0]
            yield event(
                "response.output_item.added", output_index=index, item={**item, "status": "in_progress", "content": []}
            )
            yield event("response.content_part.added", **place, content_index=0, part={**part, "text": ""})
            for piece in _pieces(part["text"]):
                yield event("response.output_text.delta", **place, content_index=0, delta=piece, logprobs=[])
            yield event("response.output_text.done", **place, content_index=0, text=part["text"], logprobs=[])
            yield event("response.content_part.done", **place, content_index=0, part=part)
        else:
            yield event(
                "response.output_item.added",
                output_index=index,
                item={**item, "status": "in_progress", "arguments": ""},
            )
            for piece in _pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", **place, delta=piece)
            yield event(
                "response.function_call_arguments.done", **place, name=item["name"], arguments=item["arguments"]
            )
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=whole)


def _anthropic(request: dict[str, Any], reply: Reply) -> dict[str, Any]:
    content: list[dict[str, Any]] = [] if reply.text is None else [{"type": "text", "text": reply.text}]
    for name, given in reply.tool_calls:
        content.append({"type": "tool_use", "id": f"toolu_{next(_numbers)}", "name": name, "input": dict(given)})
    came, made = reply.usage or (0, 0)
    return {
        "id": f"msg_{next(_numbers)}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model"),
        "content": content,
        "stop_reason": "tool_use" if reply.tool_calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": came, "output_tokens": made},
    }


def _anthropic_events(request: dict[str, Any], reply: Reply) -> Iterator[bytes]:
    whole = _anthropic(request, reply)

    def event(kind: str, **fields: Any) -> bytes:
        return _data({"type": kind, **fields}, kind)

    usage = {**whole["usage"], "output_tokens": 1}
    yield event("message_start", message={**whole, "content": [], "stop_reason": None, "usage": usage})
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
            for piece in _pieces(block["text"]):
                yield event("content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
        else:
            yield event("content_block_start", index=index, content_block={**block, "input": {}})
            for piece in _pieces(json.dumps(block["input"])):
                yield event(
                    "content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": piece}
                )
        yield event("content_block_stop", index=index)
    made = {"output_tokens": whole["usage"]["output_tokens"]}
    yield event("message_delta", delta={"stop_reason": whole["stop_reason"], "stop_sequence": None}, usage=made)
    yield event("message_stop")


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _data(value: dict[str, Any], event: str | None = None) -> bytes:
    name = "" if event is None else f"event: {event}\n"
    return f"{name}data: {json.dumps(value)}\n\n".encode()


PROTOCOLS = {
    "chat/completions": Protocol(_chat, _chat_events),
    "responses": Protocol(_response, _response_events),
    "messages": Protocol(_anthropic, _anthropic_events),
}
"""By path below the base URL."""

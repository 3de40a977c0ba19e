"""Streamed answers: the events that come, and the answer that they amount to."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["ChatAssembly", "Event", "EventParser", "ResponseAssembly", "Stream"]

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LARGEST_EVENT = 64 * 1024**2


@dataclass(frozen=True)
class Event:
    """One event: its data where that is a JSON object, and its bytes for the agent."""

    data: dict[str, Any] | None
    raw: bytes

    @property
    def is_done(self) -> bool:
        """Whether it is the mark that OpenAI sets at the end of a stream."""
        return self.data is None and self.raw.strip() == b"data: [DONE]"


@dataclass(frozen=True)
class Stream:
    """Events that come, and how to stop them."""

    events: AsyncIterator[Event]
    close: Callable[[], Awaitable[None]]


class EventParser:
    """Server-sent events out of bytes that come in pieces; comments are left out."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that are complete now; raises ValueError for one that is too large or whose data is not JSON."""
        self._buffer += data
        if len(self._buffer) > _LARGEST_EVENT:
            raise ValueError("an event of the stream is too large")
        *blocks, self._buffer = _END.split(self._buffer)
        return [event for event in map(_event, blocks) if event is not None]


def _event(block: bytes) -> Event | None:
    lines = [line.removeprefix(b"data:").removeprefix(b" ") for line in block.splitlines() if line.startswith(b"data:")]
    if not lines:
        return None
    data = b"\n".join(lines)
    if data.strip() == b"[DONE]":
        return Event(None, b"data: [DONE]\n\n")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"an event of the stream is not JSON: {data[:200]!r}") from error
    return Event(value if isinstance(value, dict) else {}, block.strip(b"\r\n") + b"\n\n")


class ChatAssembly:
    """The chat completion that chunks amount to."""

    def __init__(self) -> None:
        self._top: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}
        self.usage: dict[str, Any] | None = None
        self.characters = 0
        """Of what the model has said so far."""

    @property
    def is_complete(self) -> bool:
        """Whether every choice has said why it ended."""
        return bool(self._choices) and all(choice.finish is not None for choice in self._choices.values())

    def feed(self, data: dict[str, Any]) -> None:
        """Take in a chunk."""
        for key in ("id", "created", "model", "system_fingerprint", "service_tier", "provider"):
            if data.get(key) is not None:
                self._top.setdefault(key, data[key])
        if isinstance(data.get("usage"), dict):
            self.usage = data["usage"]
        for given in data.get("choices") or ():
            if isinstance(given, dict):
                choice = self._choices.setdefault(int(given.get("index") or 0), _Choice())
                choice.finish = given.get("finish_reason") or choice.finish
                delta = given.get("delta")
                self.characters += choice.feed(delta) if isinstance(delta, dict) else 0

    def is_only_usage(self, data: dict[str, Any]) -> bool:
        """Whether a chunk says nothing but what was used, as only those get it who ask for it."""
        if not isinstance(data.get("usage"), dict):
            return False
        said = ((given.get("finish_reason"), given.get("delta") or {}) for given in data.get("choices") or ())
        return not any(finish or any(value for key, value in delta.items() if key != "role") for finish, delta in said)

    def answer(self) -> dict[str, Any]:
        """As it would have come without a stream."""
        choices = [
            {"index": index, "message": choice.message(), "finish_reason": choice.finish}
            for index, choice in sorted(self._choices.items())
        ]
        usage = {} if self.usage is None else {"usage": self.usage}
        return {**self._top, "object": "chat.completion", "choices": choices, **usage}


class _Choice:
    def __init__(self) -> None:
        self.finish: str | None = None
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[int, dict[str, Any]] = {}

    def feed(self, delta: dict[str, Any]) -> int:
        length = 0
        for key, value in delta.items():
            if isinstance(value, str) and key != "role":
                self._texts.setdefault(key, []).append(value)
                length += len(value)
        for given in delta.get("tool_calls") or ():
            call = self._calls.setdefault(
                int(given.get("index") or 0), {"id": None, "type": "function", "name": "", "arguments": []}
            )
            function = given.get("function") or {}
            call["id"] = given.get("id") or call["id"]
            call["name"] = function.get("name") or call["name"]
            call["arguments"].append(function.get("arguments") or "")
            length += len(function.get("arguments") or "")
        return length

    def message(self) -> dict[str, Any]:
        texts = {key: "".join(pieces) for key, pieces in self._texts.items()}
        message: dict[str, Any] = {"role": "assistant", "content": texts.pop("content", "") or None, **texts}
        if self._calls:
            message["tool_calls"] = [
                {
                    "id": call["id"],
                    "type": call["type"],
                    "function": {"name": call["name"], "arguments": "".join(call["arguments"])},
                }
                for _, call in sorted(self._calls.items())
            ]
        return message


class ResponseAssembly:
    """The response that events of the Responses API amount to: the last one has it whole."""

    def __init__(self) -> None:
        self._response: dict[str, Any] = {}
        self._pieces: list[str] = []
        self.is_complete = False
        self.usage: dict[str, Any] | None = None
        self.characters = 0

    def feed(self, data: dict[str, Any]) -> None:
        """Take in an event."""
        kind = str(data.get("type"))
        if isinstance(data.get("response"), dict):
            self._response = data["response"]
            usage = self._response.get("usage")
            self.usage = usage if isinstance(usage, dict) else self.usage
            self.is_complete = kind in ("response.completed", "response.incomplete", "response.failed")
        elif kind.endswith(".delta") and isinstance(data.get("delta"), str):
            self._pieces.append(data["delta"])
            self.characters += len(data["delta"])

    def is_only_usage(self, data: dict[str, Any]) -> bool:
        """Never: all of its events are for the agent."""
        return False

    def answer(self) -> dict[str, Any]:
        """The response; with what came of its text where it broke off."""
        return self._response if self.is_complete else {**self._response, "partial": "".join(self._pieces)}

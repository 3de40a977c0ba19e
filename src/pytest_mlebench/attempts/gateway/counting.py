"""Tokens and money of one request, from what the provider says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlebench.attempts.gateway.library import Library
from pytest_mlebench.attempts.gateway.routing import Route

__all__ = ["Count", "count", "estimate"]

_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Count:
    """What one request used."""

    input_tokens: int
    output_tokens: int
    cost: float | None
    """US dollars; None where neither the provider nor litellm's table says."""
    estimated: bool = False
    """Whether the provider did not say, because the answer was cut off or because it never does."""

    def to_json(self) -> dict[str, Any]:
        """For the transcript."""
        tokens = {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens}
        return {**tokens, "estimated": True} if self.estimated else tokens


def count(library: Library, route: Route, usage: Mapping[str, Any] | None, tier: object) -> Count | None:
    """What `usage` of an answer says, in the form of either API; None where it says nothing."""
    if usage is None:
        return None
    came, made = _number(usage, "prompt_tokens", "input_tokens"), _number(usage, "completion_tokens", "output_tokens")
    if came is None and made is None:
        return None
    told = usage.get("cost")
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < 1e9:
        cost: float | None = float(told)
    else:
        cost = library.price(route, _as_of_chat(usage, came or 0, made or 0), tier)
    return Count(came or 0, made or 0, cost)


def estimate(library: Library, route: Route, request_bytes: int, characters: int) -> Count:
    """What a request of so many bytes used, roughly, that was answered with so many characters."""
    came, made = request_bytes // _CHARACTERS_PER_TOKEN, characters // _CHARACTERS_PER_TOKEN
    cost = library.price(route, _as_of_chat({}, came, made), None)
    return Count(came, made, cost, estimated=True)


def _as_of_chat(usage: Mapping[str, Any], came: int, made: int) -> dict[str, Any]:
    """The form that prices are looked up with; details tell tokens that are cheaper, such as those cached."""
    details = {
        "prompt_tokens_details": usage.get("prompt_tokens_details") or usage.get("input_tokens_details"),
        "completion_tokens_details": usage.get("completion_tokens_details") or usage.get("output_tokens_details"),
    }
    counted = {"prompt_tokens": came, "completion_tokens": made, "total_tokens": came + made}
    return {**usage, **details, **counted}


def _number(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
            return int(value)
    return None

"""What agents send, understood, and made what may go to a model."""

from __future__ import annotations

import json
from typing import Any

from pytest_mlebench.attempts.gateway.model_error import ModelError

__all__ = ["parsed", "prepared"]

# Tools that the agent executes itself; what a provider executes may reach the web, which the sandbox keeps from agents.
_OWN_TOOLS = frozenset({"function", "custom", "local_shell", "apply_patch", "namespace", "tool_search"})
_REACHING = ("web_search_options", "plugins", "models", "mcp_servers")


def parsed(data: bytes, endpoint: str) -> dict[str, Any]:
    """The request; raises ModelError 400 for what is none."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelError(400, f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ModelError(400, "the body is not a JSON object")
    wanted = "messages" if endpoint == "chat/completions" else "input"
    if wanted not in body or (wanted == "messages" and not isinstance(body[wanted], list)):
        raise ModelError(400, f"the body has no {wanted!r}")
    if body.get("background"):
        raise ModelError(400, "'background' is not available here")
    if not isinstance(body.get("tools") or [], list):
        raise ModelError(400, "'tools' must be a list")
    return body


def prepared(body: dict[str, Any], endpoint: str, provider: str) -> tuple[dict[str, Any], list[str]]:
    """The request for the model, and the names of what was taken out: tools with which it could reach the web."""
    ready = dict(body)
    withheld = [name for name in _REACHING if ready.pop(name, None) is not None]
    tools = ready.get("tools") or []
    own = [tool for tool in tools if _is_own(tool)]
    if len(own) < len(tools):
        withheld += [_kind(tool) for tool in tools if not _is_own(tool)]
        ready["tools"] = own
    if not ready.get("tools"):
        # Providers refuse an empty list, and choices without tools.
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            if withheld or not ready.get(name):
                ready.pop(name, None)
    if endpoint == "chat/completions":
        if ready.get("stream"):
            options = ready.get("stream_options")
            ready["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        if provider == "openrouter":
            ready["usage"] = {"include": True}
    return ready, withheld


def _is_own(tool: Any) -> bool:
    return isinstance(tool, dict) and tool.get("type") in _OWN_TOOLS


def _kind(tool: Any) -> str:
    return str(tool.get("type") or next(iter(tool), "?"))[:60] if isinstance(tool, dict) else "?"

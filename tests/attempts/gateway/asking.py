"""How tests ask an attempt's endpoint: through OpenAI's client, or byte by byte."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import openai

from pytest_mlebench.attempts.gateway.session import GatewaySession

HELLO = [{"role": "user", "content": "hello"}]
TOOL = {"type": "function", "function": {"name": "run", "parameters": {"type": "object", "properties": {}}}}
KEYS = {
    "OPENAI_API_KEY": "sk-of-openai-0123456789",
    "OPENROUTER_API_KEY": "sk-of-openrouter-0123456789",
    "ANTHROPIC_API_KEY": "sk-of-anthropic-0123456789",
}


@contextlib.contextmanager
def client(session: GatewaySession) -> Iterator[openai.OpenAI]:
    """OpenAI's client, as an agent has it, without retries of its own."""
    where = session.address
    transport = httpx.HTTPTransport(verify=False, uds=str(where) if isinstance(where, Path) else None)
    base = "http://localhost:5002" if isinstance(where, Path) else where
    with (
        httpx.Client(transport=transport, trust_env=False, verify=False, timeout=120) as http,
        openai.OpenAI(base_url=f"{base}/v1", api_key="key-of-the-agent", max_retries=0, http_client=http) as asking,
    ):
        yield asking


def post(
    session: GatewaySession,
    body: Mapping[str, Any] | bytes,
    path: str = "/v1/chat/completions",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """What it answers to a request, whole."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **(headers or {})}
    with httpx.Client(trust_env=False, verify=False, timeout=120) as asking:  # certificates take long to load
        return asking.post(f"{session.address}{path}", content=content, headers=given)


def chat(model: str = "openai/gpt-4o", **fields: Any) -> dict[str, Any]:
    """The body of a request."""
    return {"model": model, "messages": HELLO, **fields}


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The transcript."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_open(port: int) -> bool:
    """Whether something listens there."""
    with contextlib.closing(socket.socket()) as trying:
        trying.settimeout(60)
        return trying.connect_ex(("127.0.0.1", port)) == 0

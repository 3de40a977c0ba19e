"""litellm, in one place: providers by name, prices, and requests to providers that do not speak as OpenAI does."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_mlebench.attempts.gateway.model_error import ModelError, retry_after
from pytest_mlebench.attempts.gateway.streams import Event, Stream

if TYPE_CHECKING:
    from pytest_mlebench.attempts.gateway.routing import Route

__all__ = ["Library"]

# Only what has a meaning for models: others would be litellm's own, and could send the host's key to any URL.
_CHAT = frozenset(
    {
        "messages",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "temperature",
        "top_p",
        "n",
        "stream",
        "stream_options",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "user",
        "response_format",
        "seed",
        "logprobs",
        "top_logprobs",
        "parallel_tool_calls",
        "reasoning_effort",
        "thinking",
        "modalities",
        "prediction",
        "service_tier",
        "verbosity",
        "top_k",
    }
)
_RESPONSES = frozenset(
    {
        "input",
        "include",
        "instructions",
        "max_output_tokens",
        "parallel_tool_calls",
        "previous_response_id",
        "reasoning",
        "store",
        "stream",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_p",
        "truncation",
        "user",
        "service_tier",
        "prompt_cache_key",
    }
)
_NO_KEY = re.compile(r"missing .{0,40}api[ _]key|api[ _]key .{0,40}(missing|not set|required)", re.IGNORECASE)
_SECONDS = 1800.0


class Library:
    """litellm, which takes seconds to import: `load` does that, in any thread; use the rest once `loaded` is set."""

    def __init__(self) -> None:
        self._litellm: Any = None
        self.loaded = asyncio.Event()

    def load(self) -> None:
        """Import it and silence it; raises ImportError. `loaded` is the caller's to set, in its loop."""
        litellm: Any = importlib.import_module("litellm")
        litellm.suppress_debug_info = True
        litellm.drop_params = True  # what a model does not take, such as a temperature, is left out
        litellm.telemetry = False
        logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
        self._litellm = litellm

    @property
    def _module(self) -> Any:
        assert self._litellm is not None
        return self._litellm

    def provider(self, name: str) -> tuple[str, str] | None:
        """The provider that a name means, and the name that this one knows; None where it means none."""
        try:
            model, provider, _, _ = self._module.get_llm_provider(name)
        except Exception:  # of many kinds, by what the name looks like
            return None
        return str(provider), str(model)

    def price(self, route: Route, usage: Mapping[str, Any], tier: object) -> float | None:
        """US dollars by its table for what `usage` counts, in the form of chat completions; None where it has none."""
        known = {key: value for key, value in usage.items() if key in _COUNTED and value is not None}
        try:
            counted = self._module.Usage(**known)
            costs = self._module.cost_per_token(
                model=route.model,
                custom_llm_provider=route.provider,
                usage_object=counted,
                service_tier=tier if isinstance(tier, str) else None,
            )
            return float(sum(costs))
        except Exception:  # an unknown model, or a usage that it cannot read
            return None

    async def whole(self, endpoint: str, route: Route, body: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer to a request that is not streamed, parsed and as JSON; raises ModelError."""
        answer = await self._ask(endpoint, route, body)
        value = answer.model_dump()
        return value, json.dumps(value).encode()

    async def stream(self, endpoint: str, route: Route, body: Mapping[str, Any]) -> Stream:
        """The events of the answer; raises ModelError, now and while they come."""
        answer = await self._ask(endpoint, route, body)

        async def events() -> AsyncIterator[Event]:
            try:
                async for item in answer:
                    value = item if isinstance(item, dict) else item.model_dump(exclude_none=True, mode="json")
                    name = f"event: {value.get('type')}\n" if endpoint == "responses" else ""
                    yield Event(value, f"{name}data: {json.dumps(value)}\n\n".encode())
            except Exception as error:
                raise _model_error(error) from error

        async def close() -> None:
            closing = getattr(answer, "aclose", None)
            if closing is not None:
                await closing()

        return Stream(events(), close)

    async def _ask(self, endpoint: str, route: Route, body: Mapping[str, Any]) -> Any:
        allowed = _CHAT if endpoint == "chat/completions" else _RESPONSES
        call = self._module.acompletion if endpoint == "chat/completions" else self._module.aresponses
        fields = {key: value for key, value in body.items() if key in allowed}
        own = {"max_retries": 0, "num_retries": 0} if endpoint == "chat/completions" else {}
        try:
            return await call(**fields, model=f"{route.provider}/{route.model}", timeout=_SECONDS, **own)
        except Exception as error:
            raise _model_error(error) from error


_COUNTED = frozenset(
    {
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    }
)


def _model_error(error: Exception) -> ModelError:
    """litellm's exceptions have a status; connections that fail have 500, and some missing keys too."""
    text = str(error).split("\nTraceback (most recent", 1)[0].strip() or repr(error)
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) and 400 <= status < 600 else 502
    if status >= 500 and _NO_KEY.search(text):
        status = 401
    headers = getattr(error, "litellm_response_headers", None)
    if headers is None:
        headers = getattr(getattr(error, "response", None), "headers", None)
    code = getattr(error, "code", None)
    return ModelError(
        status, text, code=None if code is None else str(code), retry_after=retry_after(headers) if headers else None
    )

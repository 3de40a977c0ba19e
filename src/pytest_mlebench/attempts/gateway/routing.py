"""Which provider a model's name means, and how that one is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_mlebench.attempts.gateway.library import Library
from pytest_mlebench.attempts.gateway.model_error import ModelError

__all__ = ["Route", "Router"]

_OPENAI, _OPENROUTER = "https://api.openai.com/v1", "https://openrouter.ai/api/v1"
# litellm guesses names that are in its price table; these families it would not know before its next release.
_FAMILIES = {
    "openai": re.compile(r"gpt-|chatgpt-|codex-|o\d(-|$)"),
    "anthropic": re.compile(r"claude-"),
    "gemini": re.compile(r"gemini-"),
}
_LONGEST_NAME = 300


@dataclass(frozen=True)
class Route:
    """Where the requests for a model go."""

    asked: str
    """The name that the agent gave."""
    model: str
    """The name that the upstream knows."""
    provider: str
    """As litellm names it."""
    url: str | None = None
    """An OpenAI-compatible base URL; None where litellm finds the provider."""
    key: str | None = field(default=None, repr=False)


class Router:
    """Finds routes; keys and base URLs of providers come from `environment`."""

    def __init__(self, library: Library, model_url: str | None, environment: Mapping[str, str]) -> None:
        self._library, self._model_url, self._environment = library, model_url, environment

    def route(self, name: object) -> Route:
        """The route to a model; raises ModelError for a name that means none, or whose key is not there."""
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise ModelError(400, "'model' must be the name of a model", code="model_not_found")
        if name.endswith(":online"):
            raise ModelError(400, "models that search the web are not available here", code="model_not_found")
        if self._model_url is not None:
            key = self._environment.get("MLEBENCH_MODEL_KEY") or self._environment.get("OPENAI_API_KEY") or "none"
            return Route(name, name.removeprefix("openai/"), "openai", self._model_url.rstrip("/"), key)
        provider, model = self._provider(name)
        if provider == "openai":
            url = self._first("OPENAI_BASE_URL", "OPENAI_API_BASE") or _OPENAI
            return Route(name, model, provider, url.rstrip("/"), self._key("OPENAI_API_KEY", name))
        if provider == "openrouter":
            url = self._first("OPENROUTER_API_BASE") or _OPENROUTER
            return Route(name, model, provider, url.rstrip("/"), self._key("OPENROUTER_API_KEY", name))
        return Route(name, model, provider)

    def _provider(self, name: str) -> tuple[str, str]:
        first, slash, rest = name.partition("/")
        if slash and first in ("openai", "openrouter"):
            return first, rest
        if (known := self._library.provider(name)) is not None:
            return known
        for provider, family in _FAMILIES.items():
            if family.match(name):
                return provider, name
        raise ModelError(
            404,
            f"no provider is known for the model {name!r}: name it as provider/model, like openai/gpt-5 or "
            "openrouter/meta-llama/llama-3.1-405b-instruct",
            code="model_not_found",
        )

    def _first(self, *names: str) -> str | None:
        return next((self._environment[name] for name in names if self._environment.get(name)), None)

    def _key(self, variable: str, name: str) -> str:
        key = self._first(variable)
        if key is None:
            raise ModelError(401, f"there is no key for the model {name!r}: set {variable} on the host", code="no_key")
        return key

"""Errors on the way to a model, as OpenAI words them."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from typing import Any

__all__ = ["ModelError", "retry_after"]

_LONGEST = 4000
_NO_MONEY_LEFT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_KINDS = {401: "authentication_error", 402: "insufficient_quota", 403: "permission_error", 429: "rate_limit_error"}


class ModelError(Exception):
    """A request that is answered with an error: `status` is of HTTP, and the text is meant for the agent.

    `retry_after` is what the provider asks for, in seconds. `is_of` says whose doing it is: "agent" (what it asked
    for), "limit" (a budget, or too much at a time), or "model" (keys, names, the provider, the network).
    """

    def __init__(
        self, status: int, message: str, *, code: str | None = None, retry_after: float | None = None, is_of: str = ""
    ) -> None:
        super().__init__(message[:_LONGEST])
        self.status, self.code, self.retry_after = status, code, retry_after
        of_the_model = status in (401, 402, 403, 404, 408, 429) or status >= 500
        self.is_of = is_of or ("model" if of_the_model else "agent")

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed in a while."""
        passing = self.status in (408, 409, 429) or self.status >= 500
        return passing and self.is_of == "model" and self.code not in _NO_MONEY_LEFT and self.status != 501

    def to_json(self) -> dict[str, Any]:
        """As OpenAI's endpoints answer."""
        kind = _KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": str(self), "type": kind, "param": None, "code": self.code}}

    @classmethod
    def of_answer(cls, status: int, body: bytes, headers: Mapping[str, str], default: str) -> ModelError:
        """That of an answer that is no success, in whatever form the provider words it."""
        message, code = body.decode(errors="replace").strip() or default, None
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            error = value.get("error", value)
            if isinstance(error, dict):
                code = error.get("code") or error.get("type")
                message = str(error.get("message") or message)
            elif isinstance(error, str):
                message = error
        code = None if code is None else str(code)
        return cls(status, message, code=code, retry_after=retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer's headers ask to wait, whether told as a number or as a date; None where neither."""
    milliseconds, told = headers.get("retry-after-ms"), headers.get("Retry-After") or headers.get("retry-after")
    for text, unit in ((milliseconds, 1000.0), (told, 1.0)):
        try:
            if text is not None and 0 <= float(text) < 1e9:
                return float(text) / unit
        except ValueError:
            pass
    try:
        date = None if told is None else email.utils.parsedate_to_datetime(told)
    except ValueError:
        return None
    return None if date is None else max(0.0, date.timestamp() - time.time())

"""Keys of the host, kept out of everything that leaves the gateway's process."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Mapping
from typing import Any

from pytest_mlebench.sandboxes.redaction import Redactor

__all__ = ["CleanStream", "SecretValues"]

_KEYS = re.compile(r".*_API_KEY|.*_ACCESS_KEY|.*_SECRET_KEY|.*_AUTH_TOKEN|.*_BEARER_TOKEN|MLEBENCH_MODEL_KEY")


class SecretValues:
    """The values of the variables that hold keys of models; of fewer than six characters they count as no secret."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._redactor = Redactor({name: value for name, value in environment.items() if _KEYS.fullmatch(name)})

    def clean(self, data: bytes) -> bytes:
        """`data`, with each value replaced by the name of its variable."""
        # What is held back as the beginning of a value is none, since the data is whole.
        return self._redactor.feed(data) + self._redactor.rest()

    def clean_text(self, text: str) -> str:
        """The same for text."""
        return self.clean(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


class CleanStream(io.TextIOBase):
    """Text to a file descriptor without the secrets, and at most `limit` bytes of it; a full disk loses it silently."""

    def __init__(self, descriptor: int, secrets: SecretValues, limit: int) -> None:
        self._descriptor, self._secrets, self._left = descriptor, secrets, limit

    def write(self, text: Any) -> int:
        """As of any text stream."""
        data = self._secrets.clean_text(str(text)).encode()[: self._left]
        self._left -= len(data)
        with contextlib.suppress(OSError):
            os.write(self._descriptor, data)
        return len(str(text))

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """That below it, for what writes to it directly, as faulthandler does."""
        return self._descriptor

"""The transcript of an attempt: a line of JSON for each request, without what the request before it said already."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.gateway.secret_values import SecretValues

__all__ = ["Transcript"]

_SHORT = 200  # characters of a field that is written every time


class Transcript:
    """Appends to the file at `path`, made with its first line, which everybody may read; secrets in it are replaced.

    A request's messages (``messages`` or ``input``) repeat their whole history: ``repeats`` is the number of leading
    ones equal to those of the line before, which are left out. Other long fields that are equal (tools, instructions)
    are left out too, and named in ``same``.
    """

    def __init__(self, path: Path, secrets: SecretValues) -> None:
        self._path, self._secrets = path, secrets
        self._messages: list[bytes] = []
        self._fields: dict[str, bytes] = {}

    def write(self, entry: dict[str, Any], request: dict[str, Any] | None, answer: dict[str, Any] | None) -> None:
        """Append a line: the entry, then the request as far as it is new, and the answer.

        Raises OSError where it cannot be written whole; nothing of it is there then.
        """
        messages, fields = self._messages, self._fields
        if request is not None:
            request, messages, fields = self._shortened(request, entry)
            entry["request"] = request
        if answer is not None:
            entry["response"] = answer
        line = (
            self._secrets.clean(json.dumps(entry, ensure_ascii=False, default=str).encode("utf-8", "replace")) + b"\n"
        )
        descriptor = self._open()
        try:
            end = os.fstat(descriptor).st_size
            try:
                left = memoryview(line)
                while left:
                    left = left[os.write(descriptor, left) :]
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, end)
                raise
        finally:
            os.close(descriptor)
        self._messages, self._fields = messages, fields

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o644)
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, 0o644)  # whatever the umask
        return descriptor

    def _shortened(
        self, request: dict[str, Any], entry: dict[str, Any]
    ) -> tuple[dict[str, Any], list[bytes], dict[str, bytes]]:
        shortened, fields, same = dict(request), {}, []
        messages: list[bytes] = []
        for key, value in request.items():
            if key in ("messages", "input") and isinstance(value, list):
                messages = [_digest(json.dumps(message)) for message in value]
                equal = 0
                while equal < min(len(messages), len(self._messages)) and messages[equal] == self._messages[equal]:
                    equal += 1
                shortened[key] = value[equal:]
                entry["repeats"] = equal
                continue
            text = json.dumps(value)
            if len(text) > _SHORT:
                fields[key] = _digest(text)
                if self._fields.get(key) == fields[key]:
                    del shortened[key]
                    same.append(key)
        if same:
            entry["same"] = same
        return shortened, messages, fields


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()

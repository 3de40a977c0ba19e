"""Replacing secrets in a stream of bytes that comes in pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote_from_bytes, quote_plus

__all__ = ["SHORTEST", "Redactor"]

SHORTEST = 6
"""Characters that a value needs to be replaced: a shorter one would be found in much that has nothing to do with it."""


class Redactor:
    """Replaces each value of `secrets` (name to value) by ``[NAME]``, also where it comes in several pieces.

    A value counts without the white space around it, and also as it is written in URLs and in JSON; the leftmost one is
    replaced, and of those that begin in one place the longest. Values of fewer than `SHORTEST` characters are left.
    Whoever wants to show a secret can write it in another form; this keeps what is shown by accident.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names: dict[bytes, bytes] = {}
        for name, value in sorted(secrets.items()):
            if len(value.strip()) >= SHORTEST:
                for form in _forms(value.strip()):
                    self._names.setdefault(form, f"[{name}]".encode())
        forms = sorted(self._names, key=lambda form: (-len(form), form))
        self._pattern = re.compile(b"|".join(map(re.escape, forms)))
        self._longest = max(map(len, forms), default=0)
        self._by_first: dict[bytes, list[bytes]] = {}
        for form in forms:
            self._by_first.setdefault(form[:1], []).append(form)
        self._not_last = frozenset(byte for form in forms for byte in form[:-1])
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What is certain after `data` came: all but what may be the beginning of a secret, which is held back."""
        if not self._names:
            return data
        data = self._held + data
        end = self._certain(data)
        self._held = data[end:]
        return self._replaced(data[:end] if self._held else data)

    def rest(self) -> bytes:
        """What is held back; call it when nothing more is to be expected."""
        held, self._held = self._held, b""
        return self._replaced(held)

    def _replaced(self, data: bytes) -> bytes:
        # Searching for each by itself is many times faster than the pattern, and secrets are rare.
        if any(form in data for form in self._names):
            return self._pattern.sub(lambda match: self._names[match[0]], data)
        return data

    def _certain(self, data: bytes) -> int:
        """Up to where more data changes nothing."""
        if not data or data[-1] not in self._not_last:  # so for most lines
            return len(data)
        begun = sorted(self._begun(data))
        if not begun:
            return len(data)
        matches = [match.span() for match in self._pattern.finditer(data)]
        for place in begun:
            # Within a secret that began before, no other one begins.
            if not any(start < place < end for start, end in matches):
                return place
        return len(data)

    def _begun(self, data: bytes) -> list[int]:
        """The places from which on `data` is the beginning of a secret that is longer."""
        found = []
        for first, forms in self._by_first.items():
            place = data.find(first, max(0, len(data) - self._longest + 1))
            while place >= 0:
                ending = data[place:]
                if any(len(form) > len(ending) and form.startswith(ending) for form in forms):
                    found.append(place)
                place = data.find(first, place + 1)
        return found


def _forms(value: str) -> set[bytes]:
    """The value as it is, and as URLs and JSON have it."""
    plain = value.encode("utf-8", "surrogateescape")
    return {
        plain,
        quote_from_bytes(plain).encode(),
        quote_from_bytes(plain, safe="").encode(),
        quote_plus(plain).encode(),
        json.dumps(value)[1:-1].encode(),
        json.dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape"),
    }

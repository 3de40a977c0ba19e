"""Which host a client names when it begins to speak TLS, before anything is encrypted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

__all__ = ["ClientHello", "NoClientHelloError", "parse", "read"]

MAX_BYTES = 16 * 1024
"""Largest ClientHello that is read, in bytes."""

_HANDSHAKE, _CLIENT_HELLO = 22, 1
_LONGEST_RECORD = 16384
_SERVER_NAME, _ENCRYPTED_CLIENT_HELLO = 0, 0xFE0D


class NoClientHelloError(ValueError):
    """What a client sent is no ClientHello of TLS."""


@dataclass(frozen=True)
class ClientHello:
    """The part of a ClientHello that tells where its client wants to go."""

    name: str | None
    """The server name as it was sent; None where none was."""
    hides_name: bool
    """Whether it has a second, encrypted name (ECH), which counts in place of the one that can be read."""


async def read(reader: asyncio.StreamReader) -> tuple[ClientHello, bytes]:
    """The ClientHello at the beginning of `reader`, and the bytes it came in, at most some `MAX_BYTES`.

    Raises NoClientHelloError for anything else, an early end of the stream included.
    """
    raw, message = bytearray(), bytearray()
    while len(message) < 4 or len(message) < 4 + _number(message[1:4]):
        try:
            head = await reader.readexactly(5)
            length = _number(head[3:5])
            if head[0] != _HANDSHAKE or head[1] != 3 or not 0 < length <= _LONGEST_RECORD:
                raise NoClientHelloError("no TLS")
            if len(raw) + 5 + length > MAX_BYTES:
                raise NoClientHelloError("its beginning is too long")
            payload = await reader.readexactly(length)
        except asyncio.IncompleteReadError:
            raise NoClientHelloError("it ended at its beginning") from None
        raw += head + payload
        message += payload
        if message[0] != _CLIENT_HELLO:
            raise NoClientHelloError("no TLS")
    return parse(bytes(message)), bytes(raw)


def parse(message: bytes) -> ClientHello:
    """What the handshake message `message` says; raises NoClientHelloError where it is no whole ClientHello."""
    whole = _Fields(message)
    if whole.number(1) != _CLIENT_HELLO:
        raise NoClientHelloError("no ClientHello")
    hello = whole.block(3)
    whole.end()
    hello.take(2 + 32)  # version, random
    hello.block(1)  # session
    hello.block(2)  # ciphers
    hello.block(1)  # compressions
    extensions = hello.block(2) if hello.left else _Fields(b"")
    hello.end()
    found: dict[int, _Fields] = {}
    while extensions.left:
        kind, content = extensions.number(2), extensions.block(2)
        if kind in found:
            raise NoClientHelloError("an extension twice")
        found[kind] = content
    name = _server_name(found[_SERVER_NAME]) if _SERVER_NAME in found else None
    return ClientHello(name, _ENCRYPTED_CLIENT_HELLO in found)


def _server_name(extension: _Fields) -> str:
    names = extension.block(2)
    extension.end()
    kind, name = names.number(1), names.block(2).rest()
    names.end()  # servers do not agree which of several counts
    if kind != 0:
        raise NoClientHelloError("a server name of an unknown kind")
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise NoClientHelloError("a server name that is not ASCII") from None


class _Fields:
    """Bytes that are taken from the front; raises NoClientHelloError where they do not suffice."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise NoClientHelloError("it is cut off")
        self._at += size
        return self._data[self._at - size : self._at]

    def rest(self) -> bytes:
        return self.take(self.left)

    def number(self, size: int) -> int:
        return _number(self.take(size))

    def block(self, size: int) -> _Fields:
        """What follows a length of `size` bytes, as long as that says."""
        return _Fields(self.take(self.number(size)))

    def end(self) -> None:
        if self.left:
            raise NoClientHelloError("something follows where nothing should")


def _number(data: bytes | bytearray) -> int:
    return int.from_bytes(data, "big")

"""What an agent asks a proxy for: the head of its request, and that of the answer to a plain one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_mlebench.controls import spell_controls
from pytest_mlebench.hosts import normal_name, split_port

__all__ = ["Body", "MalformedError", "Request", "answer_head", "parse"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[!-~]+")
_LONGEST_SHOWN = 100
# Those that concern one connection alone; a proxy must not pass them on.
_OF_CONNECTION = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "upgrade",
}
_OF_BODY = {"content-length", "transfer-encoding"}


class MalformedError(ValueError):
    """A head that is none, in words; `host` is what could be read of the host that was asked for, to be recorded."""

    def __init__(self, message: str, host: str = "") -> None:
        super().__init__(message)
        self.host = host


@dataclass(frozen=True)
class Body:
    """How much follows a head: `length` bytes, or chunks until the last one."""

    length: int = 0
    chunked: bool = False


@dataclass(frozen=True)
class Request:
    """A request for one host."""

    method: str
    """``CONNECT`` for a tunnel."""
    host: str
    """As `normal_name` returns it, so that it can be compared."""
    port: int
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Those to pass on."""
    body: Body = Body()

    @property
    def authority(self) -> str:
        """Host and port as they stand in a request."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def head(self, proxy_headers: dict[str, str] | None = None) -> bytes:
        """The head for the host itself, or with `proxy_headers` for another proxy, which may have none."""
        host = self.authority.removesuffix(":80")
        target = self.path if proxy_headers is None else f"http://{host}{self.path}"
        headers = [("Host", host), *self.headers, ("Connection", "close"), *(proxy_headers or {}).items()]
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def parse(head: bytes) -> Request:
    """The request whose head, up to its empty line, is `head`. Raises MalformedError, in words, for what is none."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise MalformedError("this is a proxy: it takes CONNECT host:port and GET http://host/path alone")
    method, target, _ = parts
    if method == "CONNECT":
        host, port = _authority(target, None)
        return Request(method, host, port)
    scheme, slashes, rest = target.partition("://")
    if not slashes or scheme.lower() != "http":
        raise MalformedError(
            "this is a proxy: it takes http://host/path here, and CONNECT host:port for https",
            _shown(rest.partition("/")[0]),
        )
    if not _TARGET.fullmatch(target):
        raise MalformedError("an address has printable characters of ASCII alone", _shown(rest))
    end = re.search(r"[/?#]|$", rest)
    assert end is not None
    host, port = _authority(rest[: end.start()], 80)
    path = rest[end.start() :].partition("#")[0]
    headers = _headers(lines)
    return Request(
        method, host, port, path if path.startswith("/") else f"/{path}", _passed_on(headers, {"host"}), _body(headers)
    )


def answer_head(head: bytes) -> tuple[int, bytes]:
    """Status and head of an answer, made to say that its connection ends with it. Raises MalformedError."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    match = re.fullmatch(r"HTTP/1\.[01] ([1-9][0-9][0-9])( .*)?", first)
    if not match:
        raise MalformedError("no answer of HTTP")
    status = int(match[1])
    headers = _passed_on(_headers(lines), set())
    closing = [] if status < 200 else ["Connection: close"]
    return status, (
        "\r\n".join([first, *(f"{name}: {value}" for name, value in headers), *closing]) + "\r\n\r\n"
    ).encode("latin-1")


def _authority(text: str, default: int | None) -> tuple[str, int]:
    host, port = split_port(text)
    if port is None and default is not None:
        port = str(default)
    if port is None or not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise MalformedError("no port is named: write host:port" if port is None else "no such port", _shown(text))
    try:
        # Heads are bytes; a client that writes international names as they are does so in UTF-8.
        return normal_name(host.encode("latin-1").decode("utf-8")), int(port)
    except UnicodeDecodeError:
        raise MalformedError("the host's name is no UTF-8", _shown(text)) from None
    except ValueError as error:
        raise MalformedError(f"{_shown(host)} is no host: {error}", _shown(text)) from None


def _shown(text: str) -> str:
    return spell_controls(text.encode("latin-1").decode("utf-8", "replace"))[:_LONGEST_SHOWN]


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        if not colon or not _TOKEN.fullmatch(name) or re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise MalformedError("a header is no header")
        headers.append((name, value))
    return headers


def _passed_on(headers: list[tuple[str, str]], others: set[str]) -> tuple[tuple[str, str], ...]:
    named = {
        part.strip().lower() for name, value in headers if name.lower() == "connection" for part in value.split(",")
    }
    dropped = (_OF_CONNECTION | named | others) - _OF_BODY
    return tuple((name, value) for name, value in headers if name.lower() not in dropped)


def _body(headers: list[tuple[str, str]]) -> Body:
    # Two readers must not come to two lengths: what is not said once and plainly is refused.
    said = [(name.lower(), value) for name, value in headers if name.lower() in _OF_BODY]
    if not said:
        return Body()
    name, value = said[0]
    if len(said) == 1 and name == "content-length" and re.fullmatch(r"[0-9]{1,18}", value):
        return Body(length=int(value))
    if len(said) == 1 and name == "transfer-encoding" and value.lower() == "chunked":
        return Body(chunked=True)
    raise MalformedError("how long the body is cannot be told from its headers")

"""Names of hosts that an agent may speak to: what they look like, and which hosts they mean."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["AllowedHosts", "IPAddress", "address", "check_hosts", "is_public", "normal_name", "split_port"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORT = 443
_LONGEST = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SHOWN = 10


def check_hosts(names: Iterable[str]) -> None:
    """Raise ValueError, in words, for the first of `names` that is no host as `AllowedHosts` takes them."""
    AllowedHosts(names)


class AllowedHosts:
    """The hosts that `names` mean, and no others.

    A name is a host (``api.openai.com``), all subdomains of one but not that host itself (``*.openai.azure.com``), or
    an IP address; each with port 443 or the one it names (``localhost:8000``, ``[::1]:8000``). Upper case, a dot at the
    end and the spelling of international names make no difference. Raises ValueError, in words, for other names.
    """

    def __init__(self, names: Iterable[str]) -> None:
        if isinstance(names, str):
            raise ValueError(f"hosts are a list, as in [{names!r}], not a text")
        self._rules = tuple(dict.fromkeys(_parse(name) for name in names))

    def __str__(self) -> str:
        """The hosts in words: ``api.openai.com and localhost:8000``; ``no host`` for none."""
        names = [str(rule) for rule in self._rules]
        if len(names) > _SHOWN:
            names = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "no host"

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def local_ports(self) -> tuple[int, ...]:
        """The ports of ``localhost`` that are named."""
        return tuple(rule.port for rule in self._rules if rule.name == "localhost" and not rule.below)

    def allows(self, name: str, port: int) -> bool:
        """Whether `name`, as `normal_name` returns it, may be spoken to at `port`."""
        return any(rule.means(name, port) for rule in self._rules)


@dataclass(frozen=True)
class _Rule:
    name: str
    port: int
    below: bool
    """Whether it means the subdomains of `name`."""

    def __str__(self) -> str:
        name = f"*.{self.name}" if self.below else self.name
        if self.port == DEFAULT_PORT:
            return name
        return f"[{name}]:{self.port}" if ":" in name else f"{name}:{self.port}"

    def means(self, name: str, port: int) -> bool:
        if port != self.port:
            return False
        return name.endswith(f".{self.name}") if self.below else name == self.name


def _parse(text: str) -> _Rule:
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no host: write its name as a text")
    shown = repr(text[:100])
    if "//" in text or "/" in text or "@" in text:
        raise ValueError(f"{shown} is no host: write its name alone, without scheme and path, such as 'api.openai.com'")
    host, port = split_port(text)
    below = host.startswith("*.")
    try:
        name = normal_name(host.removeprefix("*."))
    except ValueError as error:
        raise ValueError(
            f"{shown} is no host: {error}; write it as 'api.openai.com', '*.example.com' or 'localhost:8000'"
        ) from None
    if port == "":
        raise ValueError(f"{shown} is no host: no port follows the colon")
    if port is not None and not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise ValueError(f"{shown} is no host: a port is a number from 1 to 65535")
    if below and address(name) is not None:
        raise ValueError(f"{shown} is no host: an IP address has no subdomains")
    if below and "." not in name and name != "localhost":
        raise ValueError(
            f"{shown} means a whole top-level domain: name hosts, or one domain's, such as '*.example.com'"
        )
    return _Rule(name, int(port) if port is not None else DEFAULT_PORT, below)


def split_port(text: str) -> tuple[str, str | None]:
    """Host and port of ``host:port`` or ``[IPv6 address]:port``, unchecked; None where no port is named."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if closed and (not rest or rest.startswith(":")):
            return host, rest[1:] if rest else None
        return text, None
    if text.count(":") > 1:  # a bare IPv6 address
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def normal_name(text: str) -> str:
    """The one spelling by which the host `text`, a name or an IP address without port, is compared.

    Raises ValueError, in words, for what is neither.
    """
    if not text:
        raise ValueError("it is empty")
    if (ip := address(text)) is not None:
        return str(ip)
    if ":" in text:
        raise ValueError("it has colons as an IPv6 address has, and is none")
    name = text if text.isascii() else _international(text)
    name = name.lower().removesuffix(".")
    if len(name) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} characters")
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("a name is made of letters, digits and '-', in parts between single dots")
    # 127.1 and 0x7f000001 are names by their letters, but systems connect to addresses.
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError("it ends in a number, and is no IP address of four")
    return name


def _international(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} characters")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("it is no international name either") from None


def address(text: str) -> IPAddress | None:
    """The IP address that `text` spells; an IPv4 address inside an IPv6 one is itself; None where it is none."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return None
        return ip.ipv4_mapped or ip
    return ip


def is_public(ip: IPAddress) -> bool:
    """Whether `ip` is of the world's network: not private, loopback, link-local, multicast or reserved."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
    return ip.is_global and not ip.is_multicast

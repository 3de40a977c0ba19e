"""Which host a client names when it begins to speak TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.attempts.forward_proxy.client_hello import ClientHello, NoClientHelloError, parse, read


def from_ssl(name, **options):
    """What Python's own TLS sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    for key, value in options.items():
        setattr(context, key, value)
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def block(size, data):
    return len(data).to_bytes(size, "big") + data


def extension(kind, data):
    return kind.to_bytes(2, "big") + block(2, data)


def server_name(*names, kind=0):
    return extension(0, block(2, b"".join(bytes([kind]) + block(2, name) for name in names)))


def message(*extensions, after=b"", outside=b""):
    body = b"\x03\x03" + bytes(32) + block(1, b"session") + block(2, b"\x13\x01") + block(1, b"\x00")
    return b"\x01" + block(3, body + block(2, b"".join(extensions)) + after) + outside


def records(data, size=16384, kind=22):
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(bytes([kind, 3, 1]) + block(2, piece) for piece in pieces)


def read_from(data, *, piece=1 << 20):
    async def main():
        reader = asyncio.StreamReader()
        for i in range(0, len(data), piece):
            reader.feed_data(data[i : i + piece])
        reader.feed_eof()
        hello, raw = await read(reader)
        return hello, raw, await reader.read()

    return asyncio.run(main())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_name_that_a_client_sends(version):
    hello, raw, rest = read_from(sent := from_ssl("api.openai.com", maximum_version=version))
    assert hello == ClientHello("api.openai.com", False)
    assert (raw, rest) == (sent, b"")


def test_a_client_that_sends_no_name():
    assert read_from(from_ssl(None))[0] == ClientHello(None, False)


def test_in_many_records_and_many_pieces():
    data = message(extension(21, bytes(2000)), server_name(b"api.openai.com"))
    for size in (1, 5, 100):
        sent = records(data, size)
        hello, raw, rest = read_from(sent + b"more", piece=7)
        assert hello.name == "api.openai.com"
        assert (raw, rest) == (sent, b"more")


def test_a_hidden_name_is_seen():
    assert parse(message(server_name(b"a.com"), extension(0xFE0D, b"secret"))) == ClientHello("a.com", True)


def test_one_without_extensions():
    assert parse(b"\x01" + block(3, b"\x03\x03" + bytes(32) + b"\x00" + block(2, b"\x00\x2f") + b"\x01\x00")) == (
        ClientHello(None, False)
    )


@pytest.mark.parametrize(
    "data",
    [
        message(server_name(b"a.com", b"b.com")),
        message(server_name(b"a.com"), server_name(b"b.com")),
        message(extension(0xFE0D, b""), extension(0xFE0D, b"")),
        message(server_name()),
        message(extension(0, b"")),
        message(extension(0, block(2, b"\x00" + block(2, b"a.com")) + b"more")),
        message(server_name(b"a.com", kind=1)),
        message(server_name("ä.com".encode())),
        message(server_name(b"a.com"), after=b"more"),
        message(server_name(b"a.com"), outside=b"\x16"),
        message(server_name(b"a.com"))[:-1],
        b"\x02" + message(server_name(b"a.com"))[1:],
        b"",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(data):
    with pytest.raises(NoClientHelloError):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a.com\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
        b"\x16\x03\x01",
        b"\x16\x03\x01\x00\x00" * 10,
        b"\x16\x02\x01\x00\x05hello",
        records(message(server_name(b"a.com")))[:-1],
        records(message(server_name(b"a.com")), kind=23),
        records(message(extension(21, bytes(20000)))),
        records(message(extension(21, bytes(9000))), 1),
        records(b"\x01\xff\xff\xff" + bytes(5000)),
        records(b"\x02\x00\x00\x01x"),
        b"\x80\x2e\x01\x03\x01" + bytes(50),
    ],
)
def test_what_is_no_beginning_of_tls(data):
    with pytest.raises(NoClientHelloError):
        read_from(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_hello_or_none(data):
    for attempt in (lambda: parse(data), lambda: parse(b"\x01" + block(3, data)), lambda: read_from(data)):
        with contextlib.suppress(NoClientHelloError):
            attempt()


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
def test_a_hello_with_other_bytes_in_it_is_one_or_none(at, other):
    data = message(server_name(b"api.openai.com"), extension(16, b"\x00\x03\x02h2"), extension(0xFE0D, b"x"))
    at %= len(data)
    try:
        hello = parse(data[:at] + other + data[at + len(other) :])
    except NoClientHelloError:
        return
    assert hello.name is None or hello.name.isascii()


@given(st.from_regex(r"[a-z0-9.-]{1,253}", fullmatch=True), st.integers(1, 400))
def test_any_name_in_any_records_is_read(name, size):
    assert read_from(records(message(server_name(name.encode())), size))[0].name == name

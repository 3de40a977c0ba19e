"""TLS through the proxy: on port 443 it has to name the host that was asked for.

Nobody can count on listening at port 443, so these tunnels lead by way of another proxy, which takes them elsewhere.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl

import pytest


@pytest.fixture
def tunnel(request, start, speak, upstream, secure_web):
    """Opens a tunnel to a host at port 443, all of which lead to one web server."""
    upstream.port = secure_web
    patience = getattr(request, "param", 600.0)
    proxy = start("api.example.com", "*.example.org", "127.0.0.2", "192.0.2.1", head_seconds=patience)
    clients = []

    def open_one(target):
        clients.append(client := speak.Client(proxy))
        assert client.connect(target) == 200
        return client

    open_one.proxy = proxy
    yield open_one
    for client in clients:
        client.socket.close()


def get(client, path="/x"):
    client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    return client.rest().partition(b"\r\n\r\n")[2]


def refusals(tunnel):
    return [c.host for c in tunnel.proxy.contacts if c.refused]


def test_the_name_that_was_asked_for_passes(tunnel, trusting):
    client = tunnel("API.example.com.:443").tls(trusting, "api.example.com")
    assert json.loads(get(client))["line"] == "GET /x HTTP/1.1"
    client = tunnel("other.example.org:443").tls(trusting, "other.example.org")
    assert len(get(client, "/bytes/3000000")) == 3_000_000
    assert refusals(tunnel) == []


@pytest.mark.parametrize("name", ["other.example.org", "example.com", "api.example.com.evil.org"])
def test_another_name_is_refused(tunnel, trusting, visits, name):
    client = tunnel("api.example.com:443")
    with pytest.raises(ssl.SSLError, match="access denied"):
        client.tls(trusting, name)
    assert refusals(tunnel) == [f"api.example.com:443 (TLS name {name})"]
    tunnel.proxy.close()
    visit = visits()[0]
    assert (visit["allowed"], visit["reason"], visit["bytes_up"]) == (False, f"TLS name {name}", 0)


def test_no_name_is_refused_but_for_an_address(tunnel, trusting, upstream):
    trusting.check_hostname = False
    with pytest.raises(ssl.SSLError, match="access denied"):
        tunnel("api.example.com:443").tls(trusting, None)
    assert refusals(tunnel) == ["api.example.com:443 (TLS without a name)"]
    assert get(tunnel("192.0.2.1:443").tls(trusting, None))


def test_an_address_with_a_name_is_refused(tunnel, trusting):
    with pytest.raises(ssl.SSLError, match="access denied"):
        tunnel("192.0.2.1:443").tls(trusting, "api.example.com")
    assert refusals(tunnel) == ["192.0.2.1:443 (TLS name api.example.com)"]


@pytest.mark.parametrize("text", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"SSH-2.0-me\r\n", b"\x16\x03\x01"])
def test_what_is_no_tls_is_refused(tunnel, text):
    client = tunnel("api.example.com:443")
    client.send(text)
    client.socket.shutdown(socket.SHUT_WR)
    assert client.rest() == b""
    assert len(refusals(tunnel)) == 1
    assert refusals(tunnel)[0].startswith("api.example.com:443 (no TLS: ")


@pytest.mark.parametrize("tunnel", [1.0], indirect=True, ids=[""])
def test_who_says_nothing_is_not_waited_for(tunnel):
    assert tunnel("api.example.com:443").rest() == b""
    assert refusals(tunnel) == ["api.example.com:443 (nothing came)"]


def test_other_ports_may_speak_anything(start, speak, echo, secure_web, trusting):
    proxy = start(f"localhost:{echo}", f"localhost:{secure_web}")
    with speak.Client(proxy) as client:
        assert client.connect(f"localhost:{echo}") == 200
        client.send(b"SSH-2.0-me\r\n")
        assert client.socket.recv(100) == b"SSH-2.0-me\r\n"
    with speak.Client(proxy) as client:
        assert client.connect(f"localhost:{secure_web}") == 200
        assert get(client.tls(trusting, "other.example.org"))


def test_many_requests_on_one_connection(tunnel, trusting):
    client = tunnel("api.example.com:443").tls(trusting, "api.example.com")
    connection = http.client.HTTPConnection("a", timeout=60)
    connection.sock = client.socket
    for i in range(20):
        connection.request("POST", f"/{i}", body=bytes(1000 * i))
        assert json.loads(connection.getresponse().read())["size"] == 1000 * i
    connection.close()

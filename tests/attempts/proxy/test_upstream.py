"""Where the machine itself reaches the world through a proxy."""

from __future__ import annotations

import base64

import pytest

from pytest_mlebench.attempts.forward_proxy import ForwardProxy
from pytest_mlebench.errors import HarnessError

LOGIN = "Basic " + base64.b64encode(b"user:pass word").decode()


def never(host, port):
    raise AssertionError(f"{host} was resolved here")


def test_tunnels_lead_through_it_and_it_resolves_the_names(start, speak, echo, upstream):
    upstream.port = echo
    proxy = start("api.example.com:8443", resolve=never)
    with speak.Client(proxy) as client:
        assert client.connect("api.example.com:8443") == 200
        client.send(b"hello")
        assert client.socket.recv(5) == b"hello"
    assert upstream.heads[0].splitlines() == [
        "CONNECT api.example.com:8443 HTTP/1.1",
        "Host: api.example.com:8443",
        f"Proxy-Authorization: {LOGIN}",
    ]


def test_plain_requests_lead_through_it(start, speak, upstream):
    proxy = start("models.example.com:80", resolve=never)
    request = "GET http://models.example.com/x HTTP/1.1\r\nProxy-Authorization: the agent's\r\nA: b\r\n\r\n"
    status, answer = speak.ask(proxy, request)
    assert status == 200
    assert answer.split("\r\n\r\n")[1].splitlines() == [
        "GET http://models.example.com/x HTTP/1.1",
        "Host: models.example.com",
        "A: b",
        "Connection: close",
        f"Proxy-Authorization: {LOGIN}",
    ]


def test_who_is_not_allowed_is_not_asked_for(start, speak, upstream):
    assert speak.refused(start("api.example.com"), "github.com:443")
    assert upstream.heads == []


def test_its_own_refusal_is_told(start, speak, upstream, visits):
    upstream.answer = b"HTTP/1.1 407 Who are you\r\n\r\n"
    proxy = start("api.example.com")
    status, answer = speak.ask(proxy, "CONNECT api.example.com:443 HTTP/1.1\r\n\r\n")
    assert (status, "this machine's own proxy refuses: 407 Who are you" in answer) == (502, True)
    upstream.answer = b"what\r\n\r\n"
    assert speak.ask(proxy, "CONNECT api.example.com:443 HTTP/1.1\r\n\r\n")[0] == 502


def test_this_machine_and_what_no_proxy_names_are_reached_directly(start, speak, echo, upstream, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org, 127.0.0.9")
    proxy = start(f"localhost:{echo}", f"127.0.0.1:{echo}", f"a.example.org:{echo}", resolve=lambda host, port: ["::1"])
    assert not speak.refused(proxy, f"localhost:{echo}")
    assert not speak.refused(proxy, f"127.0.0.1:{echo}")
    assert speak.refused(proxy, f"a.example.org:{echo}")  # resolved here, to a private address
    assert upstream.heads == []


def test_one_proxy_behind_another(start, speak, echo, upstream, visits):
    upstream.port = echo
    first = start("api.example.com:8443", name="first")
    with speak.Client(first) as client:
        assert client.connect("api.example.com:8443") == 200
        client.send(bytes(200_000))
        received = 0
        while received < 200_000:
            received += len(client.socket.recv(1 << 16))
    first.close()
    assert visits("first")[0]["bytes_up"] == 200_000


@pytest.mark.parametrize("url", ["socks5://user:secret@127.0.0.1:1080", "http://user:secret@:99", "http://a:secret"])
def test_a_proxy_of_another_kind_is_named_without_its_password(tmp_path, monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(HarnessError, match="cannot go by way of HTTPS_PROXY") as error:
        ForwardProxy(["a.com"], socket=tmp_path / "p.sock").__enter__()
    assert "secret" not in str(error.value)
    assert list(tmp_path.iterdir()) == []

"""Who gets through, and what the others are told."""

from __future__ import annotations

import json
import socket
import stat

import pytest

from pytest_mlebench.attempts.forward_proxy import ForwardProxy, dialing
from pytest_mlebench.errors import HarnessError


def test_an_allowed_host_is_reached(start, speak, echo):
    proxy = start(f"localhost:{echo}")
    with speak.Client(proxy) as client:
        assert client.connect(f"localhost:{echo}") == 200
        client.send(b"hello")
        client.socket.shutdown(socket.SHUT_WR)
        assert client.rest() == b"hellobye"


@pytest.mark.parametrize("written", ["LocalHost", "localhost.", "LOCALHOST."])
def test_the_spelling_of_a_name_makes_no_difference(start, speak, echo, written):
    assert not speak.refused(start(f"localhost:{echo}"), f"{written}:{echo}")


def test_who_is_not_named_is_refused_with_a_line_that_says_who_is(start, speak):
    status, answer = speak.ask(start("api.openai.com"), "CONNECT github.com:443 HTTP/1.1\r\n\r\n")
    assert status == 403
    line = "github.com is not reachable from here: this attempt may speak to api.openai.com alone"
    head, body = answer.split("\r\n\r\n")
    assert body == f"{line}\n"
    # Clients show the first line of what a CONNECT is answered, and nothing else of it.
    assert head.splitlines()[0].endswith(line)


def test_the_port_counts(start, speak, echo, web):
    proxy = start(f"localhost:{echo}")
    assert speak.refused(proxy, f"localhost:{web}")
    assert speak.refused(proxy, "localhost:443")
    assert "localhost:22 is not reachable" in speak.ask(proxy, "CONNECT localhost:22 HTTP/1.1\r\n\r\n")[1]


def test_subdomains_of_localhost_lead_here_whatever_a_name_server_says(start, speak, echo):
    def resolve(host, port):
        raise AssertionError("was asked")

    proxy = start(f"*.localhost:{echo}", resolve=resolve)
    assert not speak.refused(proxy, f"a.b.localhost:{echo}")
    assert speak.refused(proxy, f"localhost:{echo}")


def test_a_port_of_localhost_that_is_named_has_a_door_of_its_own(start, speak, echo, visits, tmp_path):
    proxy = start(
        f"localhost:{echo}", f"localhost:{echo}", f"*.localhost:{echo}", "api.openai.com", f"127.0.0.1:{echo}"
    )
    assert proxy.doors == {echo: tmp_path / f"{echo}.sock"}
    assert stat.S_IMODE(proxy.doors[echo].stat().st_mode) == 0o666
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(proxy.doors[echo]))
            client.sendall(b"CONNECT is no word here")
            client.shutdown(socket.SHUT_WR)
            assert speak.read_all(client) == b"CONNECT is no word herebye"
    assert [(c.host, c.allowed) for c in proxy.contacts] == [(f"localhost:{echo}", 2)]
    proxy.close()
    assert {(v["host"], v["port"], v["reason"]) for v in visits()} == {("localhost", echo, "")}
    assert list(tmp_path.glob("*.sock")) == []


def test_a_door_where_nobody_listens(start, visits):
    with socket.socket() as taken, socket.socket(socket.AF_UNIX) as client:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        proxy = start(f"localhost:{port}")
        client.settimeout(60)
        client.connect(str(proxy.doors[port]))
        assert client.recv(10) == b""
    proxy.close()
    assert visits()[0]["reason"] == "cannot be reached: Connection refused"


def test_an_address_is_reached_only_where_it_is_named(start, speak, echo):
    assert not speak.refused(start(f"127.0.0.1:{echo}", name="address"), f"127.0.0.1:{echo}")
    assert not speak.refused(start(f"127.0.0.1:{echo}", name="mapped"), f"[::ffff:127.0.0.1]:{echo}")
    by_name = start(f"localhost:{echo}", name="name")
    for target in (f"127.0.0.1:{echo}", f"127.0.0.2:{echo}", f"[::1]:{echo}", f"[::ffff:127.0.0.1]:{echo}"):
        assert speak.refused(by_name, target)


@pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_other_spellings_of_addresses_are_none(start, speak, echo, spelling):
    proxy = start(f"127.0.0.1:{echo}", f"localhost:{echo}")
    status, answer = speak.ask(proxy, f"CONNECT {spelling}:{echo} HTTP/1.1\r\n\r\n")
    assert status == 400, answer
    assert [(c.host, c.refused) for c in proxy.contacts] == [(f"{spelling}:{echo}", 1)]


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:127.0.0.1", "224.0.0.1"])
def test_an_allowed_name_leads_to_no_private_address(start, speak, echo, visits, ip):
    proxy = start(f"rebound.example.com:{echo}", resolve=lambda host, port: [ip])
    status, answer = speak.ask(proxy, f"CONNECT rebound.example.com:{echo} HTTP/1.1\r\n\r\n")
    assert status == 403
    assert "leads into a private network" in answer
    assert ip not in answer
    proxy.close()
    assert visits()[0]["reason"] == f"a name that leads to a private address: {ip}"
    assert [(c.allowed, c.refused) for c in proxy.contacts] == [(0, 1)]


def test_of_several_addresses_those_that_are_public_are_tried(start, speak, echo, monkeypatch):
    asked = []
    monkeypatch.setattr(dialing, "is_public", lambda ip: str(ip).startswith("127.0.0."))

    def resolve(host, port):
        asked.append((host, port))
        return ["10.0.0.1", "127.0.0.254", "127.0.0.1"]

    proxy = start("*.example.com:" + str(echo), resolve=resolve)
    with speak.Client(proxy) as client:
        assert client.connect(f"a.example.com:{echo}") == 200
        client.send(b"x")
        assert client.socket.recv(1) == b"x"
    # What was looked at is what was connected to: the name is asked for once.
    assert asked == [("a.example.com", echo)]


def test_who_cannot_be_reached(start, speak, visits):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]

        def resolve(host, port):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        proxy = start(f"localhost:{port}", "gone.example.com", "none.example.com", resolve=resolve)
        status, answer = speak.ask(proxy, f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n")
        assert (status, answer.rpartition("\r\n\r\n")[2]) == (502, "localhost cannot be reached: Connection refused\n")
        status, answer = speak.ask(proxy, "CONNECT gone.example.com:443 HTTP/1.1\r\n\r\n")
        assert (status, "its name cannot be resolved" in answer) == (502, True)
    proxy.close()
    assert {c.refused for c in proxy.contacts} == {0}
    assert [v["allowed"] for v in visits()] == [True, True]


def test_plain_http_to_an_allowed_host(start, speak, web):
    proxy = start(f"localhost:{web}")
    request = (
        f"GET HTTP://LocalHost:{web}/a/b?c=d#e HTTP/1.1\r\nHost: elsewhere.com\r\nProxy-Authorization: Basic x\r\n"
        "Proxy-Connection: keep-alive\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nX-Kept: 2\r\n\r\n"
    )
    status, answer = speak.ask(proxy, request)
    assert status == 200
    head, body = answer.split("\r\n\r\n")
    assert "Connection: close" in head
    asked = json.loads(body)
    assert asked["line"] == "GET /a/b?c=d HTTP/1.1"
    assert asked["headers"] == [["host", f"localhost:{web}"], ["x-kept", "2"], ["connection", "close"]]


def test_a_second_request_on_one_connection_is_not_passed_on(start, speak, web):
    request = f"GET http://localhost:{web}/ HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\nHost: elsewhere.com\r\n\r\n"
    status, answer = speak.ask(start(f"localhost:{web}"), request)
    assert status == 200
    assert answer.count("HTTP/1.1 200") == 1


def test_plain_http_to_others_is_refused(start, speak, web):
    proxy = start(f"localhost:{web}", "api.openai.com")
    for address in (
        "http://github.com/",
        f"http://127.0.0.1:{web}/",
        "http://localhost/",
        "http://api.openai.com/v1",
        "http://api.openai.com:443/",
    ):
        assert speak.ask(proxy, f"GET {address} HTTP/1.1\r\n\r\n")[0] == 403, address


def test_a_body_is_passed_on(start, speak, web):
    proxy = start(f"localhost:{web}")
    head = f"POST http://localhost:{web}/ HTTP/1.1\r\n"
    status, answer = speak.ask(proxy, f"{head}Content-Length: 5\r\n\r\nhello and more")
    assert (status, json.loads(answer.split("\r\n\r\n")[1])["size"]) == (200, 5)
    body = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
    status, answer = speak.ask(proxy, f"{head}Transfer-Encoding: chunked\r\n\r\n{body}more")
    assert (status, json.loads(answer.split("\r\n\r\n")[1])["size"]) == (200, 11)


def test_a_server_that_gives_no_answer(start, speak, web):
    status, answer = speak.ask(start(f"localhost:{web}"), f"GET http://localhost:{web}/never HTTP/1.1\r\n\r\n")
    assert (status, "gives no answer" in answer) == (502, True)


@pytest.mark.parametrize(
    "text",
    [
        "GET / HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n",
        "GET https://localhost:PORT/ HTTP/1.1\r\n\r\n",
        "GET ftp://localhost:PORT/ HTTP/1.1\r\n\r\n",
        "CONNECT localhost HTTP/1.1\r\n\r\n",
        "CONNECT localhost:PORT\r\n\r\n",
        "CONNECT localhost:0 HTTP/1.1\r\n\r\n",
        "CONNECT localhost:99999999999 HTTP/1.1\r\n\r\n",
        "CONNECT localhost:PORT HTTP/2.0\r\n\r\n",
        "CONNECT local\x00host:PORT HTTP/1.1\r\n\r\n",
        "CONNECT github.com\nlocalhost:PORT HTTP/1.1\r\n\r\n",
        "GET http://user@localhost:PORT/ HTTP/1.1\r\n\r\n",
        "GET http://localhost:PORT\\@github.com/ HTTP/1.1\r\n\r\n",
        "GET http://github.com\\@localhost:PORT/ HTTP/1.1\r\n\r\n",
        "GET http:///x HTTP/1.1\r\n\r\n",
        "GET http://localhost:PORT/\x01 HTTP/1.1\r\n\r\n",
        "GET http://localhost:PORT/ HTTP/1.1\r\nno header\r\n\r\n",
        "GET http://localhost:PORT/ HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET http://localhost:PORT/ HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        "GET http://localhost:PORT/ HTTP/1.1\r\nA: b\nHost: github.com\r\n\r\n",
        "POST http://localhost:PORT/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST http://localhost:PORT/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST http://localhost:PORT/ HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "POST http://localhost:PORT/ HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
        "POST http://localhost:PORT/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST http://localhost:PORT/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n",
        "\x16\x03\x01\x02\x00\r\n\r\n",
        "\r\n\r\n",
    ],
)
def test_what_is_malformed_is_answered_in_words(start, speak, web, text):
    status, answer = speak.ask(start(f"localhost:{web}"), text.replace("PORT", str(web)).encode("latin-1"))
    assert status == 400, answer
    assert answer.count("\n") == answer.split("\r\n\r\n")[0].count("\n") + 3


def test_a_proxy_to_nobody(start, speak, echo):
    status, answer = speak.ask(start(), f"CONNECT localhost:{echo} HTTP/1.1\r\n\r\n")
    assert status == 403
    assert answer.endswith("is not reachable from here: this attempt may speak to no host\n")


def test_what_is_no_host_is_no_proxy(tmp_path):
    with pytest.raises(ValueError, match="without scheme"):
        ForwardProxy(["https://api.openai.com"], socket=tmp_path / "p.sock")


def test_the_socket_is_open_to_all_users_and_removed(start, tmp_path):
    proxy = start("api.openai.com")
    assert stat.S_IMODE(proxy.socket.stat().st_mode) == 0o666
    proxy.close()
    proxy.close()
    assert list(tmp_path.iterdir()) == []


def test_a_socket_in_a_folder_with_a_very_long_name(start, tmp_path, speak, monkeypatch):
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    with ForwardProxy(["api.openai.com"], socket=folder / "p.sock") as proxy, socket.socket(socket.AF_UNIX) as client:
        monkeypatch.chdir(folder)
        client.connect("p.sock")
        client.sendall(b"CONNECT a.com:1 HTTP/1.1\r\n\r\n")
        assert b" 403 " in speak.read_all(client)
        assert [c.host for c in proxy.contacts] == ["a.com:1"]


def test_a_socket_left_by_a_killed_run_is_replaced(start, tmp_path, speak):
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(tmp_path / "proxy.sock"))
    assert speak.refused(start("a.com"), "b.com:443")


def test_what_is_not_a_socket_is_left_alone(tmp_path):
    path = tmp_path / "p.sock"
    path.write_text("mine")
    with pytest.raises(HarnessError, match=r"the forward proxy cannot listen on .*p\.sock: Address already in use"):
        ForwardProxy(["a.com"], socket=path).__enter__()
    assert path.read_text() == "mine"
    (tmp_path / "8000.sock").write_text("mine")
    with pytest.raises(HarnessError, match=r"cannot listen on .*8000\.sock: Address already in use"):
        ForwardProxy(["localhost:8000"], socket=tmp_path / "other.sock").__enter__()
    assert not (tmp_path / "other.sock").exists()
    with pytest.raises(HarnessError, match="No such file"):
        ForwardProxy(["a.com"], socket=tmp_path / "gone" / "p.sock").__enter__()

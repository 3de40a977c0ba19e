"""What is known afterwards of who was asked for."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys

from pytest_mlebench.attempts.forward_proxy import visits as module
from pytest_mlebench.attempts.forward_proxy.visits import Visit, Visits
from pytest_mlebench.attempts.record import Contact


def test_hosts_are_counted_refused_ones_first(start, speak, echo):
    proxy = start(f"localhost:{echo}")
    for target in [f"localhost:{echo}"] * 4 + ["www.kaggle.com:443"] + ["GitHub.com.:443", "github.com:443"]:
        speak.refused(proxy, target)
    assert proxy.contacts == (
        Contact(host="github.com:443", refused=2),
        Contact(host="www.kaggle.com:443", refused=1),
        Contact(host=f"localhost:{echo}", allowed=4),
    )


def test_every_connection_is_a_line(start, speak, echo, visits):
    before = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    proxy = start(f"localhost:{echo}")
    speak.refused(proxy, "github.com:443")
    with speak.Client(proxy) as client:
        client.connect(f"localhost:{echo}")
        client.send(b"hello")
        assert client.socket.recv(5) == b"hello"
    proxy.close()
    first, second = visits()
    assert before <= first.pop("time") <= second.pop("time")
    assert first.pop("seconds") >= 0
    assert first == {
        "host": "github.com",
        "port": 443,
        "allowed": False,
        "reason": "not allowed",
        "bytes_up": 0,
        "bytes_down": 0,
    }
    assert (second["host"], second["port"], second["allowed"]) == ("localhost", echo, True)
    assert (second["bytes_up"], second["bytes_down"]) >= (5, 5)


def test_what_an_agent_writes_moves_no_terminal(start, speak, visits):
    proxy = start("a.com")
    name = "\x1b[2J\x07evil" + "x" * 500
    assert speak.ask(proxy, f"CONNECT {name}:443 HTTP/1.1\r\n\r\n")[0] == 400
    (contact,) = proxy.contacts
    assert contact.host.isprintable()
    assert contact.host.startswith("\\x1b[2J\\x07evil")
    assert len(contact.host) <= 100
    proxy.close()
    assert visits()[0]["host"].isprintable()


def test_a_thousand_hosts_are_told_apart(tmp_path):
    visits = Visits(None, 0)
    for i in range(1500):
        visits.decide(Visit(host=f"host-{i}.com", port=443), allowed=False)
    visits.decide(Visit(host="host-1.com", port=443), allowed=True)
    contacts = {contact.host: contact for contact in visits.contacts}
    assert len(contacts) == 1001
    assert contacts["(other hosts)"].refused == 500
    assert visits.contacts[0].host == "(other hosts)"
    assert contacts["host-1.com:443"] == Contact(host="host-1.com:443", allowed=1, refused=1)


def test_the_file_is_bounded(start, speak, tmp_path):
    proxy = start("a.com", record_bytes=2000)
    for i in range(50):
        assert speak.refused(proxy, f"host-{i}.com:443")
    proxy.close()
    text = (tmp_path / "proxy.jsonl").read_text()
    assert len(text) < 2100
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1] == {"truncated": True}
    assert len(proxy.contacts) == 50


def test_a_file_that_cannot_be_written_holds_up_nobody(start, speak, tmp_path):
    (tmp_path / "proxy.jsonl").mkdir()
    proxy = start("a.com")
    assert speak.refused(proxy, "b.com:443")
    assert [c.refused for c in proxy.contacts] == [1]


def test_a_fault_of_ours_is_seen_in_the_record(start, speak, echo, visits):
    def resolve(host, port):
        raise ZeroDivisionError("a fault")

    proxy = start("a.com", f"localhost:{echo}", resolve=resolve)
    assert speak.ask(proxy, "CONNECT a.com:443 HTTP/1.1\r\n\r\n") == (None, "")
    assert not speak.refused(proxy, f"localhost:{echo}")
    assert visits()[0]["reason"] == "the proxy failed: ZeroDivisionError: a fault"


def test_naming_the_proxy_loads_no_event_loop():
    code = f"import sys, {module.__name__.rpartition('.')[0]}; print({{'asyncio', 'ssl'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"

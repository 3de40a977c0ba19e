"""What one agent can take of the proxy, and how the proxy ends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from ...waiting import wait_for


def test_who_sends_a_head_byte_by_byte_is_not_waited_for(start, speak):
    with speak.Client(start("a.com", head_seconds=0.5)) as client:
        with contextlib.suppress(ConnectionError):  # it may have lost its patience before
            for byte in b"CONNECT a":
                client.send(bytes([byte]))
                time.sleep(0.01)
        assert client.head().startswith("HTTP/1.1 408 ")


def test_a_head_is_bounded(start, speak):
    proxy = start("a.com", head_bytes=16 * 1024)
    status, answer = speak.ask(proxy, b"CONNECT a.com:443 HTTP/1.1\r\nA: " + b"x" * 16_400 + b"\r\n\r\n")
    assert (status, "at most 16384 bytes" in answer) == (400, True)
    with speak.Client(proxy) as client, contextlib.suppress(ConnectionError):
        # One that never ends is cut off.
        for _ in range(1000):
            client.send(b"x" * 100_000)
        pytest.fail("took 100 MB of a head")


def test_hundreds_of_connections_at_a_time(start, speak, echo):
    proxy = start(f"localhost:{echo}", connections=256, head_seconds=600)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(speak.Client(proxy)) for _ in range(300)]
        for client in clients[:256]:
            assert client.connect(f"localhost:{echo}") == 200
        # Those beyond are told so.
        heads = [client.head() for client in clients[256:]]
        assert {head.split()[1] for head in heads} == {"503"}
        assert "no more than 256" in heads[0]
        for i, client in enumerate(clients[:256]):
            client.send(b"%d;" % i)
        for i, client in enumerate(clients[:256]):
            client.socket.shutdown(socket.SHUT_WR)
            assert client.rest() == b"%d;bye" % i

    def has_place():
        with speak.Client(proxy) as client:
            return client.connect(f"localhost:{echo}") == 200

    # And when they have gone there is place again.
    wait_for(has_place)


def test_300_requests_by_300_threads(start, speak, web):
    proxy = start(f"localhost:{web}", connections=400, head_seconds=600, connect_seconds=600)
    answers = []

    def one(i):
        answers.append(speak.ask(proxy, f"GET http://localhost:{web}/{i} HTTP/1.1\r\n\r\n"))

    threads = [threading.Thread(target=one, args=(i,)) for i in range(300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200] * 300
    assert proxy.contacts[0].allowed == 300


def test_a_flood_of_connections_harms_no_other(start, speak, echo):
    proxy = start(f"localhost:{echo}", connections=4, head_seconds=600)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(speak.Client(proxy))
        held = stack.enter_context(speak.Client(proxy))
        assert held.connect(f"localhost:{echo}") == 200
        for _ in range(400):
            speak.Client(proxy).socket.close()
        held.send(b"still there")
        assert held.socket.recv(100) == b"still there"


def test_idle_connections_are_closed(start, speak, echo, visits):
    proxy = start(f"localhost:{echo}", idle_seconds=0.6)
    for turn in range(1, 21):
        with speak.Client(proxy) as client:
            assert client.connect(f"localhost:{echo}") == 200
            was_busy, pause = _say_something(client, times=10)  # longer than that in all
            with contextlib.suppress(ConnectionError):
                assert client.rest() == b""
        wait_for(lambda turn=turn: len(visits()) == turn)
        assert visits()[-1]["reason"] == "nothing came for 0.6 s"
        if was_busy:
            break
        # Only where this very process was held up may it have been closed earlier.
        assert pause > 0.3


def _say_something(client, times):
    """Whether all of it came back, and the longest time from one to the next."""
    pause, before = 0.0, time.monotonic()
    for _ in range(times):
        try:
            client.send(b"x")
            came = client.socket.recv(1)
        except ConnectionError:
            came = b""
        pause, before = max(pause, time.monotonic() - before), time.monotonic()
        if came != b"x":
            return False, pause
        time.sleep(0.1)
    return True, pause


def test_a_resolver_that_hangs_is_not_waited_for(start, speak):
    gate = threading.Event()

    def resolve(host, port):
        gate.wait(60)
        return []

    proxy = start("slow.example.com", "localhost:9", resolve=resolve, connect_seconds=0.3)
    status, answer = speak.ask(proxy, "CONNECT slow.example.com:443 HTTP/1.1\r\n\r\n")
    gate.set()
    assert (status, "does not answer" in answer) == (502, True)


def test_closing_drops_open_connections_at_once(start, speak, echo, visits):
    proxy = start(f"localhost:{echo}")
    with speak.Client(proxy) as silent, speak.Client(proxy) as open_one, speak.Client(proxy) as half:
        assert open_one.connect(f"localhost:{echo}") == 200
        open_one.send(b"x")
        assert open_one.socket.recv(1) == b"x"
        half.send("CONNECT local")
        began = time.monotonic()
        proxy.close()
        assert time.monotonic() - began < 60
        for client in (silent, open_one, half):
            with contextlib.suppress(ConnectionResetError):
                assert client.rest() == b""
    assert not proxy.socket.exists()
    assert {visit["reason"] for visit in visits()} == {"cut when the proxy closed"}
    assert proxy.contacts[0].allowed == 1


def test_closing_does_not_wait_for_clients_that_do_not_read(start, speak):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        proxy = start(f"localhost:{port}")
        with speak.Client(proxy) as client:
            assert client.connect(f"localhost:{port}") == 200
            far, _ = listener.accept()
            with far, contextlib.suppress(TimeoutError):
                far.settimeout(0.5)
                while True:
                    far.send(bytes(1 << 20))
            began = time.monotonic()
            proxy.close()
            assert time.monotonic() - began < 60


def test_closing_while_connections_come(start, speak, echo):
    for i in range(5):
        proxy = start(f"localhost:{echo}", name=f"proxy{i}")
        stop = threading.Event()

        def flood(proxy=proxy, stop=stop):
            while not stop.is_set():
                with contextlib.suppress(OSError), speak.Client(proxy) as client:
                    client.send(f"CONNECT localhost:{echo} HTTP/1.1\r\n\r\n")
                    client.head()

        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda proxy=proxy: proxy.contacts)
        proxy.close()
        stop.set()
        for thread in threads:
            thread.join()

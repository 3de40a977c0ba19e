"""Bytes through the proxy: all of them, both ways, in bounded memory, until both sides have ended."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time

from ...waiting import wait_for

SIZE = 40_000_000


def tunnel(speak, proxy, port):
    client = speak.Client(proxy)
    assert client.connect(f"localhost:{port}") == 200
    return client


def test_a_large_transfer_both_ways_at_once(start, speak, echo, visits):
    proxy = start(f"localhost:{echo}")
    data = hashlib.shake_256(b"seed").digest(1_000_000) * (SIZE // 1_000_000)
    with tunnel(speak, proxy, echo) as client:

        def send():
            client.send(data)
            client.socket.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = client.rest()
        sender.join()
    assert received == data + b"bye"
    wait_for(visits)
    assert (visits()[0]["bytes_up"], visits()[0]["bytes_down"]) == (SIZE, SIZE + 3)
    assert visits()[0]["reason"] == ""


def test_a_large_body_and_a_large_answer_of_plain_http(start, speak, web, visits):
    proxy = start(f"localhost:{web}")
    body = bytes(range(256)) * 20_000
    with speak.Client(proxy) as client:
        client.send(f"POST http://localhost:{web}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(0, len(body), 70_000):
            client.send(b"%x\r\n%b\r\n" % (len(body[i : i + 70_000]), body[i : i + 70_000]))
        client.send("0\r\n\r\n")
        answer = json.loads(client.rest().partition(b"\r\n\r\n")[2])
    assert (answer["size"], answer["sha"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert len(speak.ask(proxy, f"GET http://localhost:{web}/bytes/{SIZE} HTTP/1.1\r\n\r\n")[1]) > SIZE


def test_who_does_not_read_is_not_read_for(start, speak):
    """What an agent does not take stays with its host, but for some buffers."""
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with tunnel(speak, start(f"localhost:{port}"), port):
            far, _ = listener.accept()
            far.settimeout(1)
            with far:
                try:
                    while sent < 200_000_000:
                        sent += far.send(bytes(1 << 20))
                except TimeoutError:
                    pass
    assert sent < 100_000_000


def test_an_end_is_passed_on_while_the_answer_still_comes(start, speak):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with tunnel(speak, start(f"localhost:{port}"), port) as client:
            far, _ = listener.accept()
            with far:
                client.send(b"question")
                client.socket.shutdown(socket.SHUT_WR)
                far.settimeout(60)
                assert speak.read_all(far) == b"question"
                time.sleep(0.1)
                far.sendall(b"answer")
            assert client.rest() == b"answer"


def test_the_end_of_a_host_is_passed_on(start, speak, visits):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with tunnel(speak, start(f"localhost:{port}"), port) as client:
            listener.accept()[0].close()
            assert client.rest() == b""
        wait_for(visits)


def test_a_client_that_goes_away_is_told_to_its_host(start, speak, visits):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        proxy = start(f"localhost:{port}")
        client = tunnel(speak, proxy, port)
        far, _ = listener.accept()
        far.settimeout(60)
        with far:
            client.send(b"abc")
            client.socket.close()
            assert speak.read_all(far) == b"abc"
        wait_for(visits)
        assert visits()[0]["bytes_up"] == 3


def test_a_client_that_goes_away_from_a_plain_request(start, speak, visits):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        proxy = start(f"localhost:{port}")
        with speak.Client(proxy) as client:
            client.send(f"GET http://localhost:{port}/ HTTP/1.1\r\n\r\n")
            far, _ = listener.accept()
        far.settimeout(60)
        with far:
            assert b"GET / HTTP/1.1" in speak.read_all(far)  # its end has come through
        wait_for(visits)


def test_a_client_that_says_nothing_and_goes_is_not_recorded(start, speak, visits, tmp_path):
    proxy = start("a.com")
    for _ in range(5):
        speak.Client(proxy).socket.close()
    assert speak.refused(proxy, "b.com:443")
    proxy.close()
    assert [visit["host"] for visit in visits()] == ["b.com"]


def test_a_host_that_cuts_a_request_short_is_heard_all_the_same(start, speak):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        proxy = start(f"localhost:{port}")
        with speak.Client(proxy) as client:
            client.send(f"POST http://localhost:{port}/ HTTP/1.1\r\nContent-Length: {SIZE}\r\n\r\n" + "x" * 100)
            far, _ = listener.accept()
            with far:
                while b"x" * 100 not in far.recv(1000):
                    pass
                far.sendall(b"HTTP/1.1 413 Too much\r\nContent-Length: 0\r\n\r\n")
            assert client.rest().startswith(b"HTTP/1.1 413 Too much\r\n")

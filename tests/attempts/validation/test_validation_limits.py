from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from pytest_mlebench.attempts import validation

from ...waiting import wait_for


def assert_cut_off(client, data):
    """The server closes the connection of a client that sends without end."""
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        client.sendall(data * 1000)


def test_a_file_at_the_limit_is_validated_and_a_larger_one_refused(http, serve):
    server = serve(lambda path: (True, str(path.stat().st_size)), max_bytes=1_000_000)
    assert http.upload(server, b"x" * 1_000_000) == (200, {"valid": True, "message": "1000000"})
    status, value = http.upload(server, b"x" * 1_000_001)
    assert status == 413
    assert "the file has 977 KB, more than 977 KB" in value["error"]


@pytest.mark.parametrize("row", [b"1,0.5\n", b"12345,0.123456\r\n", b"x" * 999 + b"\n"])
def test_files_of_many_rows_are_taken_whole(http, serve, row):
    server = serve(lambda path: (True, str(path.stat().st_size)))
    content = row * (3_000_000 // len(row))
    assert http.upload(server, content) == (200, {"valid": True, "message": str(len(content))})


@pytest.mark.parametrize("size", [1_300_000, 2_400_000])
def test_a_body_over_the_limit_is_refused(http, serve, size, temporary):
    server = serve(lambda path: pytest.fail("it was validated"), max_bytes=1_000_000)
    status, value = http.upload(server, b"x" * size)
    assert status == 413
    assert "the request is larger than 1.2 MB" in value["error"]
    assert http.upload(server, b"x" * 10)[0] == 500  # goes on serving


def test_a_body_far_over_the_limit_is_refused_before_it_is_sent(http, serve):
    server = serve(max_bytes=1_000_000)
    with http.raw(server) as client:
        client.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n")
        assert b"413 Request Entity Too Large" in client.recv(1000)


def test_a_client_that_asks_before_it_sends_is_refused_at_once(http, serve):
    server = serve(max_bytes=1_000_000)
    head = b"POST /validate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with http.raw(server) as client:
        client.sendall(head % 1_500_000)
        assert client.recv(1000).startswith(b"HTTP/1.1 413")
    with http.raw(server) as client:
        client.sendall(head % 10)
        assert client.recv(1000).startswith(b"HTTP/1.1 100")


def test_chunked_bodies_are_understood_and_limited(http, serve):
    server = serve(lambda path: (True, str(path.stat().st_size)), max_bytes=1_000_000)

    def chunked(size):
        body = http.form(b"x" * size)
        pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
        return http.ask(server, "POST", "/validate", pieces, http.FORM, encode_chunked=True)

    assert chunked(1_000_000)[:2] == (200, {"valid": True, "message": "1000000"})
    assert chunked(1_500_000)[0] == 413


def test_a_chunked_body_whose_end_comes_with_what_is_too_much_is_refused_at_once(http, serve):
    server = serve(max_bytes=1_000)
    body = http.form(b"x" * 280_000)  # over the limit of the form, too
    whole = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with http.raw(server) as client:
        head = f"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: {http.FORM['Content-Type']}\r\n"
        client.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        time.sleep(0.2)
        client.sendall(whole)
        assert client.recv(65536).startswith(b"HTTP/1.1 413")


def test_a_chunked_body_without_end_is_cut_off(http, serve, temporary):
    server = serve(max_bytes=1_000_000)
    with http.raw(server) as client:
        client.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert_cut_off(client, b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
    assert http.upload(server)[0] == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10 + b"\r\n\r\n",
        b"\0" * 1000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /validate HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /validate HTTP/1.1\r\nContent-Length: 1e9\r\n\r\n",
        b"POST /validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"POST /validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 300_000,
        b"POST /validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 100_000,
        b"POST /validate HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"GET " + b"/" * 1_000_000,
        b"GET //[ HTTP/1.1\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\n\r\n",
    ],
    ids=lambda garbage: repr(garbage[:60])[2:30],
)
def test_garbage_is_answered_and_survived(http, serve, garbage, capfd, caplog):
    server = serve()
    with http.raw(server) as client:
        with contextlib.suppress(OSError):  # it may close while we are sending
            client.sendall(garbage)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            answer = client.recv(1000)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 5", b"HTTP/1.0 5"))
    assert http.upload(server)[0] == 200
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_an_endless_line_in_a_chunked_body_is_not_kept(http, serve):
    server = serve()
    with http.raw(server) as client:
        client.sendall(b"POST /validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert_cut_off(client, b"1" * 65536)
    assert http.upload(server)[0] == 200


def test_slow_and_silent_clients_hold_nobody_up(http, serve):
    server = serve()
    with contextlib.ExitStack() as stack:
        for i in range(20):
            client = stack.enter_context(http.raw(server))
            client.sendall(http.raw_upload()[: i * 15])
        assert http.upload(server)[0] == 200  # within the patience of its client


def test_a_client_that_leaves_during_its_upload_leaves_nothing(http, serve, temporary):
    server = serve()
    with http.raw(server) as client:
        client.sendall(b"POST /validate HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 5_000_000)
    assert http.upload(server)[0] == 200


def test_a_client_that_leaves_during_its_validation_harms_nobody(http, serve):
    gate, entered = threading.Event(), threading.Event()
    server = serve(lambda path: (entered.set() is None and gate.wait(60), "done"))
    with http.raw(server) as client:
        client.sendall(http.raw_upload())
        assert entered.wait(60)
    gate.set()
    assert http.upload(server) == (200, {"valid": True, "message": "done"})


def test_a_client_that_closes_its_half_still_gets_the_answer(http, serve):
    server = serve(lambda path: (time.sleep(0.2) is None, "done"))
    with http.raw(server) as client:
        client.sendall(http.raw_upload())
        client.shutdown(socket.SHUT_WR)
        assert b'"valid": true' in b"".join(iter(lambda: client.recv(4096), b""))


def test_twenty_requests_at_a_time_are_answered_two_at_a_time(http, server, serve, tmp_path):
    running, most, lock, pair = [0], [0], threading.Lock(), threading.Barrier(2)

    def validate(path):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        pair.wait(60)
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        return True, path.read_text()

    server = serve(validate, socket=tmp_path / "second.sock" if isinstance(server.address, Path) else None)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda i: http.upload(server, b"%d" % i), range(20)))
    assert answers == [(200, {"valid": True, "message": str(i)}) for i in range(20)]
    assert most == [2]


def test_too_long_a_line_is_told_to_come_again(http, serve, monkeypatch):
    monkeypatch.setattr(validation, "_MAX_WAITING", 1)
    gate, entered = threading.Event(), threading.Semaphore(0)
    server = serve(lambda path: (entered.release() is None and gate.wait(60), ""), max_concurrent=1)
    with ThreadPoolExecutor(3) as pool:
        pending = {pool.submit(http.ask, server, "POST", "/validate", http.form(), http.FORM)}
        entered.acquire()
        pending |= {pool.submit(http.ask, server, "POST", "/validate", http.form(), http.FORM) for _ in range(2)}
        done, pending = wait(pending, timeout=60, return_when=FIRST_COMPLETED)
        status, value, headers = done.pop().result()
        assert status == 503
        assert "try again" in value["error"]
        assert headers["Retry-After"] == "5"
        assert http.ask(server, "GET", "/health")[0] == 200
        assert http.ask(server, "POST", "/validate", http.CSV)[0] == 400
        gate.set()
        assert [answer.result()[0] for answer in pending] == [200, 200]


def test_health_is_told_while_many_validations_run_and_wait(http, serve):
    gate = threading.Event()
    server = serve(lambda path: (gate.wait(600), ""))
    with ThreadPoolExecutor(20) as pool:
        pending = [pool.submit(http.upload, server) for _ in range(20)]
        try:
            for _ in range(20):
                assert http.ask(server, "GET", "/health")[0] == 200
        finally:
            gate.set()
        assert {answer.result()[0] for answer in pending} == {200}


def test_uploads_cannot_fill_the_disk(http, serve, temporary):
    limit = 1_000_000
    server = serve(lambda path: (True, ""), max_bytes=limit)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(http.raw(server)) for _ in range(12)]
        for client in clients:
            client.sendall(http.raw_upload(b"x" * limit)[:900_000])
        answers = []

        def is_refused():
            answers.append(http.ask(server, "POST", "/validate", http.form(b"x" * 900_000), http.FORM))
            return answers[-1][0] == 503

        # Beyond what may lie on disk, a whole request is answered with 503.
        wait_for(is_refused)
        _, value, headers = answers[-1]
        assert "other uploads are in progress" in value["error"]
        assert headers["Retry-After"] == "5"
    wait_for(lambda: http.upload(server, b"x" * 900_000)[0] == 200)


def test_a_large_upload_is_not_kept_in_memory(tmp_path):
    code = """
import http.client, resource, sys
from pytest_mlebench.attempts.validation import ValidationServer
with ValidationServer(lambda path: (True, str(path.stat().st_size))) as server:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    client = http.client.HTTPConnection(server.address.removeprefix("http://"))
    head = b'--b\\r\\nContent-Disposition: form-data; name="file"; filename="x"\\r\\n\\r\\n'
    size, tail = 200 * 1024**2, b"\\r\\n--b--\\r\\n"
    client.putrequest("POST", "/validate")
    client.putheader("Content-Type", "multipart/form-data; boundary=b")
    client.putheader("Content-Length", len(head) + size + len(tail))
    client.endheaders(head)
    for _ in range(200):
        client.send(b"1234567\\n" * (1024**2 // 8))
    client.send(tail)
    print(client.getresponse().read().decode())
    client.close()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60 * 1024, grown
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"valid": True, "message": str(200 * 1024**2)}

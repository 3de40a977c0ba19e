from __future__ import annotations

import contextlib
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest

from pytest_mlebench.attempts.validation import ValidationServer
from pytest_mlebench.errors import HarnessError


def test_starting_and_closing_take_no_time(http, serve):
    with ValidationServer(http.describe):
        pass  # imports
    for _ in range(5):
        start = time.perf_counter()
        with ValidationServer(http.describe) as server:
            assert http.upload(server)[0] == 200
        assert time.perf_counter() - start < 60


def test_closing_does_not_wait_for_clients_or_long_validations(http):
    gate, entered = threading.Event(), threading.Event()
    server = ValidationServer(lambda path: (entered.set() is None and gate.wait(600), ""))
    with server:
        port = int(server.address.rpartition(":")[2])
        with http.raw(server) as silent, http.raw(server) as waiting:
            waiting.sendall(http.raw_upload())
            assert entered.wait(60)
            start = time.perf_counter()
            server.close()
            assert time.perf_counter() - start < 60
            assert silent.recv(10) == b""
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1)
    gate.set()
    server.close()


def test_servers_side_by_side_and_one_after_another(http, serve, tmp_path):
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            servers = [
                stack.enter_context(
                    ValidationServer(lambda path, i=i: (True, str(i)), socket=tmp_path / f"{i}.sock" if i % 2 else None)
                )
                for i in range(6)
            ]
            assert len({str(server.address) for server in servers}) == 6
            servers[0].close()
            for i, server in enumerate(servers[1:], 1):
                assert http.upload(server)[1]["message"] == str(i)
        assert list(tmp_path.glob("*.sock")) == []


def test_the_unix_socket_is_open_to_all_users_and_removed(http, tmp_path):
    path = tmp_path / "v.sock"
    with ValidationServer(http.describe, socket=path) as server:
        assert server.address == path
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


def test_a_socket_in_a_folder_with_a_very_long_name(http, tmp_path, monkeypatch):
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    with ValidationServer(http.describe, socket=folder / "v.sock") as server:
        monkeypatch.chdir(folder)
        client = http.UnixConnection("v.sock", timeout=60)
        client.request("GET", "/health")
        assert client.getresponse().status == 200
        client.close()
    assert server.address == folder / "v.sock"
    assert list(folder.iterdir()) == []


def test_a_socket_left_by_a_killed_run_is_replaced(http, tmp_path):
    path = tmp_path / "v.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    with ValidationServer(http.describe, socket=path) as server:
        assert http.upload(server)[0] == 200


def test_what_is_not_a_socket_is_left_alone(http, tmp_path):
    path = tmp_path / "v.sock"
    path.write_text("mine")
    with pytest.raises(HarnessError, match=r"cannot listen on .*v\.sock: Address already in use"):
        ValidationServer(http.describe, socket=path).__enter__()
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there(http, tmp_path):
    with pytest.raises(HarnessError, match=r"cannot listen on .*No such file"):
        ValidationServer(http.describe, socket=tmp_path / "gone" / "v.sock").__enter__()


def test_the_address_is_known_from_the_start_on(http):
    with pytest.raises(HarnessError, match="before it starts"):
        _ = ValidationServer(http.describe).address


def test_naming_the_class_loads_no_server():
    code = (
        "import sys, pytest_mlebench.attempts.validation; print({'waitress', 'werkzeug', 'pandas'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"

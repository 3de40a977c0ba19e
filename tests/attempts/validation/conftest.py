from __future__ import annotations

import contextlib
import http.client
import json
import socket
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_mlebench.attempts.validation import ValidationServer

from ...waiting import wait_for

CSV = b"id,x\n1,0.5\n"
BOUNDARY = "----boundary"


def describe(path):
    """A validator that tells what it was given."""
    return True, f"{path.name} {path.read_bytes()[:100]!r}"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where the server puts uploads; it must be empty in the end, as must be the list of threads."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = set(threading.enumerate())
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    yield folder
    wait_for(lambda: set(threading.enumerate()) <= before, otherwise=threading.enumerate, every=0.01)
    assert list(folder.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


@pytest.fixture
def serve():
    """Starts servers; all are closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda validate=describe, **options: stack.enter_context(ValidationServer(validate, **options))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, **options):
        super().__init__("localhost", **options)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def connection(server, timeout=60):
    if isinstance(server.address, Path):
        return UnixConnection(server.address, timeout=timeout)
    host, port = server.address.removeprefix("http://").split(":")
    return http.client.HTTPConnection(host, int(port), timeout=timeout)


def raw(server, timeout=60):
    """A plain socket connected to the server."""
    return socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), timeout=timeout)


def ask(server, method, path, body=None, headers=None, **options):
    """Status, JSON value and headers of an answer."""
    with contextlib.closing(connection(server)) as client:
        client.request(method, path, body, headers or {}, **options)
        response = client.getresponse()
        text = response.read()
        assert response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(text), response.headers


def form(content=CSV, field="file", filename='; filename="my.csv"', boundary=BOUNDARY):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{filename}\r\n\r\n'
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode()


FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def raw_upload(content=CSV):
    body = form(content)
    head = f"POST /validate HTTP/1.1\r\nContent-Type: {FORM['Content-Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def upload(server, content=CSV):
    return ask(server, "POST", "/validate", form(content), FORM)[:2]


@pytest.fixture(params=["tcp", "unix"])
def server(request, serve, tmp_path):
    return serve(socket=tmp_path / "v.sock" if request.param == "unix" else None)


@pytest.fixture(name="http")
def http_client():
    """What tests say to a server, and with what."""
    return SimpleNamespace(
        CSV=CSV,
        BOUNDARY=BOUNDARY,
        FORM=FORM,
        UnixConnection=UnixConnection,
        ask=ask,
        describe=describe,
        form=form,
        raw=raw,
        raw_upload=raw_upload,
        upload=upload,
    )

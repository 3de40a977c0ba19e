"""A forward proxy, servers that it leads to, and clients that speak to it through its socket."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_mlebench.attempts.forward_proxy import ForwardProxy, ProxyLimits

from ...waiting import wait_for

NAMES = "DNS:api.example.com,DNS:other.example.org,DNS:localhost,IP:127.0.0.1"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Without proxies of this machine; in the end no thread and no descriptor of a test may be left."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield
    wait_for(
        lambda: set(threading.enumerate()) <= threads and _descriptors() <= descriptors,
        otherwise=lambda: f"left: {set(threading.enumerate()) - threads}, {_descriptors()}",
        every=0.01,
    )


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def start(tmp_path):
    """Starts a proxy to the named hosts; limits may be named beside other options."""
    with contextlib.ExitStack() as stack:

        def start_one(*hosts, name="proxy", resolve=None, **limits):
            return stack.enter_context(
                ForwardProxy(
                    hosts,
                    socket=tmp_path / f"{name}.sock",
                    record=tmp_path / f"{name}.jsonl",
                    limits=ProxyLimits(**limits),
                    resolve=resolve,
                )
            )

        yield start_one


class Client:
    """A connection to a proxy."""

    def __init__(self, proxy, timeout=60.0):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(proxy.socket))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def head(self):
        """The head of an answer, and nothing that follows it."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                break
            head += byte
        return head.decode()

    def rest(self):
        return read_all(self.socket)

    def connect(self, target):
        """Ask for a tunnel; the status."""
        self.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n")
        head = self.head()
        return int(head.split()[1]) if head else None

    def tls(self, trusting, name, **options):
        self.socket = trusting.wrap_socket(self.socket, server_hostname=name, **options)
        return self


def read_all(connection):
    parts = []
    while data := connection.recv(1 << 16):
        parts.append(data)
    return b"".join(parts)


def ask(proxy, text):
    """Status, and whole answer, of raw bytes sent to a proxy."""
    with Client(proxy) as client:
        client.send(text)
        answer = client.rest().decode()
    return (int(answer.split()[1]) if answer else None), answer


def refused(proxy, target):
    """Whether a tunnel is refused; any other answer than yes and no is an error."""
    with Client(proxy) as client:
        status = client.connect(target)
    assert status in (200, 403), (target, status)
    return status == 403


class _Web(BaseHTTPRequestHandler):
    """Says what it was asked, as JSON; /bytes/N answers so many bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/bytes/"):
            self._say(bytes(int(self.path.rpartition("/")[2])))
        elif self.path == "/never":
            time.sleep(0.3)
            self.close_connection = True
        else:
            self._say(self._asked())

    def do_POST(self):
        digest, size = hashlib.sha256(), 0
        for block in self._body():
            digest.update(block)
            size += len(block)
        self._say(self._asked(size=size, sha=digest.hexdigest()))

    def _body(self):
        if self.headers["Transfer-Encoding"] == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            left = int(self.headers["Content-Length"])
            while left:
                block = self.rfile.read(min(left, 1 << 16))
                left -= len(block)
                yield block

    def _asked(self, **more):
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        return json.dumps({"line": self.requestline, "headers": headers, **more}).encode()

    def _say(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class _Echo(socketserver.BaseRequestHandler):
    """Says everything back, and `bye` after its end."""

    def handle(self):
        with contextlib.suppress(OSError):
            while data := self.request.recv(1 << 16):
                self.request.sendall(data)
            self.request.sendall(b"bye")


class _Quiet(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _WebServer(_Quiet, ThreadingHTTPServer):
    pass


@pytest.fixture
def web():
    """The port of a web server."""
    with serving(_WebServer(("127.0.0.1", 0), _Web)) as port:
        yield port


@pytest.fixture
def echo():
    """The port of a server that says everything back."""
    with serving(_Quiet(("127.0.0.1", 0), _Echo)) as port:
        yield port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate with its key, for a few names, signed by itself."""
    assert shutil.which("openssl"), "these tests need openssl"
    path = tmp_path_factory.mktemp("certificate") / "all.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    command += f" -addext subjectAltName={NAMES} -keyout {path} -out {path}.crt"
    subprocess.run(command.split(), check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def trusting(certificate):
    """What TLS clients trust: that certificate."""
    return ssl.create_default_context(cafile=certificate)


@pytest.fixture
def secure_web(certificate):
    """The port of a web server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class SecureServer(_WebServer):
        def get_request(self):
            connection, address = super().get_request()
            # The handshake comes with the first read, in the thread of the connection.
            return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    with serving(SecureServer(("127.0.0.1", 0), _Web)) as port:
        yield port


class _Upstream(socketserver.StreamRequestHandler):
    """Another proxy: leads every tunnel to the server's `port`, and says of plain requests what they were."""

    def handle(self):
        head = b""
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            head += line
        self.server.heads.append(head.decode())
        if not head.startswith(b"CONNECT"):
            body = head
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            return
        self.wfile.write(self.server.answer)
        if b" 200 " not in self.server.answer:
            return
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.server.port)) as far:
            back = threading.Thread(target=_copy, args=(far, self.connection))
            back.start()
            _copy(self.rfile.raw._sock, far)
            back.join()


def _copy(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def upstream(monkeypatch):
    """Another proxy that the environment names; set its `port`. It notes the `heads` of what it is asked."""
    server = _Quiet(("127.0.0.1", 0), _Upstream)
    server.heads, server.port, server.answer = [], 0, b"HTTP/1.1 200 Yes\r\n\r\n"
    with serving(server) as port:
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://user:pass%20word@127.0.0.1:{port}")
        yield server


@pytest.fixture(name="speak")
def functions():
    """How tests speak to a proxy."""
    return SimpleNamespace(Client=Client, ask=ask, refused=refused, read_all=read_all)


@pytest.fixture
def visits(tmp_path):
    """The lines of the record of a proxy."""

    def read(name="proxy"):
        path = tmp_path / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    return read

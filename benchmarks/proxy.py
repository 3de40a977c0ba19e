"""What the forward proxy adds to a request: its time through the proxy, and without it, measured in turn.

    python benchmarks/proxy.py [--runs N]

One server answers on this machine, plainly or by TLS; the proxy is reached by its Unix socket, as from a container.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pytest_mlebench.attempts.forward_proxy import ForwardProxy

WANTED = 5.0
SIZE = 256 * 1024 * 1024
BLOCK = 1 << 20


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        size = SIZE if self.path == "/large" else 2000
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        while size:
            size -= self.wfile.write(bytes(min(size, BLOCK)))

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None) -> Iterator[int]:
    server = Server(("127.0.0.1", 0), Handler)
    server.tls = tls
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def connection(port: int, proxy: ForwardProxy | None, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
    """A new connection to the server, through `proxy` where there is one."""
    if proxy is None:
        near = socket.create_connection(("127.0.0.1", port))
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        near = socket.socket(socket.AF_UNIX)
        near.connect(str(proxy.socket))
        near.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += near.recv(1000)
        assert b" 200 " in head, head
    client = http.client.HTTPConnection("localhost")
    client.sock = tls.wrap_socket(near, server_hostname="localhost") if tls is not None else near
    return client


def ask(client: http.client.HTTPConnection, path: str = "/") -> int:
    client.request("GET", path)
    response, size = client.getresponse(), 0
    while block := response.read(BLOCK):
        size += len(block)
    return size


def new_request(port: int, proxy: ForwardProxy | None, tls: ssl.SSLContext | None) -> None:
    with contextlib.closing(connection(port, proxy, tls)) as client:
        ask(client)


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def compare(name: str, direct: Callable[[], object], proxied: Callable[[], object], runs: int) -> None:
    times = [(milliseconds(direct), milliseconds(proxied)) for _ in range(runs)]
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    added = statistics.median(b - a for a, b in times)
    print(
        f"{name:26} {one:6.2f} ms directly, {other:6.2f} ms by the proxy, "
        f"{added:.2f} ms more (wanted: under {WANTED:g})"
    )


def measure(name: str, proxy: ForwardProxy, port: int, tls: ssl.SSLContext | None, runs: int) -> None:
    compare(
        f"{name}, new connection", lambda: new_request(port, None, tls), lambda: new_request(port, proxy, tls), runs
    )
    with (
        contextlib.closing(connection(port, None, tls)) as near,
        contextlib.closing(connection(port, proxy, tls)) as far,
    ):
        compare(f"{name}, kept alive", lambda: ask(near), lambda: ask(far), runs)
        for who, client in (("directly", near), ("by the proxy", far)):
            seconds = milliseconds(lambda client=client: ask(client, "/large")) / 1000
            print(f"{name}, {SIZE / 1e6:.0f} MB {who}: {SIZE / 1e6 / seconds:.0f} MB/s")


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server with a certificate for localhost uses, and what its clients do."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    command += f" -addext subjectAltName=DNS:localhost -keyout {folder}/key -out {folder}/certificate"
    subprocess.run(command.split(), check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate", folder / "key")
    return server, ssl.create_default_context(cafile=folder / "certificate")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server_tls, client_tls = certificate(folder)
        with serving(None) as plain, serving(server_tls) as secure:
            hosts = [f"localhost:{plain}", f"localhost:{secure}"]
            with ForwardProxy(hosts, socket=folder / "proxy.sock", record=folder / "visits.jsonl") as proxy:
                measure("HTTP", proxy, plain, None, runs)
                measure("HTTPS", proxy, secure, client_tls, runs)


if __name__ == "__main__":
    main()

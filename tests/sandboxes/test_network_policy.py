"""An attempt that may speak to its model alone tries to reach others, from inside a container."""

from __future__ import annotations

import ipaddress
import json
import secrets
import shutil
import socket
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.attempts.forward_proxy import ForwardProxy
from pytest_mlebench.attempts.record import Contact
from pytest_mlebench.sandboxes.docker import DockerSandbox

from .conftest import MakeJob

# What the agent does; each try's outcome is printed as JSON.
TRIES = """
import json, os, socket, subprocess, sys, urllib.request

host, port, abstract, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
outcomes = {}

def attempt(name, function):
    if wanted and name not in wanted:
        return
    try:
        outcomes[name] = function()
    except Exception as error:
        outcomes[name] = type(error).__name__

def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(3)
        client.connect(address)
        return "connected"

def ask_dns(server):
    query = bytes.fromhex("abcd01000001000000000000") + b"\\x06github\\x03com\\x00\\x00\\x01\\x00\\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.sendto(query, (server, 53))
        return client.recv(512).hex()

def way(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(address)  # sends nothing, but needs a way there
        return client.getsockname()[0]

def proxied(data):
    with socket.create_connection(("localhost", 5001), 60) as client:
        client.sendall(data.encode())
        answer = b""
        while block := client.recv(65536):
            answer += block
        return answer.decode()

def by_library():
    # Of the whole of localhost, programs are told to go there without the proxy.
    os.environ.pop("NO_PROXY"), os.environ.pop("no_proxy")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": os.environ["HTTP_PROXY"]}))
    return opener.open(f"http://localhost:{port}/model", timeout=60).read().decode()

attempt("interfaces", lambda: os.listdir("/sys/class/net"))
attempt("name", lambda: socket.getaddrinfo("github.com", 443) and "resolved")
attempt("dns outside", lambda: ask_dns("8.8.8.8"))
attempt("dns of docker", lambda: ask_dns("127.0.0.11"))
attempt("dns of the bridge", lambda: ask_dns(host))
attempt("way outside", lambda: way(("1.1.1.1", 443)))
attempt("way to the bridge", lambda: way((host, port)))
attempt("tcp outside", lambda: connect(socket.AF_INET, ("1.1.1.1", 443)))
attempt("tcp outside, IPv6", lambda: connect(socket.AF_INET6, ("2606:4700:4700::1111", 443)))
attempt("tcp to the bridge", lambda: connect(socket.AF_INET, (host, port)))
attempt("tcp to metadata", lambda: connect(socket.AF_INET, ("169.254.169.254", 80)))
attempt("abstract socket of the host", lambda: connect(socket.AF_UNIX, "\\0" + abstract))
attempt("raw socket", lambda: str(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)))
attempt("packet socket", lambda: str(socket.socket(socket.AF_PACKET, socket.SOCK_RAW)))
attempt("new interface", lambda: subprocess.run(
    ["unshare", "--net", "--map-root-user", "true"], capture_output=True).returncode == 0)
if "HTTPS_PROXY" in os.environ:
    attempt("proxy to github", lambda: proxied("CONNECT github.com:443 HTTP/1.1\\r\\n\\r\\n"))
    attempt("proxy to the bridge", lambda: proxied(f"CONNECT {host}:{port} HTTP/1.1\\r\\n\\r\\n"))
    attempt("proxy to another port", lambda: proxied("CONNECT localhost:22 HTTP/1.1\\r\\n\\r\\n"))
    attempt("proxy to the model", lambda: proxied(
        f"CONNECT localhost:{port} HTTP/1.1\\r\\n\\r\\nGET /model HTTP/1.0\\r\\n\\r\\n"))
    attempt("proxy to the model, plain", by_library)
print("OUTCOMES " + json.dumps(outcomes))
"""


class _Model(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"the model at {self.path}".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def model():
    """The port of a server on all addresses of this machine, and the name of an abstract socket beside it."""
    name = f"mlebench-test-{secrets.token_hex(8)}"
    with ThreadingHTTPServer(("0.0.0.0", 0), _Model) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port, name
        server.shutdown()
        thread.join()


@pytest.fixture
def bridge(docker_engine) -> str:
    """This machine's address as containers with a network see it."""
    network = docker_engine.client.networks.get("bridge").attrs
    return network["IPAM"]["Config"][0]["Gateway"]


@pytest.fixture
def folder():
    """A short path, open to the container's user."""
    path = Path(tempfile.mkdtemp(prefix="mlebench-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def outcomes(docker_sandbox: DockerSandbox, make_job: MakeJob, model, bridge: str, tmp_path: Path):
    """Runs the tries in a container."""
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "tries.py").write_text(TRIES)
    command = ["python3", "/home/agent/tries.py", bridge, str(model[0]), model[1]]

    def run(*wanted, **options):
        agent = Agent(name="tries", command=[*command, *wanted], folder=tmp_path / "agent")
        job = make_job(agent=agent, time=60, **options)
        assert docker_sandbox.execute(job).exit_status == 0, job.log.read_text()
        line = next(line for line in job.log.read_text().splitlines() if line.startswith("OUTCOMES "))
        return json.loads(line.removeprefix("OUTCOMES "))

    return run


def test_nothing_but_the_model_is_reached(outcomes, model, bridge: str, folder: Path) -> None:
    port = model[0]
    with ForwardProxy([f"localhost:{port}"], socket=folder / "proxy.sock", record=folder / "visits.jsonl") as proxy:
        found = outcomes(network="llm", proxy=proxy.socket)
        contacts = proxy.contacts
    assert found.pop("interfaces") == ["lo"]
    assert found.pop("proxy to the model").endswith("the model at /model")
    assert found.pop("proxy to the model, plain") == "the model at /model"
    for name, host in (("github", "github.com"), ("the bridge", f"{bridge}:{port}"), ("another port", "localhost:22")):
        answer = found.pop(f"proxy to {name}")
        assert answer.startswith("HTTP/1.1 403 ")
        assert f"{host} is not reachable from here: this attempt may speak to localhost:{port} alone" in answer
    assert found.pop("new interface") is False
    # All else failed with an error, and nothing is left that did not.
    assert {name: outcome for name, outcome in found.items() if not outcome.endswith(("Error", "gaierror"))} == {}
    assert len(found) == 13
    assert set(contacts) == {
        Contact(host=f"{bridge}:{port}", refused=1),
        Contact(host="github.com:443", refused=1),
        Contact(host="localhost:22", refused=1),
        Contact(host=f"localhost:{port}", allowed=2),
    }
    assert len((folder / "visits.jsonl").read_text().splitlines()) == 5


def test_an_open_network_has_ways_that_this_one_has_not(outcomes) -> None:
    """So that the tries above are known to be able to succeed; a firewall here could still stop what takes them."""
    found = outcomes("way outside", "way to the bridge", "interfaces", network="open")
    assert "eth0" in found["interfaces"]
    assert found["way outside"] == found["way to the bridge"]
    assert ipaddress.ip_address(found["way outside"]).is_private

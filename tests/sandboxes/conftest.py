"""Jobs, and the sandboxes that keep one contract."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.sandboxes import Job, Limits, Sandbox, leftovers
from pytest_mlebench.sandboxes.process import ProcessSandbox

MakeJob = Callable[..., Job]


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    """A job of `sh -c script` (or of an agent) with folders as an attempt has them."""

    def make(script: str = "true", *, agent: Agent | None = None, time: float = 300, grace: float = 5, **more) -> Job:
        root = tmp_path / f"attempt-{secrets.token_hex(3)}"
        for name in ("submission", "code", "logs"):
            (root / name).mkdir(parents=True)
        data = tmp_path / "prepared" / "public"
        if not data.exists():
            data.mkdir(parents=True)
            (data / "description.md").write_text("the plain description\n")
            (data / "train.csv").write_text("id,y\n1,2\n")
            (data.parent / "private").mkdir()
            (data.parent / "private" / "the-answers.csv").write_text("id,y\n3,4\n")
        (root / "instructions.txt").write_text("instructions\n")
        limits = {"cpus": None, "memory": None, "shm": None, "processes": 256}
        limits = {key: more.pop(key, value) for key, value in limits.items()}
        return Job(
            **{
                "name": f"mlebench-test-{secrets.token_hex(6)}",
                "run": f"test-run-{secrets.token_hex(4)}",
                "agent": agent or Agent(name="shell", command=["sh", "-c", script]),
                "environment": {"MLEBENCH_SEED": "0"},
                "data": data,
                "instructions": root / "instructions.txt",
                "submission": root / "submission",
                "code": root / "code",
                "logs": root / "logs",
                "log": root / "agent.log",
                "limits": Limits(time=time, grace=grace, **limits),
                **more,
            }
        )

    return make


@pytest.fixture(params=["process", "docker"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each sandbox of ours in turn."""
    return ProcessSandbox() if request.param == "process" else request.getfixturevalue("docker_sandbox")


def names_alive(sandbox: Sandbox, job_name: str, request: pytest.FixtureRequest) -> list[str]:
    """What of a job is still there: containers or processes."""
    if sandbox.name == "process":
        return [mark for _, mark in leftovers.marked() if mark.startswith(f"{job_name} ")]
    engine = request.getfixturevalue("docker_engine")
    return [c["Names"][0] for c in engine.api.containers(all=True, filters={"name": job_name})]


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say(f"GET {self.path}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._say(f"POST {self.path} {len(body)} bytes")

    def _say(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "socket"


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def server_socket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The socket of a server that says what it was asked, in a folder of its own as an attempt has it."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="mlebench-"))
    folder.chmod(0o755)
    path = folder / "validation.sock"
    with _Server(str(path), _Answer) as server:
        path.chmod(0o666)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield path
        server.shutdown()
        thread.join()
    shutil.rmtree(folder)

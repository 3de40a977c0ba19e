"""A daemon that goes away during an attempt, by way of a socket between the two that is shut."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.docker import DockerSandbox

from ..waiting import text_of, wait_for
from .conftest import MakeJob


class Between:
    """Forwards a socket to the engine's until it is shut."""

    def __init__(self, path: Path, engine: str) -> None:
        self._engine = engine
        self._open: list[socket.socket] = []
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen(16)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._engine)
            self._open += [near, far]
            for source, target in ((near, far), (far, near)):
                thread = threading.Thread(target=self._carry, args=(source, target))
                thread.start()
                self._threads.append(thread)

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def shut(self) -> None:
        for end in (self._door, *self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=60)
        for end in (self._door, *self._open):
            end.close()


@pytest.fixture
def between(docker_sandbox: DockerSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not engine.startswith("unix://"):
        pytest.skip("the engine is not behind a Unix socket")
    with tempfile.TemporaryDirectory(prefix="mlebench-") as folder:
        between = Between(Path(folder) / "d.sock", engine.removeprefix("unix://"))
        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/d.sock")
        yield between
        between.shut()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the SDK closes no socket whose connection is refused
def test_lost_daemon_is_the_harness_failure_and_its_container_is_swept_later(
    between: Between, docker_sandbox: DockerSandbox, docker_engine, make_job: MakeJob, monkeypatch
) -> None:
    monkeypatch.setattr("pytest_mlebench.sandboxes.docker.container.RESTART", 1.0)
    sandbox, job, failure = DockerSandbox(), make_job("echo begun; sleep 600"), []

    def execute() -> None:
        try:
            sandbox.execute(job)
        except HarnessError as error:
            failure.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_for(lambda: text_of(job.log) == "begun\n")
    between.shut()
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert "lost the Docker daemon" in str(failure[0])
    assert docker_sandbox.sweep(job.run) == [job.name]
    failure.clear()
    gc.collect()

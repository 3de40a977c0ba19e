"""Which devices a container asks for, proved by an engine of its own with a stand-in for NVIDIA's hook."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.docker import DockerSandbox
from pytest_mlebench.sandboxes.docker.gpus import archive_of_nothing

from ..waiting import wait_for
from .conftest import MakeJob

HOOK = Path(__file__).parent / "recording_gpu_hook.py"


class GpuEngine:
    """A second Docker engine that believes in GPUs."""

    def __init__(self, root: Path) -> None:
        self.address = f"unix://{root}/docker.sock"
        self._record = root / "record.jsonl"

    @property
    def asked(self) -> list[dict]:
        return [json.loads(line) for line in self._record.read_text().splitlines()] if self._record.exists() else []


@pytest.fixture(scope="module")
def gpu_engine(docker_engine) -> Iterator[GpuEngine]:
    program = shutil.which("dockerd")
    if program is None or shutil.which("unshare") is None or os.getuid() != 0:
        pytest.skip("a second Docker daemon needs dockerd, unshare and root")
    root = Path(tempfile.mkdtemp(prefix="mlebench-gpu-"))
    (root / "bin").mkdir()
    (root / "daemon.json").write_text("{}")  # not that of the machine
    hook = root / "bin" / "nvidia-container-runtime-hook"
    hook.write_text(f'#!/bin/sh\nexec {sys.executable} {HOOK} {root}/record.jsonl "$@"\n')
    hook.chmod(0o755)
    log = (root / "log").open("w")
    daemon = subprocess.Popen(
        [
            # In a network of its own: a daemon without a bridge takes away the one that it finds.
            "unshare", "--net", "--mount", program, "--config-file", str(root / "daemon.json"),
            "--data-root", str(root / "data"), "--exec-root", str(root / "exec"), "--pidfile", str(root / "pid"),
            "-H", f"unix://{root}/docker.sock", "--bridge", "none", "--iptables=false", "--ip-forward=false",
        ],
        stdout=log, stderr=log, env={**os.environ, "PATH": f"{root}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"},
        start_new_session=True,
    )  # fmt: skip
    engine = GpuEngine(root)
    try:
        wait_for(lambda: daemon.poll() is not None or answers(engine.address), 180)
        if daemon.poll() is not None:
            pytest.fail("the second daemon does not start:\n" + (root / "log").read_text()[-2000:], pytrace=False)
        yield engine
    finally:
        daemon.terminate()
        try:
            daemon.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()
        log.close()
        shutil.rmtree(root, ignore_errors=True)


def answers(address: str) -> bool:
    if not Path(address.removeprefix("unix://")).exists():
        return False
    client = None
    try:
        client = docker.DockerClient(address, timeout=60)
        return bool(client.ping())
    except docker.errors.DockerException:
        return False
    finally:
        if client is not None:
            client.close()


@pytest.fixture
def sandbox(gpu_engine: GpuEngine, monkeypatch: pytest.MonkeyPatch) -> DockerSandbox:
    monkeypatch.setenv("DOCKER_HOST", gpu_engine.address)
    return DockerSandbox()


@pytest.fixture
def agent(gpu_engine: GpuEngine) -> Agent:
    """An agent whose image is empty: the hook is called, then there is nothing to start."""
    client = docker.DockerClient(gpu_engine.address)
    client.api.import_image_from_data(archive_of_nothing(), repository="nothing", tag="1")
    client.close()
    return Agent(name="a", command=["x"], image="nothing:1", needs_gpu=True)


def test_check_asks_for_the_devices_and_is_content(sandbox: DockerSandbox, agent: Agent, gpu_engine: GpuEngine) -> None:
    before = len(gpu_engine.asked)
    sandbox.check(agent, ("0", "GPU-5ab1"), "none")
    (asked,) = gpu_engine.asked[before:]
    assert asked["devices"] == "0,GPU-5ab1"
    assert set(asked["capabilities"].split(",")) == {"compute", "utility"}
    assert asked["called"] == ["prestart"]


def test_device_that_the_runtime_refuses_is_said(sandbox: DockerSandbox, agent: Agent) -> None:
    with pytest.raises(HarnessError, match=r"cannot give a container GPU no-such-device.*unknown device.*nvidia-smi"):
        sandbox.check(agent, ("no-such-device",), "none")


@pytest.mark.parametrize(("gpus", "devices"), [(("2",), "2"), (("1", "3"), "1,3")])
def test_container_of_an_attempt_asks_for_its_devices_and_no_others(
    sandbox: DockerSandbox, agent: Agent, gpu_engine: GpuEngine, make_job: MakeJob, gpus: tuple[str, ...], devices: str
) -> None:
    before = len(gpu_engine.asked)
    with pytest.raises(HarnessError, match="has no python3"):
        sandbox.execute(make_job(agent=agent, gpus=gpus))
    assert [asked["devices"] for asked in gpu_engine.asked[before:]] == [devices]


def test_attempt_without_gpus_asks_for_none(
    sandbox: DockerSandbox, agent: Agent, gpu_engine: GpuEngine, make_job: MakeJob
) -> None:
    before = len(gpu_engine.asked)
    with pytest.raises(HarnessError, match="has no python3"):
        sandbox.execute(make_job(agent=agent))
    assert gpu_engine.asked[before:] == []

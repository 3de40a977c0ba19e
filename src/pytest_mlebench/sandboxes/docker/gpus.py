"""GPUs: asking the engine for them by id, and finding out whether it can give them."""

from __future__ import annotations

import contextlib
import io
import secrets
import tarfile
from collections.abc import Sequence

from docker.errors import APIError
from docker.types import DeviceRequest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import owner
from pytest_mlebench.sandboxes.docker.engine import Engine, said, speaking

__all__ = ["archive_of_nothing", "check", "requests"]

_ADVICE = (
    "install the NVIDIA Container Toolkit (https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/), "
    "run `sudo nvidia-ctk runtime configure --runtime=docker`, and restart Docker; or do without: --mlebench-gpus=none"
)


def requests(gpus: Sequence[str]) -> list[DeviceRequest]:
    """The request for exactly these devices; nothing for none."""
    if not gpus:
        return []
    return [DeviceRequest(device_ids=list(gpus), capabilities=[["gpu", "compute", "utility"]])]


def check(engine: Engine, gpus: Sequence[str]) -> None:
    """Raise HarnessError if containers cannot have these GPUs.

    The engine does not tell what it can give, so this asks it to start a container with the devices, from an empty
    image: it refuses when there is no GPU runtime, the runtime refuses when the devices are not there, and when both
    agree the start fails for want of a program.
    """
    if not gpus:
        return
    name = f"mlebench-probe-{secrets.token_hex(6)}"
    with speaking("look for GPUs"):
        engine.api.import_image_from_data(archive_of_nothing(), repository=name, tag="probe")
    try:
        with speaking("look for GPUs"):
            engine.api.create_container(
                f"{name}:probe",
                command=["/no-such-program"],
                name=name,
                labels={"mlebench": "1", "mlebench.owner": owner.here()},
                host_config=engine.api.create_host_config(network_mode="none", device_requests=requests(gpus)),
            )
        try:
            engine.api.start(name)
        except APIError as error:
            _judge(said(error), gpus)
    finally:
        with contextlib.suppress(APIError):
            engine.api.remove_container(name, force=True)
        with contextlib.suppress(APIError):
            engine.api.remove_image(f"{name}:probe", force=True)


def _judge(answer: str, gpus: Sequence[str]) -> None:
    named = f"GPU{'s' if len(gpus) > 1 else ''} {', '.join(gpus)}"
    if "could not select device driver" in answer:
        raise HarnessError(f"Docker has no GPU runtime, so an agent cannot get {named}: {_ADVICE}")
    if "no-such-program" not in answer:
        raise HarnessError(f"Docker cannot give a container {named}: {answer}; `nvidia-smi -L` lists the devices")


def archive_of_nothing() -> bytes:
    """An image needs an archive; this one holds an empty folder."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
    return content.getvalue()

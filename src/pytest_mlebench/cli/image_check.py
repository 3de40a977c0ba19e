"""``mlebench doctor --image``: what an agent finds inside an image, seen from a container as an attempt's is."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_mlebench.agent import Agent
from pytest_mlebench.cli.building import named_images
from pytest_mlebench.cli.checks import Check
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.quantities import format_size
from pytest_mlebench.sandboxes import Job, Limits, inside, leavings, scratch

__all__ = ["checks_of_image"]

_LITTLE_DISK = 10 * 1024**3
_LITTLE_SHARED_MEMORY = 1024**3
_TIME = 1800.0  # seconds

# An agent that runs scripts by another Python than the one on the path says so in its image's MLEBENCH_PYTHON.
_LOOK_WITH_BOTH = """
python3 "$1" /home/logs/found
[ -z "${MLEBENCH_PYTHON:-}" ] || exec "$MLEBENCH_PYTHON" "$1" /home/logs/own
"""


def checks_of_image(name: str) -> Iterator[Check]:
    """What is found in the image of an agent, or in the environment image ``slim`` or ``full``.

    Builds nothing. Raises UnknownNameError for a name that does not exist, and HarnessError where Docker fails.
    """
    from pytest_mlebench.sandboxes.docker.engine import connect
    from pytest_mlebench.sandboxes.docker.images import Images

    wanted = named_images([name], None, None)
    engine = connect()
    try:
        images = Images(engine, base_image=wanted.base_image)
        tag = images.find(wanted.agents[name])
        if tag is None:
            yield Check("image", "problem", f"the image of {name} is not there, or not of today's files: {_make(name)}")
            return
        yield Check("image", "ok", f"{tag}, {format_size(images.size(tag))}")
    finally:
        engine.client.close()
    gpus, check = _gpus_to_give()
    yield check
    try:
        found, own = _look_inside(tag, gpus)
    except HarnessError as error:
        yield Check("inside", "problem", f"{error} (`{_command(name)} --force` makes the image anew)")
        return
    yield from _places(found)
    pip = "pip can install" if found["can_install"] else "pip cannot install as this user"
    yield Check("python", "ok", f"{_python(found)}; {pip}")
    if missing := [package for package in found["promised"] if package not in found["installed"]]:
        yield Check("packages", "problem", f"not installed: {', '.join(missing)}: `{_command(name)} --force`")
    yield from _packages(found)
    if found["gpus"]:
        yield Check("gpu", "ok", f"inside: {'; '.join(found['gpus'])}")
    elif gpus:
        yield Check("gpu", "problem", "nvidia-smi finds no GPU inside: restart Docker, and see `mlebench doctor`")
    yield from _cuda(found, gpus)
    if own is not None:
        yield Check("own python", "ok", f"the agent's scripts run by {_python(own)}")
        yield from _packages(own, "own ")
        yield from _cuda(own, gpus, "own ")


def _command(name: str) -> str:
    return f"mlebench build {name}"


def _make(name: str) -> str:
    return f"`{_command(name)}` makes it"


def _gpus_to_give() -> tuple[tuple[str, ...], Check]:
    """The GPUs of this machine that containers can have."""
    from pytest_mlebench.attempts.hardware import Machine
    from pytest_mlebench.sandboxes.docker import DockerSandbox

    ids = tuple(gpu.id for gpu in Machine.here().gpus)
    if not ids:
        return (), Check("gpu", "note", "nvidia-smi finds none on this machine: what needs one is not looked at")
    try:
        DockerSandbox().check(Agent(name="check", command=("true",)), ids, "none")
    except HarnessError as error:
        return (), Check("gpu", "problem", str(error))
    return ids, Check("gpu", "ok", f"the container gets {', '.join(ids)}")


def _look_inside(image: str, gpus: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What the script finds in a container like an attempt's, and what by the agent's own Python, where it has one.

    Raises HarnessError where it cannot say.
    """
    from pytest_mlebench.sandboxes.docker import DockerSandbox

    root = scratch.make()
    try:
        root.chmod(0o755)
        for name in ("data", "submission", "code", "logs"):
            (root / name).mkdir()
        (root / "instructions.txt").touch()
        script = Path(shutil.copy(inside.__file__, root / "code"))
        command = ("sh", "-ec", _LOOK_WITH_BOTH, "sh", f"/home/code/{script.name}")
        agent = Agent(name="check", command=command, image=image)
        job = Job(
            name=f"mlebench-check-{secrets.token_hex(6)}",
            run="check",
            agent=agent,
            environment={},
            data=root / "data",
            instructions=root / "instructions.txt",
            submission=root / "submission",
            code=root / "code",
            logs=root / "logs",
            log=root / "log",
            limits=replace(Limits(), time=_TIME),
            gpus=gpus,
        )
        execution = DockerSandbox().execute(job)
        found, own = (_read(root / "logs" / name) for name in ("found", "own"))
        if found is not None and execution.exit_status == 0:
            return found, own
        said = job.log.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(said) if line.strip()), "it printed nothing")
        why = "did not end in time" if execution.timed_out else f"ended with status {execution.exit_status}"
        raise HarnessError(f"the check inside {why}: {last}")
    finally:
        leavings.remove(root)


def _read(path: Path) -> dict[str, Any] | None:
    """What the script wrote; None where it did not, or not to the end."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _places(found: dict[str, Any]) -> Iterator[Check]:
    network = f"the network ({', '.join(found['interfaces'])})" if found["interfaces"] else "no network"
    if found["not_writable"]:
        folders = ", ".join(found["not_writable"])
        yield Check("folders", "problem", f"user {found['user']} cannot write to {folders}: the image must allow that")
    else:
        yield Check("folders", "ok", f"user {found['user']} can write where agents do, and has {network}")
    if found["free"] < _LITTLE_DISK:
        yield Check("disk", "note", f"only {format_size(found['free'])} free inside: make room in Docker's folder")
    else:
        yield Check("disk", "ok", f"{format_size(found['free'])} free inside")
    shared = f"{format_size(found['shared_memory'])} of shared memory"
    if found["shared_memory"] < _LITTLE_SHARED_MEMORY:
        yield Check("shm", "note", f"{shared}: for data loaders with several processes say --mlebench-shm=16g")
    else:
        yield Check("shm", "ok", shared)


def _python(found: dict[str, Any]) -> str:
    return f"{found['python']} at {found['executable']}"


def _packages(found: dict[str, Any], whose: str = "") -> Iterator[Check]:
    installed, promised, problems = found["installed"], found["promised"], found["problems"]
    packages = f"{whose}packages"
    pairs = [(package, installed[package], version) for package, version in promised.items() if package in installed]
    if other := [f"{package} {here} for {version}" for package, here, version in pairs if here != version]:
        yield Check(packages, "note", f"other versions than the environment's: {', '.join(other)}")
    for package, problem in problems.items():
        text = f"{package} {installed[package]} cannot be imported as {found['modules'][package]}: {problem}"
        yield Check(packages, "problem", text)
    if fine := [f"{package} {version}" for package, version in installed.items() if package not in problems]:
        yield Check(packages, "ok", f"{len(fine)} can be imported: {', '.join(fine)}")
    elif not problems:
        yield Check(packages, "note", "none of the usual libraries is installed")


def _cuda(found: dict[str, Any], gpus: tuple[str, ...], whose: str = "") -> Iterator[Check]:
    torch, cuda = found["torch"], f"{whose}cuda"
    if torch is None:
        yield Check(cuda, "note", "torch is not in this image; the environment full has it")
    elif torch["problem"] and (gpus or not torch["version"]):
        advice = f"; its CUDA is {torch['cuda']}: is the driver of this machine new enough?" if torch["cuda"] else ""
        yield Check(cuda, "problem", f"torch {torch['version']}: {torch['problem']}{advice}")
    elif torch["cuda"] is None:
        yield Check(cuda, "note", f"torch {torch['version']} is built for CPUs alone")
    elif not gpus:
        yield Check(cuda, "ok", f"torch {torch['version']} is built for CUDA {torch['cuda']}; no GPU to try it on")
    elif len(torch["devices"]) < len(gpus):
        yield Check(cuda, "problem", f"torch {torch['version']} sees {len(torch['devices'])} of {len(gpus)} GPUs")
    else:
        yield Check(cuda, "ok", f"torch {torch['version']} computes on {', '.join(torch['devices'])}")

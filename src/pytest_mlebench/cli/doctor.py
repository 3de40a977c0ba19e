"""``mlebench doctor``: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import DataDir, Json, data_store
from pytest_mlebench.cli.checks import Check
from pytest_mlebench.cli.errors import NEGATIVE
from pytest_mlebench.data import credentials
from pytest_mlebench.data.disk import free_space
from pytest_mlebench.data.store import DataStore
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.extras import EXTRAS, is_installed
from pytest_mlebench.quantities import format_size

if TYPE_CHECKING:
    from pytest_mlebench.sandboxes.docker.engine import Engine

__all__ = ["checks", "doctor"]

_PACKAGES = ("pytest-mlebench", "pytest", "pytest-xdist", "docker", "pandas", "numpy", "scikit-learn", "kaggle", "six")
_LITTLE = 2 * 1024**3


def doctor(
    name: Annotated[
        str | None, typer.Argument(metavar="slim|full|AGENT", help="With --image: which one (default slim).")
    ] = None,
    image: Annotated[
        bool, typer.Option("--image", help="Look into an image, from a container as an attempt's is.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Look at this machine: Python, Docker, GPUs, disk, Kaggle credentials, data; or, with --image, into an image.

    The exit status is 1 where something is missing that the default run needs, or where an image has a problem.

    Example: mlebench doctor --image full
    """
    if name is not None and not image:
        raise typer.BadParameter(f"say --image {name} to look into an image", param_hint="NAME")
    if image:
        from pytest_mlebench.cli.image_check import checks_of_image

        looks = checks_of_image(name or "slim")
    else:
        looks = checks(data_store(data_dir))
    bad, found = False, []
    for check in looks:
        found.append(check)
        bad = bad or check.status in ("missing", "problem")
        if not as_json:
            output.line(f"{check.status:<8} {check.name:<12} {check.text}")
    if as_json:
        output.write_json([asdict(check) for check in found])
    if bad:
        raise typer.Exit(NEGATIVE)


def checks(store: DataStore) -> Iterator[Check]:
    """All checks, one after the other; none raises."""
    looks: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
        ("python", _python),
        ("gpu", _gpus),
        ("docker", _docker),
        ("disk", lambda: _disk(store)),
        ("kaggle", _kaggle),
        ("data", lambda: _data(store)),
    )
    for name, look in looks:
        try:
            yield from look()
        except Exception as error:
            yield Check(name, "missing", f"cannot be looked at: {type(error).__name__}: {' '.join(str(error).split())}")


def _python() -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, version

    yield Check("python", "ok", f"{platform.python_version()} at {sys.executable}")
    found, lacking = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lacking.append(name)
    if lacking:
        yield Check("packages", "missing", f"not installed: {', '.join(lacking)}; pip install {' '.join(lacking)}")
    yield Check("packages", "ok", ", ".join(found))
    missing = {module: extra for module, extra in EXTRAS.items() if not is_installed(module)}
    if missing:
        install = f"pip install 'pytest-mlebench[{','.join(sorted(set(missing.values())))}]'"
        yield Check("extras", "note", f"some competitions, agents or reports need {', '.join(missing)}: {install}")
    else:
        yield Check("extras", "ok", f"{', '.join(EXTRAS)}: what only some runs need is there")
    keys = sorted(name for name, value in os.environ.items() if name.endswith("_API_KEY") and value)
    if keys or os.environ.get("MLEBENCH_MODEL_KEY"):
        yield Check("models", "ok", f"keys that the model gateway can use: {', '.join(keys or ['MLEBENCH_MODEL_KEY'])}")
    else:
        advice = (
            "set OPENAI_API_KEY, ANTHROPIC_API_KEY or another provider's, or name an endpoint with --mlebench-model-url"
        )
        yield Check("models", "note", f"no key for agents with a language model: {advice}")


def _docker() -> Iterator[Check]:
    from pytest_mlebench.sandboxes.docker.engine import connect, speaking

    try:
        engine = connect()
    except HarnessError as error:
        yield Check("docker", "note", f"{error}; until then attempts execute in the process sandbox, not isolated")
        return
    try:
        name = f"version {engine.facts.get('ServerVersion')} on {engine.facts.get('OperatingSystem')}"
        yield Check("docker", "ok", name)
        with speaking("list images"):
            images = engine.client.images.list(filters={"label": "mlebench=image"})
        if tags := sorted(tag for image in images for tag in image.tags):
            yield Check("images", "ok", f"built: {', '.join(tags)}")
        else:
            yield Check("images", "note", "the environment image is not built yet; the first run does that")
        yield from _gpus_in_containers(engine)
    finally:
        engine.client.close()


def _gpus_in_containers(engine: Engine) -> Iterator[Check]:
    from pytest_mlebench.attempts.hardware import Machine
    from pytest_mlebench.sandboxes.docker.gpus import check

    ids = [gpu.id for gpu in Machine.here().gpus]
    try:
        # Asking for the first one tells whether there is a runtime, also where nvidia-smi is not installed.
        check(engine, ids or ["0"])
    except HarnessError as error:
        text = str(error) if ids else "containers cannot have GPUs here; agents that need none are not concerned"
        yield Check("docker gpu", "note", text)
    else:
        yield Check("docker gpu", "ok", f"containers can have {', '.join(ids) or '0'}")


def _gpus() -> Iterator[Check]:
    from pytest_mlebench.attempts.hardware import Machine

    if gpus := Machine.here().gpus:
        yield Check("gpu", "ok", ", ".join(f"{gpu.id}: {gpu.name} ({gpu.memory})" for gpu in gpus))
    else:
        yield Check("gpu", "note", "nvidia-smi finds none: agents that need one cannot run here")


def _disk(store: DataStore) -> Iterator[Check]:
    runs = Path.cwd() / "runs"
    for name, folder in (("data disk", store.root), ("runs disk", runs)):
        free, writable = free_space(folder), _writable(folder)
        if not writable:
            yield Check(name, "missing", f"{folder} cannot be written: change that, or name another folder")
        elif free < _LITTLE:
            yield Check(name, "missing", f"only {format_size(free)} free for {folder}: make room")
        else:
            yield Check(name, "ok", f"{format_size(free)} free for {folder}")


def _writable(folder: Path) -> bool:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def _kaggle() -> Iterator[Check]:
    found = credentials.find()
    if found is None:
        yield Check("kaggle", "note", f"no credentials, downloads need some: {credentials.HOW_TO_GET}")
    else:
        yield Check("kaggle", "ok", f"{found.kind} in {found.where} (not tried)")


def _data(store: DataStore) -> Iterator[Check]:
    real = [competition for competition in Catalog() if competition.source == "kaggle"]
    prepared = [competition.id for competition in real if store.prepared(competition) is not None]
    text = f"{len(prepared)} of {len(real)} Kaggle competitions are prepared in {store.root}"
    if prepared:
        text += f": {', '.join(prepared)}"
    if len(prepared) == len(real):
        yield Check("data", "ok", text)
    else:
        yield Check("data", "note", f"{text}; more with `mlebench prepare ID`; builtin ones need none")

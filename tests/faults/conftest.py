"""Faults that are really caused: a directory to run pytest in, a Docker daemon to restart, a disk to fill."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from .daemon import IMAGE, Daemon, image_with_python
from .running import Place


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Makes a user's directory whose agent does what a test says."""
    places: list[Place] = []

    def make(agent: str, **more) -> Place:
        folder = tmp_path / f"place-{len(places)}"
        folder.mkdir()
        places.append(place := Place(folder, agent, **more))
        return place

    yield make
    for place in places:
        place.close()


@pytest.fixture(scope="session")
def image() -> bytes:
    """A small image in which Python runs, as an archive."""
    return image_with_python()


@pytest.fixture
def make_daemon(docker_engine, image: bytes) -> Iterator[Callable[..., Daemon]]:
    """Makes a Docker daemon of the test's own, with an image in which Python runs, named `daemon.IMAGE`."""
    daemons: list[Daemon] = []
    if os.geteuid() != 0 or not all(map(shutil.which, ("dockerd", "unshare"))):
        do_without("only root can start a dockerd of its own, and only where one is installed")

    def make(*options: str) -> Daemon:
        daemons.append(daemon := Daemon(*options))
        daemon.start()
        daemon.load(image, IMAGE)
        return daemon

    yield make
    for daemon in daemons:
        daemon.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 32 MB, to be filled."""
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir="/tmp"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "mlebench-test", folder], capture_output=True, text=True, check=False
    )
    try:
        if mounted.returncode != 0:
            do_without(f"a disk of its own cannot be mounted: {mounted.stderr.strip()}")
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def libfaketime() -> Path:
    """The library that lets a process see another time of day."""
    found = [*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), *Path("/usr/lib").glob("faketime/*MT.so.1")]
    if not found:
        do_without("libfaketime is not installed (Debian: faketime)")
    return found[0]


def do_without(why: str) -> NoReturn:
    """Skip, or fail where everything must be tested."""
    if os.environ.get("MLEBENCH_REQUIRE_DOCKER") == "1":
        pytest.fail(f"MLEBENCH_REQUIRE_DOCKER=1, and {why}", pytrace=False)
    pytest.skip(why)

"""What tests of every area share: Docker, where there is one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import NoReturn

# Before pytester, which forgets what inner sessions import: two copies of these do not mix.
import docker  # noqa: F401
import numpy  # noqa: F401
import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.docker import DockerSandbox, available

# pytest reads this file too where somebody who has no libraries for tests attempts competitions in a clone.
with contextlib.suppress(ModuleNotFoundError):
    from hypothesis import HealthCheck, settings

    # A busy machine is no failure; and what a test generates in CI must not differ from run to run.
    settings.register_profile(
        "everywhere",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize="CI" in os.environ,
    )
    settings.load_profile("everywhere")


def pytest_configure(config: pytest.Config) -> None:
    # Tests with limits must not wait for real runs of this machine, nor for each other.
    leases = tempfile.mkdtemp(prefix="leases-of-tests-")
    os.environ["MLEBENCH_LEASES_DIR"] = leases
    config.add_cleanup(lambda: shutil.rmtree(leases, ignore_errors=True))
    config.addinivalue_line(
        "markers", "docker: needs a Docker daemon; skipped without one, or failed where MLEBENCH_REQUIRE_DOCKER is set."
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"docker_engine", "docker_sandbox"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def docker_engine():
    """A connection to the Docker engine."""
    why_not = available()
    if why_not is not None:
        _do_without(why_not)
    from pytest_mlebench.sandboxes.docker.engine import connect

    engine = connect()
    yield engine
    engine.client.close()


@pytest.fixture(scope="session")
def docker_sandbox(docker_engine, pytestconfig: pytest.Config) -> DockerSandbox:
    """The sandbox with its slim image built; base image and certificates come from the environment."""
    sandbox = DockerSandbox()
    lines: list[str] = []
    try:
        sandbox.build(Agent(name="any", command=["true"]), lines.append)
    except HarnessError as error:
        if "cannot pull" in str(error):  # a machine without a registry, and without MLEBENCH_BASE_IMAGE
            _do_without(str(error))
        raise
    return sandbox


def _do_without(why: str) -> NoReturn:
    if os.environ.get("MLEBENCH_REQUIRE_DOCKER") == "1":
        pytest.fail(f"MLEBENCH_REQUIRE_DOCKER=1, and {why}", pytrace=False)
    pytest.skip(why)

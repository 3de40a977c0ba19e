"""The sandbox `docker`: its options, and which part does what."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.contract import Execution, Job, Network, Sandbox, Variables
from pytest_mlebench.sandboxes.needs import check_needs

if TYPE_CHECKING:
    from pytest_mlebench.sandboxes.docker.engine import Engine
    from pytest_mlebench.sandboxes.docker.images import Images

__all__ = ["DockerSandbox", "available"]


class DockerSandbox(Sandbox):
    """Containers on an image per agent.

    Safe to use from several processes and threads. What speaks to Docker is imported when it is first needed.
    """

    name: ClassVar[str] = "docker"
    transport: ClassVar[Literal["unix", "tcp"]] = "unix"

    def __init__(
        self,
        *,
        base_image: str | None = None,
        ca_bundle: Path | None = None,
        allow_privileged: bool = False,
        build_args: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is contacted yet.

        `base_image` is what the environment image is built on (default: $MLEBENCH_BASE_IMAGE, or Debian). `ca_bundle`
        is a file of certificates by which builds reach package indexes (default: $MLEBENCH_CA_BUNDLE, or what
        $SSL_CERT_FILE and its like name, or none). `build_args` are further arguments of all builds.
        """
        self._base_image, self._ca_bundle = base_image, ca_bundle
        self._allow_privileged = allow_privileged
        self._build_args = dict(build_args or {})
        self._engine: Engine | None = None
        self._images: Images | None = None

    def describe(self) -> str:
        """One line for the report header."""
        return (
            "docker: containers of a non-root user without capabilities; they see the public data and their own folders"
        )

    def check(self, agent: Agent, gpus: tuple[str, ...], network: Network) -> None:
        """Raise HarnessError if there is no engine, no GPU runtime for `gpus`, or a need of the agent is not met."""
        check_needs(agent, gpus, network)
        if agent.privileged and not self._allow_privileged:
            raise HarnessError(
                f"agent {agent.name} asks for a privileged container, which amounts to root on this machine: "
                "say --mlebench-allow-privileged if you trust it"
            )
        from pytest_mlebench.sandboxes.docker import gpus as devices

        devices.check(self._connected(), gpus)

    def build(self, agent: Agent, progress: Callable[[str], None]) -> None:
        """Build or pull the agent's image where it is missing."""
        self._images_of().ready(agent, progress)

    def execute(self, job: Job) -> Execution:
        """Run the job in a container of its own; a daemon that is being restarted is waited for."""
        from pytest_mlebench.sandboxes.docker.container import Container
        from pytest_mlebench.sandboxes.docker.engine import RESTART

        engine = self._connected(RESTART)
        engine.wait_until_it_answers()
        image = self._images_of().ready(job.agent, lambda line: None)
        container = Container(engine, job, image, allow_privileged=self._allow_privileged)
        return container.execute(Variables({**job.environment, **self.places(job)}))

    def sweep(self, run: str | None = None) -> list[str]:
        """Remove containers of `run`, or those whose process is gone."""
        from pytest_mlebench.sandboxes.docker import cleanup

        return cleanup.sweep(self._connected(), run)

    def _connected(self, patience: float = 0.0) -> Engine:
        if self._engine is None:
            from pytest_mlebench.sandboxes.docker.engine import connect

            self._engine = connect(patience)
            weakref.finalize(self, self._engine.client.close)
        return self._engine

    def _images_of(self) -> Images:
        if self._images is None:
            from pytest_mlebench.sandboxes.docker.images import Images

            self._images = Images(
                self._connected(),
                base_image=self._base_image,
                ca_bundle=self._ca_bundle,
                build_args=self._build_args,
            )
        return self._images


def available() -> str | None:
    """None when a Docker engine answers that can run attempts, else why not, in one line with what to do."""
    from pytest_mlebench.sandboxes.docker.engine import connect

    try:
        connect().client.close()
    except HarnessError as error:
        return str(error)
    return None

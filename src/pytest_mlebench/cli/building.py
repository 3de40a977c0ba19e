"""``mlebench build``: making images before a run needs them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pytest_mlebench.agent import Agent, AgentRegistry
from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import Json
from pytest_mlebench.cli.asking import ask_pytest
from pytest_mlebench.errors import UnknownNameError
from pytest_mlebench.quantities import format_duration, format_size

if TYPE_CHECKING:
    import pytest

__all__ = ["VARIANTS", "BaseImage", "Named", "build", "named_images"]

VARIANTS = ("slim", "full")


class Environment(Enum):
    """The variants of the environment image."""

    slim = "slim"
    full = "full"


BaseImage = Annotated[
    str | None,
    typer.Option(
        metavar="IMAGE",
        help="Debian or Ubuntu image to build environment images on (default: $MLEBENCH_BASE_IMAGE or "
        "debian:bookworm-slim).",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Named:
    """Images that the user named, as a run in this directory would make them."""

    agents: dict[str, Agent]
    """For each name an agent that runs in that image."""
    base_image: str | None


def build(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="slim|full|AGENT", help="Environment images; agents, or their TOML files."),
    ] = None,
    environment: Annotated[
        Environment | None,
        typer.Option(help="Build agents' images on this environment image.", show_default=False),
    ] = None,
    base_image: BaseImage = None,
    force: Annotated[
        bool, typer.Option("--force", "--no-cache", help="Build from scratch what is there already, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build the images of agents, or the environment images that they are built on; without names, the environment's.

    A run does so by itself when it needs one. What is there already stays as it is.

    Example: mlebench build full
    """
    from pytest_mlebench.sandboxes.docker.engine import connect
    from pytest_mlebench.sandboxes.docker.images import Images

    wanted = named_images(names or (), environment.value if environment else None, base_image)
    engine = connect()
    try:
        images, done = Images(engine, base_image=wanted.base_image), []
        for name, agent in wanted.agents.items():
            there = not force and images.find(agent) is not None
            began = time.monotonic()
            tag = images.again(agent, _progress) if force else images.ready(agent, _progress)
            seconds = time.monotonic() - began
            size = images.size(tag)
            if as_json:
                facts = {"name": name, "image": tag, "size": size, "seconds": None if there else round(seconds, 1)}
                done.append(facts)
            else:
                how = "is there already" if there else f"made in {format_duration(seconds)}"
                output.line(f"{name}: {tag}, {format_size(size)}, {how}")
        if as_json:
            output.write_json(done)
    finally:
        engine.client.close()


def named_images(names: Sequence[str], environment: str | None, base_image: str | None) -> Named:
    """The images of those names, ``slim``, ``full`` or an agent's; no name stands for the environment image.

    What is None is as the ini file here says. Raises UnknownNameError naming the near ones, and MlebenchError where an
    agent's files are not there.
    """
    from pytest_mlebench.options import values
    from pytest_mlebench.registration import agents as registered

    def question(config: pytest.Config) -> tuple[AgentRegistry, dict[str, object]]:
        return registered(config), values(config)

    registry, options = ask_pytest(question)
    variant = environment or str(options.get("mlebench_environment") or "")
    found = {}
    for name in names or (variant or "slim",):
        if name in VARIANTS:
            found[name] = Agent(name=name, command=("true",), environment=name)
        else:
            agent = _agent(name, registry)
            found[name] = replace(agent, environment=variant) if variant in VARIANTS else agent
    return Named(found, base_image or str(options.get("mlebench_base_image") or "") or None)


def _agent(name: str, registry: AgentRegistry) -> Agent:
    if name.endswith(".toml"):
        from pytest_mlebench.agent_file import read_agent

        return read_agent(Path(name).expanduser())
    known = [agent.name for agent in registry]
    if name not in known:
        raise UnknownNameError("image", name, [*VARIANTS, *known], "(agents: `mlebench agents`)")
    return registry.get(name)


def _progress(line: str) -> None:
    typer.echo(line, err=True)

"""What an agent is: a command in an image, its options, its needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.hosts import check_hosts

__all__ = ["Agent", "AgentRegistry"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent, as a conftest.py, a plugin or our own agents/ registers it.

    The command runs inside the sandbox as a non-root user, in the code folder, with the variables that README.md lists.
    Raises MlebenchError where the registration contradicts itself.
    """

    name: str
    """Selected by ``--mlebench-agent``; lower-case letters, digits, ``-``, ``_`` and ``.``."""
    command: tuple[str, ...]
    """Program and arguments; the agent's folder is its $MLEBENCH_AGENT_DIR."""
    description: str = ""
    """One line for ``mlebench agents``."""
    folder: Path | None = None
    """Files that the command needs; mounted read-only at /home/agent."""
    image: str | None = None
    """A ready Docker image; it needs python3."""
    dockerfile: Path | None = None
    """A Dockerfile, built in its own folder with the environment image as build argument ``ENVIRONMENT``."""
    environment: str = "slim"
    """The variant of the environment image to build on: ``slim`` or ``full``."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options with their defaults; the agent sees each as ``MLEBENCH_OPTION_<NAME>``."""
    folder_option: str = ""
    """The option by which the user names the folder that is mounted, in place of `folder`; "" for none."""
    env: tuple[str, ...] = ()
    """Names of host variables to pass; their values are never written to disk or shown."""
    build_args: Mapping[str, str] = field(default_factory=dict)
    """Build arguments of its Dockerfile, beside ``ENVIRONMENT``."""
    uses_gateway: bool = False
    """Whether it speaks OpenAI's protocol to the base URL that it is given: it then gets the model gateway's."""
    model_hosts: tuple[str, ...] = ()
    """Hosts of models that it speaks to itself, such as ``api.openai.com``, ``*.example.com`` or ``localhost:8000``."""
    needs_gpu: bool = False
    """Refuse to start without a GPU."""
    uses_gpu: bool = True
    """Whether it can make use of one: with --mlebench-gpus=auto others get none, and wait for none."""
    needs_network: bool = False
    """Refuse to start with network none."""
    privileged: bool = False
    """Ask for a privileged container; the user must also say --mlebench-allow-privileged."""

    def __post_init__(self) -> None:
        """Check the registration and accept lists where tuples are kept."""
        for what in ("command", "env", "model_hosts"):
            if isinstance(getattr(self, what), str):
                raise MlebenchError(f"agent {self.name!r}: {what} is a list, as in {what}=[...], not a text")
        for what in ("folder", "dockerfile"):
            if (given := getattr(self, what)) is not None:
                object.__setattr__(self, what, Path(given).expanduser().absolute())
        object.__setattr__(self, "command", tuple(map(str, self.command)))
        object.__setattr__(self, "env", tuple(self.env))
        object.__setattr__(self, "model_hosts", tuple(self.model_hosts))
        object.__setattr__(self, "build_args", {k: str(v) for k, v in self.build_args.items()})
        object.__setattr__(self, "options", {k: str(v) for k, v in self.options.items()})
        if not _NAME.fullmatch(self.name):
            raise MlebenchError(f"agent name {self.name!r}: use lower-case letters, digits, '-', '_' and '.'")
        if not self.command:
            raise MlebenchError(f"agent {self.name!r} has no command")
        try:
            check_hosts(self.model_hosts)
        except ValueError as error:
            raise MlebenchError(f"agent {self.name!r}: model_hosts: {error}") from None
        if self.image and self.dockerfile:
            raise MlebenchError(f"agent {self.name!r} names both an image and a Dockerfile: keep one")
        if self.folder_option and self.folder_option not in self.options:
            raise MlebenchError(f"agent {self.name!r}: folder_option {self.folder_option!r} is not one of its options")
        if self.environment not in ("slim", "full"):
            raise MlebenchError(f"agent {self.name!r}: environment is 'slim' or 'full', not {self.environment!r}")

    def with_options(self, given: Mapping[str, str]) -> Agent:
        """This agent with options replaced, and its folder where one of them names it.

        Raises UnknownNameError for an option that it does not declare, and MlebenchError where the folder is not there.
        """
        for key in given:
            if key not in self.options:
                raise UnknownNameError("option", key, self.options, f"(agent {self.name})")
        options = {**self.options, **given}
        if not self.folder_option:
            return replace(self, options=options)
        folder = Path(options[self.folder_option]).expanduser().absolute()
        if not options[self.folder_option] or not folder.is_dir():
            problem = f"{folder} is no folder" if options[self.folder_option] else "it needs a folder"
            raise MlebenchError(
                f"agent {self.name!r}: {problem}: name one with --mlebench-option {self.folder_option}=FOLDER"
            )
        return replace(self, options=options, folder=folder)


class AgentRegistry:
    """The agents that are registered, by name."""

    def __init__(self, agents: Iterable[Agent] = ()) -> None:
        self._agents: dict[str, Agent] = {}
        for agent in agents:
            if agent.name in self._agents:
                raise MlebenchError(f"two agents are named {agent.name!r}: rename one")
            self._agents[agent.name] = agent

    def __iter__(self) -> Iterator[Agent]:
        """Agents in order of their names."""
        return iter(sorted(self._agents.values(), key=lambda agent: agent.name))

    def get(self, name: str) -> Agent:
        """The agent of that name.

        Raises UnknownNameError naming the near ones, and MlebenchError where files that it names are not there.
        """
        if name not in self._agents:
            raise UnknownNameError("agent", name, self._agents, "(list them with `mlebench agents`)")
        agent = self._agents[name]
        if agent.folder is not None and not agent.folder.is_dir():
            raise MlebenchError(f"agent {name!r}: there is no folder {agent.folder}")
        if agent.dockerfile is not None and not agent.dockerfile.is_file():
            raise MlebenchError(f"agent {name!r}: there is no file {agent.dockerfile}")
        return agent

"""Images: named by the hash of what they are made of, and made when one is missing."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker.utils.build
from docker.errors import APIError, DockerException, ImageNotFound

import pytest_mlebench
from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.docker import building
from pytest_mlebench.sandboxes.docker.engine import Engine, said, speaking

__all__ = ["Images"]

_ENVIRONMENT = Path(pytest_mlebench.__file__).parent / "fixtures" / "environment"
_DEFAULT_BASE = "debian:bookworm-slim"
# Variables by which people tell programs of certificates that this machine needs; the first that is set counts.
_CA_VARIABLES = ("MLEBENCH_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Recipe:
    """All that an image is made of, in the order of the hash."""

    context: bytes
    """A tar archive that is the same for the same files."""
    arguments: Mapping[str, str]
    dockerfile: str
    parent: str
    """Id of the image it is built on; empty where the Dockerfile alone says it."""

    @property
    def hash(self) -> str:
        digest = hashlib.sha256(self.context)
        for key, value in sorted({**self.arguments, "\0file": self.dockerfile, "\0parent": self.parent}.items()):
            digest.update(f"\0{key}={value}".encode())
        return digest.hexdigest()[:12]


@dataclass(frozen=True)
class _Layer:
    """One image of ours: its name, which holds the hash of its recipe, and the recipe."""

    tag: str
    recipe: _Recipe


class Images:
    """The images that agents run in, on one engine."""

    def __init__(
        self,
        engine: Engine,
        *,
        base_image: str | None = None,
        ca_bundle: Path | None = None,
        build_args: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is looked for yet.

        `base_image` is what the environment image is built on (default: $MLEBENCH_BASE_IMAGE, or Debian). `ca_bundle`
        is a file of certificates by which builds reach package indexes (default: $MLEBENCH_CA_BUNDLE, or what
        $SSL_CERT_FILE and its like name, or none). `build_args` are further arguments of all builds.
        """
        named = next((os.environ[name] for name in _CA_VARIABLES if os.environ.get(name)), None)
        self._engine = engine
        self._base = base_image or os.environ.get("MLEBENCH_BASE_IMAGE") or _DEFAULT_BASE
        self._ca_bundle = ca_bundle or (Path(named) if named else None)
        self._build_args = dict(build_args or {})
        self._tags: dict[tuple[object, ...], str] = {}

    def ready(self, agent: Agent, progress: Progress) -> str:
        """The name of the agent's image, made or pulled now where it is missing.

        Agents that share a Dockerfile, its folder and their build arguments share an image. Safe to call from several
        processes: one builds, the others wait for it. Raises HarnessError with the last lines of a step that fails.
        """
        key = (agent.image, agent.dockerfile, agent.environment, tuple(sorted(agent.build_args.items())))
        if key not in self._tags:
            self._tags[key] = self._make_ready(agent, progress)
        return self._tags[key]

    def again(self, agent: Agent, progress: Progress) -> str:
        """As `ready`, but the image is built from scratch, or pulled, also where it is there; its base is not.

        Raises HarnessError as `ready` does; the image of before stays where the build fails.
        """
        if agent.image is not None:
            self._pull(agent.image, progress, f"name another image for agent {agent.name}")
            return agent.image
        *below, top = self._layers(agent, self._ready_base(progress))
        for layer in below:
            self._built(layer, progress)
        with building.only_here(top.tag, progress):
            before = self._find(top.tag)
            self._build(top, progress, from_scratch=True)
            if before is not None and before != self._find(top.tag):
                # Containers and images that stand on it keep it; else it would fill the disk without a name.
                with contextlib.suppress(HarnessError), speaking(f"remove the image that was {top.tag}"):
                    self._engine.api.remove_image(before)
        return top.tag

    def find(self, agent: Agent) -> str | None:
        """The name of the agent's image where it is there, else None; nothing is built or pulled. Raises HarnessError.

        What it would be made of now counts: an image that was made of other files is another one.
        """
        if agent.image is not None:
            return agent.image if self._find(agent.image) is not None else None
        if (base := self._find(self._base)) is None:
            return None
        tag = self._layers(agent, base)[-1].tag
        return tag if self._find(tag) is not None else None

    def size(self, name: str) -> int:
        """Bytes of an image that is there, its base included. Raises HarnessError."""
        with speaking(f"look at the image {name}"):
            return int(self._engine.api.inspect_image(name)["Size"])

    def _make_ready(self, agent: Agent, progress: Progress) -> str:
        if agent.image is not None:
            self._id(agent.image, progress, f"name another image for agent {agent.name}")
            return agent.image
        layers = self._layers(agent, self._ready_base(progress))
        for layer in layers:
            self._built(layer, progress)
        return layers[-1].tag

    def _ready_base(self, progress: Progress) -> str:
        """The id of the base image."""
        return self._id(self._base, progress, "name one that is here with --mlebench-base-image or MLEBENCH_BASE_IMAGE")

    def _layers(self, agent: Agent, base: str) -> list[_Layer]:
        """What an agent without a ready image has built on the base image of that id; the last one is the agent's."""
        environment = self._environment(agent.environment, base)
        if agent.dockerfile is None:
            return [environment]
        return [environment, self._of_agent(agent, agent.dockerfile, environment.tag)]

    def _environment(self, variant: str, parent: str) -> _Layer:
        files = {
            name: (_ENVIRONMENT / name).read_bytes()
            for name in ("Dockerfile", f"apt-{variant}.txt", f"requirements-{variant}.txt")
        }
        files["ca-bundle.crt"] = self._certificates()
        recipe = _Recipe(
            context=_archive(files),
            arguments={**self._build_args, "BASE": self._base, "VARIANT": variant},
            dockerfile="Dockerfile",
            parent=parent,
        )
        return _Layer(f"mlebench-environment:{variant}-{recipe.hash}", recipe)

    def _of_agent(self, agent: Agent, dockerfile: Path, environment: str) -> _Layer:
        folder = dockerfile.resolve().parent
        try:
            context = _archive(_files_of(folder, dockerfile.name))
        except OSError as error:
            where = error.filename or folder
            raise HarnessError(f"cannot read {where} for the image of {agent.name}: {error.strerror}") from error
        recipe = _Recipe(
            context=context,
            arguments={**self._build_args, **agent.build_args, "ENVIRONMENT": environment},
            dockerfile=dockerfile.name,
            parent="",
        )
        # Docker allows less in a name than a folder's name may hold.
        name = _NOT_IN_NAMES.sub("-", folder.name.lower()).strip("-") or "agent"
        return _Layer(f"mlebench-agent-{name}:{recipe.hash}", recipe)

    def _built(self, layer: _Layer, progress: Progress) -> None:
        if self._find(layer.tag) is None:
            with building.only_here(layer.tag, progress):
                if self._find(layer.tag) is None:
                    self._build(layer, progress)

    def _build(self, layer: _Layer, progress: Progress, *, from_scratch: bool = False) -> None:
        building.build(
            self._engine,
            layer.tag,
            context=layer.recipe.context,
            dockerfile=layer.recipe.dockerfile,
            arguments=layer.recipe.arguments,
            progress=progress,
            from_scratch=from_scratch,
        )

    def _find(self, name: str) -> str | None:
        """The id of an image that is on the engine, or None."""
        try:
            with speaking(f"look for the image {name}"):
                return str(self._engine.api.inspect_image(name)["Id"])
        except HarnessError as error:
            if isinstance(error.__cause__, ImageNotFound):
                return None
            raise

    def _id(self, name: str, progress: Progress, advice: str) -> str:
        """The id of an image, which is pulled where it is not there."""
        found = self._find(name)
        return found if found is not None else self._pull(name, progress, advice)

    def _pull(self, name: str, progress: Progress, advice: str) -> str:
        """Pull an image: its id."""
        progress(f"pulling image {name}")
        try:
            with building.only_here(name, progress):
                # Without a tag Docker would pull all of them.
                repository, _, tag = name.partition("@") if "@" in name else _split(name)
                self._engine.client.images.pull(repository, tag=tag)
        except (APIError, DockerException, OSError) as error:
            raise HarnessError(f"cannot pull the image {name}: {said(error)}; {advice}") from error
        if (found := self._find(name)) is None:
            raise HarnessError(f"pulled the image {name}, but it is not there; {advice}")
        return found

    def _certificates(self) -> bytes:
        """The certificates by which builds reach package indexes; empty where the base image's own do."""
        if self._ca_bundle is None:
            return b""
        try:
            return self._ca_bundle.read_bytes()
        except OSError as error:
            raise HarnessError(
                f"cannot read the CA bundle {self._ca_bundle}: {error.strerror}; MLEBENCH_CA_BUNDLE names it"
            ) from error


def _split(name: str) -> tuple[str, str, str]:
    """A name as repository and tag (``latest`` where there is none); a colon before a slash belongs to a port."""
    repository, colon, tag = name.rpartition(":")
    return (repository, ":", tag) if colon and "/" not in tag else (name, ":", "latest")


def _files_of(folder: Path, dockerfile: str) -> dict[str, bytes | Path]:
    """What a build in `folder` gets: its files without what .dockerignore names."""
    ignore = folder / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    names = docker.utils.build.exclude_paths(str(folder), ["**/__pycache__", *patterns], dockerfile=dockerfile)
    return {name: folder / name for name in names if name}


def _archive(files: Mapping[str, bytes | Path]) -> bytes:
    """A tar archive of `files` in which nothing depends on when or by whom they were written."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            source = files[name]
            member = tarfile.TarInfo(name)
            if isinstance(source, bytes):
                member.size, member.mode = len(source), 0o644
                archive.addfile(member, io.BytesIO(source))
            elif source.is_symlink():
                member.type, member.linkname = tarfile.SYMTYPE, str(source.readlink())
                archive.addfile(member)
            elif source.is_dir():
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            elif source.is_file():
                data = source.read_bytes()
                member.size, member.mode = len(data), 0o755 if source.stat().st_mode & 0o100 else 0o644
                archive.addfile(member, io.BytesIO(data))
    return content.getvalue()

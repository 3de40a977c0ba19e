"""A Docker daemon of a test's own, that can be stopped, killed and started again without disturbing others."""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import docker

from ..waiting import wait_for

IMAGE = "subject:latest"


class Daemon:
    """A dockerd with its own folders, socket and containerd, and without networks."""

    def __init__(self, *options: str) -> None:
        # Short, for the sockets below it; also the name of a namespace, which may not begin or end with an underscore.
        self._folder = Path("/tmp", f"dockerd-{secrets.token_hex(4)}")
        self._folder.mkdir(mode=0o700)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"unix://{self._folder}/s"

    def start(self) -> None:
        """Start it, or start it again; it answers when this returns."""
        # Where orphans are not reaped, the containerd of a killed daemon still has its number.
        for path in (self._folder / "exec/containerd/containerd.pid", self._folder / "pid"):
            path.unlink(missing_ok=True)
        # In a network of its own: a daemon without a bridge takes away the one that it finds.
        command = ["unshare", "--net", "dockerd", f"--host={self.address}", f"--pidfile={self._folder}/pid"]
        command += [f"--data-root={self._folder}/data", f"--exec-root={self._folder}/exec"]
        # Where the system has a containerd, it is shared.
        command += [
            f"--containerd-namespace={self._folder.name}",
            f"--containerd-plugins-namespace={self._folder.name}-p",
        ]
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false", *self._options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: self._answers() or self._process.poll() is not None, 180, self._last_lines)
        assert self._answers(), self._last_lines()

    def _answers(self) -> bool:
        command = ["docker", "-H", self.address, "version"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _last_lines(self) -> list[str]:
        return (self._folder / "log").read_text().splitlines()[-5:]

    def end(self, number: int) -> None:
        """Send it the signal, which ends it."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(180)

    def load(self, archive: bytes, name: str) -> None:
        """Have it know an image."""
        with contextlib.closing(docker.DockerClient(base_url=self.address)) as client:
            client.api.import_image_from_data(archive, repository=name.partition(":")[0], tag=name.partition(":")[2])

    def close(self) -> None:
        """End it, its containers, and what it mounted."""
        assert self._process is not None
        if self._process.poll() is not None:
            self.start()
        with contextlib.closing(docker.DockerClient(base_url=self.address)) as client:
            for container in client.api.containers():
                with contextlib.suppress(docker.errors.APIError):
                    client.api.kill(container["Id"])
        self.end(signal.SIGTERM)
        for _, place, *_ in map(str.split, reversed(Path("/proc/mounts").read_text().splitlines())):
            if place.startswith(f"{self._folder}/"):
                subprocess.run(["umount", "--lazy", place], check=True)
        shutil.rmtree(self._folder)


def image_with_python() -> bytes:
    """An archive of this machine's Python, its libraries and nothing else, as an image's root folder."""
    program = os.path.realpath(sys.executable)
    left_out = {"site-packages", "dist-packages", "test", "idlelib", "ensurepip", "__pycache__"}

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        parts = member.name.split("/")
        return None if left_out & {*parts} or parts[-1].startswith("config-") else member

    libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(sysconfig.get_path("stdlib"), filter=kept)
        for path in {program, *re.findall(r"(/\S+) \(0x", libraries)}:
            archive.add(os.path.realpath(path), arcname=path)
        if program != "/usr/bin/python3":
            link = tarfile.TarInfo("usr/bin/python3")
            link.type, link.linkname = tarfile.SYMTYPE, program
            archive.addfile(link)
        for folder in ("tmp", "home"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(member)
    return content.getvalue()

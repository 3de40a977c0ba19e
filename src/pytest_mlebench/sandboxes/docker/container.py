"""One execution: a container from its creation to its removal."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import LogConfig, Mount, Ulimit

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.hosts import AllowedHosts
from pytest_mlebench.sandboxes import leavings
from pytest_mlebench.sandboxes.contract import GATEWAY_PORT, PROXY_PORT, VALIDATION_PORT, Execution, Job
from pytest_mlebench.sandboxes.docker import cleanup, gpus
from pytest_mlebench.sandboxes.docker.ended_by import check_ended_by_itself
from pytest_mlebench.sandboxes.docker.engine import RESTART, Engine, said, speaking
from pytest_mlebench.sandboxes.docker.output import Output
from pytest_mlebench.sandboxes.waiting import Waited, wait_for_end

__all__ = ["Container"]

_START = Path(__file__).parent.parent / "start.py"
_SOCKETS = "/run/mlebench"


class Container:
    """The container of one job."""

    def __init__(self, engine: Engine, job: Job, image: str, *, allow_privileged: bool) -> None:
        self._engine = engine
        self._job = job
        self._image = image
        self._privileged = job.agent.privileged and allow_privileged
        # Not root even where the caller is: what then writes to the caller's folders is user 1000.
        self._user = (os.getuid(), os.getgid()) if os.getuid() != 0 else (1000, 1000)

    def execute(self, variables: Mapping[str, str]) -> Execution:
        """Run the agent with `variables` to its end or its time limit; the container is gone when this returns.

        The clock is this machine's monotonic one; it starts when the engine reports that the container's first process
        runs, some milliseconds before the agent's first instruction.
        """
        own = (self._job.submission, self._job.code, self._job.logs)
        try:
            if os.getuid() == 0:
                with speaking("hand the attempt's folders to the agent's user"):
                    leavings.give(own, *self._user)
            execution = self._run(variables)
            with speaking("remove the container"):
                cleanup.remove(self._engine, self._job.name)
            if not (execution.timed_out or execution.ended_early):
                check_ended_by_itself(self._engine, self._job.name)
        except BaseException as error:
            # The attempt's GPUs are not free, nor may it be tried again, before its container is gone: a daemon that is
            # being restarted is waited for.
            patience = RESTART if isinstance(error, HarnessError) else 0.0
            # While something may still run in the folders they are not walked.
            if cleanup.remove_whatever_happens(self._engine, self._job.name, patience):
                leavings.reclaim(own)
            raise
        leavings.reclaim(own)
        return execution

    def _run(self, variables: Mapping[str, str]) -> Execution:
        self._create()
        with Output(self._engine, self._job) as output:
            self._start()
            began = time.monotonic()
            with speaking("hand the agent its variables"):
                output.tell(json.dumps({"HOME": "/tmp/home", "USER": "agent", "LOGNAME": "agent", **variables}))
            self._job.observer.began()
            status, waited = self._wait_or_end(began)
            seconds = time.monotonic() - began
            output.finish()
        return Execution(
            seconds=seconds,
            exit_status=status,
            timed_out=waited.timed_out,
            out_of_memory=output.out_of_memory or self._was_oom(status),
            ended_early=waited.asked,
        )

    def _create(self) -> None:
        job, api = self._job, self._engine.api
        try:
            with speaking("create the agent's container"):
                api.create_container(
                    self._image,
                    name=job.name,
                    entrypoint=["python3", "-I", "-S", "/run/mlebench/start.py"],
                    command=[*self._doors(), "--", *job.agent.command],
                    user=f"{self._user[0]}:{self._user[1]}",
                    working_dir="/home/code",
                    labels=cleanup.labels(job.run, job.name),
                    stdin_open=True,
                    host_config=self._host_config(),
                    # An image's own check or stop signal is not ours to follow.
                    healthcheck={"test": ["NONE"]},
                )
        except HarnessError as error:
            if isinstance(error.__cause__, ImageNotFound):
                raise HarnessError(
                    f"the image {self._image} of agent {job.agent.name} is gone; the next run makes it again"
                ) from error
            raise

    def _host_config(self) -> Any:
        limits, security = self._job.limits, []
        if not self._privileged:
            security.append("no-new-privileges:true")
        if self._engine.has_security("selinux"):
            security.append("label=disable")  # else its policy keeps the mounted folders from the agent
        return self._engine.api.create_host_config(
            mounts=self._mounts(),
            network_mode="bridge" if self._job.network == "open" else "none",
            privileged=self._privileged,
            cap_drop=None if self._privileged else ["ALL"],
            security_opt=security,
            # What is asked for beyond the machine is refused by Docker, and would be no limit.
            nano_cpus=int(min(limits.cpus, self._engine.cpus) * 1e9) if limits.cpus else None,
            mem_limit=limits.memory,
            memswap_limit=limits.memory,
            shm_size=limits.shm,
            pids_limit=limits.processes,
            ulimits=[Ulimit(name="core", soft=0, hard=0)],
            device_requests=gpus.requests(self._job.gpus),
            # Output comes by attachment; the engine keeps none.
            log_config=LogConfig(type="none"),
        )

    def _mounts(self) -> list[Mount]:
        job = self._job
        inside = [
            ("/home/data", job.data, True),
            ("/home/instructions.txt", job.instructions, True),
            ("/home/submission", job.submission, False),
            ("/home/code", job.code, False),
            ("/home/logs", job.logs, False),
            ("/run/mlebench/start.py", _START, True),
        ]
        if job.agent.folder is not None:
            inside.append(("/home/agent", job.agent.folder.resolve(), True))
        if job.description is not None:
            inside.append(("/home/data/description.md", job.description.resolve(), True))
        inside += [(f"{_SOCKETS}/{name}", socket.parent, True) for name, (_, socket) in self._servers().items()]
        return [Mount(target, str(source), type="bind", read_only=read_only) for target, source, read_only in inside]

    def _servers(self) -> dict[str, tuple[int, Path]]:
        """The servers of the host that the agent reaches: for each its port inside, and its socket here."""
        job = self._job
        servers = {
            "validation": (VALIDATION_PORT, job.validation),
            "proxy": (PROXY_PORT, job.proxy),
            "gateway": (GATEWAY_PORT, job.gateway),
        }
        return {name: (port, Path(socket)) for name, (port, socket) in servers.items() if socket is not None}

    def _doors(self) -> list[str]:
        """What the first process is told of them: ``PORT=SOCKET``.

        Programs ask no proxy for localhost: a model there has the port that it has on this machine.
        """
        servers = self._servers()
        doors = {port: f"{_SOCKETS}/{name}/{socket.name}" for name, (port, socket) in servers.items()}
        if "proxy" in servers:
            for port in AllowedHosts(self._job.agent.model_hosts).local_ports:
                doors.setdefault(port, f"{_SOCKETS}/proxy/{port}.sock")
        return [f"{port}={socket}" for port, socket in doors.items()]

    def _start(self) -> None:
        try:
            with speaking("start the agent's container"):
                self._engine.api.start(self._job.name)
        except HarnessError as error:
            if isinstance(error.__cause__, APIError) and '"python3"' in said(error.__cause__):
                raise HarnessError(
                    f"the image {self._image} of agent {self._job.agent.name} has no python3: install it there"
                ) from error
            raise

    def _wait_or_end(self, began: float) -> tuple[int | None, Waited[int]]:
        """Wait for the agent's end, and bring it about at the time limit or at the observer's wish: its exit status."""
        limits = self._job.limits
        waited = wait_for_end(self._wait_until, began + limits.time, self._job.observer)
        if waited.ended is not None:
            return waited.ended, waited
        self._kill("SIGTERM")
        if (status := self._wait_until(time.monotonic() + limits.grace)) is None:
            self._kill("SIGKILL")
            status = self._wait_until(time.monotonic() + 60)
        return status, waited

    def _wait_until(self, deadline: float) -> int | None:
        """The agent's exit status, or None where it has not ended by then."""
        while (left := deadline - time.monotonic()) > 0:
            try:
                return int(self._engine.api.wait(self._job.name, timeout=left)["StatusCode"])
            except NotFound as error:
                raise self._removed() from error
            except requests.RequestException as error:
                # The SDK tells a time that is over from a daemon that is gone by no type; the clock does.
                if time.monotonic() < deadline - 0.05:
                    raise HarnessError(f"lost the Docker daemon while the agent ran: {said(error)}") from error
            except DockerException as error:
                raise HarnessError(f"Docker cannot wait for the agent: {said(error)}") from error
        return None

    def _kill(self, signal: str) -> None:
        try:
            with speaking("end the agent"):
                self._engine.api.kill(self._job.name, signal)
        except HarnessError as error:
            # 409: it has ended by itself in this moment.
            if not (isinstance(error.__cause__, APIError) and error.__cause__.status_code == 409):
                raise

    def _was_oom(self, status: int | None) -> bool:
        """Whether the kernel killed a process of the agent for want of memory."""
        if self._job.limits.memory is None and status != 137:
            return False
        try:
            with speaking("ask how the agent ended"):
                state = self._engine.api.inspect_container(self._job.name)["State"]
        except HarnessError as error:
            if isinstance(error.__cause__, NotFound):
                raise self._removed() from error
            raise
        if state.get("Status") in ("removing", "dead"):
            raise self._removed()
        return bool(state.get("OOMKilled"))

    def _removed(self) -> HarnessError:
        return HarnessError(f"somebody removed the container {self._job.name} while the agent ran")

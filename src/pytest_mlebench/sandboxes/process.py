"""The sandbox `process`: a subprocess with folders of its own, for development; it isolates nothing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import leavings, leftovers, owner
from pytest_mlebench.sandboxes.contract import Execution, Job, Network, Sandbox, Variables, gateway_variables
from pytest_mlebench.sandboxes.copying import Copying
from pytest_mlebench.sandboxes.needs import check_needs
from pytest_mlebench.sandboxes.waiting import wait_for_end

__all__ = ["ProcessSandbox"]

_BLOCK = 1 << 20  # bytes that the agent may print before it has to wait for us
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class ProcessSandbox(Sandbox):
    """A process of the calling user in a session of its own; keeps the time limit, and no other.

    A process of the agent that leaves its session and also clears its environment is not seen, and outlives it.
    """

    name: ClassVar[str] = "process"
    transport: ClassVar[Literal["unix", "tcp"]] = "tcp"
    isolates: ClassVar[bool] = False

    def describe(self) -> str:
        """One line for the report header."""
        return "process: NOTHING IS ISOLATED, the agent runs as you; of the limits only the time limit is kept"

    def check(self, agent: Agent, gpus: tuple[str, ...], network: Network) -> None:
        """Raise HarnessError if the agent needs an image, or a device that it does not get."""
        # The network is open here whatever was asked, so a need of it is always met.
        check_needs(agent, gpus, "open")
        if agent.image or agent.dockerfile:
            raise HarnessError(
                f"agent {agent.name} runs in its Docker image only: start Docker and say --mlebench-sandbox=docker"
            )

    def build(self, agent: Agent, progress: Callable[[str], None]) -> None:
        """There is nothing to build."""

    def places(self, job: Job) -> dict[str, str]:
        """Host paths, and the validation server's own address."""
        data = self._own(job) / "data" if job.description is not None else job.data
        return {
            "MLEBENCH_DATA_DIR": str(data),
            "MLEBENCH_INSTRUCTIONS": str(job.instructions),
            "MLEBENCH_SUBMISSION_DIR": str(job.submission),
            "MLEBENCH_CODE_DIR": str(job.code),
            "MLEBENCH_LOGS_DIR": str(job.logs),
            "MLEBENCH_AGENT_DIR": str(job.agent.folder.resolve()) if job.agent.folder is not None else "",
            "MLEBENCH_VALIDATION_URL": str(job.validation) if job.validation is not None else "",
            **gateway_variables(str(job.gateway) if job.gateway is not None else None),
        }

    def execute(self, job: Job) -> Execution:
        """Run the job as a process; when this returns, nothing of it runs and its temporary folder is gone."""
        own = self._own(job)
        try:
            try:
                self._make(own, job)
            except OSError as error:
                raise HarnessError(f"cannot make the attempt's folder {own}: {error.strerror or error}") from error
            return self._run(job, own)
        finally:
            leavings.reclaim((job.submission, job.code, job.logs, own))
            leavings.remove(own)

    def sweep(self, run: str | None = None) -> list[str]:
        """Kill processes of `run`, or those whose owner is gone, and remove what they had; the jobs' names."""
        jobs = set()
        for mark in (*(mark for _, mark in leftovers.marked()), *_marks_of_folders()):
            job, _, rest = mark.partition(" ")
            of_run, _, started_by = rest.partition(" ")
            if "/" in job or job in ("", ".", ".."):  # a mark that an agent made itself
                continue
            if of_run == run or (run is None and owner.is_gone(started_by)):
                jobs.add(job)
        for job in jobs:
            leftovers.end(job)
            leavings.remove(_FOLDERS / job)
        return sorted(jobs)

    def _own(self, job: Job) -> Path:
        """The attempt's temporary folder: home, temporary files, and the data where the description is another."""
        return _FOLDERS / job.name

    def _make(self, own: Path, job: Job) -> None:
        _FOLDERS.mkdir(mode=0o700, exist_ok=True)
        if _FOLDERS.lstat().st_uid != os.getuid():
            raise PermissionError(f"{_FOLDERS} belongs to somebody else")
        own.mkdir(mode=0o700)
        (own / _MARK).write_text(_mark(job), encoding="utf-8")
        for name in ("home", "tmp"):
            (own / name).mkdir(mode=0o700)
        if job.description is not None:
            (own / "data").mkdir()
            for entry in job.data.iterdir():
                if entry.name != "description.md":
                    (own / "data" / entry.name).symlink_to(entry)
            (own / "data" / "description.md").symlink_to(job.description.resolve())

    def _environment(self, job: Job, own: Path) -> Variables:
        """Nothing of the host's environment; the host's Python comes first on the path, with the packages it has."""
        variables = {
            "PATH": f"{Path(sys.executable).parent}:{_SYSTEM_PATH}",
            "HOME": str(own / "home"),
            "TMPDIR": str(own / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "CUDA_VISIBLE_DEVICES": ",".join(job.gpus),
            **job.environment,
            **self.places(job),
            leftovers.MARK: _mark(job),
        }
        return Variables(variables)

    def _run(self, job: Job, own: Path) -> Execution:
        with Copying(job) as output:
            reading, writing = os.pipe()
            pipe = _Pipe(reading)
            output.start(pipe.receive, pipe.close)
            try:
                execution = self._follow(job, own, writing)
            finally:
                os.close(writing)
            # Only a process that hides can hold the pipe still; what it prints is not waited for.
            output.finish(5)
        return execution

    def _follow(self, job: Job, own: Path, output: int) -> Execution:
        """Run the agent to its end; what it prints goes to the descriptor."""
        began = time.monotonic()
        job.observer.began()
        try:
            process = subprocess.Popen(
                job.agent.command,
                cwd=job.code,
                env=self._environment(job, own),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            # The agent's own fault, told as a shell would tell it.
            missing = isinstance(error, FileNotFoundError)
            os.write(output, f"mlebench: cannot run {job.agent.command[0]}: {error}\n".encode())
            return Execution(seconds=time.monotonic() - began, exit_status=127 if missing else 126)
        try:
            waited = wait_for_end(lambda until: _ends_by(process, until), began + job.limits.time, job.observer)
            if waited.ended is None:
                _signal(process, signal.SIGTERM)
                deadline = time.monotonic() + job.limits.grace
                if _ends_by(process, deadline) is not None:
                    # All of them have the grace period, not the first alone.
                    while leftovers.is_anyone_in(process.pid) and time.monotonic() < deadline:
                        time.sleep(0.02)
            seconds = time.monotonic() - began
        finally:
            # Also after an end of its own: what it started in the background ends with it.
            gone = leftovers.end(job.name, process.pid)
            process.wait()
        if not gone:
            raise HarnessError(f"processes of the attempt {job.name} cannot be killed: look for {leftovers.MARK} in ps")
        status = process.returncode
        return Execution(
            seconds=seconds,
            exit_status=status if status >= 0 else 128 - status,
            timed_out=waited.timed_out,
            ended_early=waited.asked,
        )


class _Pipe:
    """The reading end of a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLIN)
        with contextlib.suppress(AttributeError, OSError):  # Linux alone has it, and not for everyone
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _BLOCK)

    def receive(self, patience: float) -> bytes | None:
        return os.read(self._descriptor, _BLOCK) if self._ready.poll(patience * 1000) else None

    def close(self) -> None:
        os.close(self._descriptor)


# One folder per user, so that no other user can have put anything there.
_FOLDERS = Path(tempfile.gettempdir()) / f"mlebench-jobs-{os.getuid()}"
_MARK = ".mark"


def _mark(job: Job) -> str:
    return f"{job.name} {job.run} {owner.here()}"


def _marks_of_folders() -> Iterator[str]:
    """The marks of jobs whose folders are there: their processes may have ended with those that began them."""
    for path in _FOLDERS.glob(f"*/{_MARK}"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            mark = path.read_text(encoding="utf-8")
            if mark.partition(" ")[0] == path.parent.name:
                yield mark


def _ends_by(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    try:
        return process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, number)

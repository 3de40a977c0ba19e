"""The first process inside a container: it connects the host's servers, runs the agent, and ends as the agent ends.

    python3 start.py PORT=SOCKET... -- COMMAND...

Each server that listens on a Unix socket of the host is then found on a port of localhost.

It reads one line of JSON from standard input: the variables of the agent, which so appear neither in the container's
description nor on the disk of the engine. Standard library only, Python 3.8 or newer; nothing is imported from the
project, for this file is mounted into images that know nothing of it.

As process 1 of the container it also reaps orphans, passes signals to the agent's process group, cannot be killed by
the agent, and says at the end whether the kernel killed any of its processes for want of memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading

IDLE = 7200.0  # seconds without a byte; longer than the servers themselves wait
BLOCK = 65536
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def listen(port: int) -> list[socket.socket]:
    """Sockets that listen on localhost, of both address families where the container has both."""
    listening = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            door = socket.socket(family, socket.SOCK_STREAM)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((address, port))
            door.listen(128)
            listening.append(door)
        except OSError as error:
            if family == socket.AF_INET:
                raise SystemExit(f"mlebench: cannot listen on localhost:{port}: {error}") from None
    return listening


def accept(door: socket.socket, target: str) -> None:
    """Serve connections for ever; one that cannot be served is closed, and the next one is taken."""
    while True:
        try:
            near, _ = door.accept()
        except OSError:
            # No file descriptors left, or a client gone already: wait a moment for that to pass.
            select.select([], [], [], 0.05)
            continue
        try:
            threading.Thread(target=forward, args=(near, target), daemon=True).start()
        except RuntimeError:  # the limit of processes is reached
            near.close()


def forward(near: socket.socket, target: str) -> None:
    """Carry bytes both ways until the server's side has ended or nothing has come for long."""
    far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        far.connect(target)  # while it has no timeout: with one, a server whose queue is full refuses instead
        near.settimeout(IDLE)
        far.settimeout(IDLE)
        other = {near: far, far: near}
        reading = [near, far]
        while far in reading:
            ready = select.poll()
            sides = {side.fileno(): side for side in reading}
            for number in sides:
                ready.register(number, select.POLLIN)
            events = ready.poll(IDLE * 1000)
            if not events:
                return
            for number, _ in events:
                side = sides[number]
                data = side.recv(BLOCK)
                if data:
                    other[side].sendall(data)
                else:  # this side has said all it will; the other may still be answering
                    reading.remove(side)
                    other[side].shutdown(socket.SHUT_WR)
    except OSError:
        pass
    finally:
        near.close()
        far.close()


def run(command: list[str], variables: dict[str, str], doors: list[tuple[socket.socket, str]]) -> int:
    """Run the command in a process group of its own; its exit status, 128 + n where signal n ended it."""
    with contextlib.suppress(OSError):
        os.makedirs(variables["HOME"], mode=0o700, exist_ok=True)  # noqa: PTH103 (a file that starts fast)
    # Signals wait until there is someone to pass them to.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    child = os.fork()
    if child == 0:
        execute(command, variables)

    told_to_end: list[int] = []

    def pass_on(number: int, frame: object) -> None:
        if not told_to_end:
            report_kills()  # a kill may come before the end
        told_to_end.append(number)
        with contextlib.suppress(OSError):
            os.killpg(child, number)

    with contextlib.suppress(OSError):  # the child does so too; whoever is first
        os.setpgid(child, child)
    for number in SIGNALS:
        signal.signal(number, pass_on)
    # Threads come after the fork; connections made before wait in the sockets' queues.
    for door, target in doors:
        threading.Thread(target=accept, args=(door, target), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    result = 0
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            return result
        if ended == child:
            result = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
            # With the return every process here is killed. At the time limit all get their grace period, not the first
            # alone; orphans become our children, so the last one ends the loop.
            if not told_to_end:
                return result


def report_kills() -> None:
    """Say on standard error, which is not the agent's, how many processes the kernel killed for want of memory."""
    if killed := kills():
        message = f"mlebench: the kernel killed {killed} process{'es' * (killed > 1)} of the agent for want of memory\n"
        with contextlib.suppress(OSError):
            os.write(2, message.encode())


def kills(root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> int:
    """Processes of this container that the kernel killed for want of memory so far; 0 where it does not say."""
    places = [f"{root}/memory.events", f"{root}/memory/memory.oom_control"]
    with contextlib.suppress(OSError), open(own) as file:  # noqa: PTH123 (a file that starts fast)
        # Where the container sees the cgroups of the whole machine, its own is below.
        for line in file:
            if line.startswith("0::"):
                places.insert(0, f"{root}{line[3:].strip()}/memory.events")
    for place in places:
        with contextlib.suppress(OSError), open(place) as file:  # noqa: PTH123
            for line in file:
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return 0


def execute(command: list[str], variables: dict[str, str]) -> None:
    """Become the command; where that cannot be, say why and exit as a shell would."""
    os.setpgid(0, 0)
    for number in (*SIGNALS, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(1, 2)  # one stream, or the engine would not keep the order of what is printed
    # Where memory ends, the kernel shall kill a process of the agent rather than the first one or the harness.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("500")
    try:
        os.execvpe(command[0], command, {**os.environ, **variables})
    except FileNotFoundError:
        message, status = "no such program (or none such as its first line names)", 127
    except (OSError, ValueError) as error:
        message, status = str(error), 126
    os.write(2, f"mlebench: cannot run {command[0]}: {message}\n".encode())
    os._exit(status)


def main(arguments: list[str]) -> int:
    """Read the variables, open the doors, run the command."""
    separator = arguments.index("--")
    servers, command = arguments[:separator], arguments[separator + 1 :]
    variables = json.loads(sys.stdin.readline())
    doors = []
    for server in servers:
        port, _, target = server.partition("=")
        doors += [(door, target) for door in listen(int(port))]
    result = run(command, variables, doors)
    report_kills()
    return result


if __name__ == "__main__":
    # Not sys.exit: threads that wait for connections must not hold up the end.
    os._exit(main(sys.argv[1:]))

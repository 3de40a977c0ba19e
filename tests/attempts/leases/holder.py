"""A process that takes leases, told what to do by lines on its standard input; started by processes.py.

``take {request}`` answers ``waiting LINE`` if it has to wait, then ``got {lease}``; ``release`` answers ``released``.
``stream N {request}`` takes and gives back N times and answers ``done``; journals in the file that its argument names.
Ctrl-C ends what it does, with ``interrupted``, and it listens on.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import sys
import time
from pathlib import Path

from pytest_mlebench.attempts import lease_book, leases
from pytest_mlebench.errors import HarnessError

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--user", type=int)
parser.add_argument("--stalled", type=float)
parser.add_argument("--patience", type=float)
parser.add_argument("--journal", type=Path)
parser.add_argument("--hold", type=float, default=0.01, help="Seconds at most, in a stream.")
parser.add_argument("--poll", type=float, default=0.05)
arguments = parser.parse_args()
if arguments.user is not None:
    os.setgroups([])
    os.setgid(arguments.user)
    os.setuid(arguments.user)
    os.umask(0o077)
if arguments.stalled is not None:
    leases._STALLED_SECONDS = arguments.stalled
if arguments.patience is not None:
    lease_book._PATIENCE_SECONDS = arguments.patience


def say(line: str) -> None:
    print(line, flush=True)


def take(facts: str, waiting=None) -> leases.Lease:
    request = json.loads(facts)
    request["pool"] = tuple(request.get("pool", ()))
    return leases.acquire(
        leases.Request(**request),
        folder=arguments.folder,
        waiting=waiting,
        poll=arguments.poll,
        who=f"by {os.getpid()}",
    )


def journal(sign: str, lease: leases.Lease, facts: str) -> None:
    share = min(1, json.loads(facts).get("gpus", 0))
    line = f"{sign} {json.dumps([lease.gpus, share, lease.cpus, lease.memory])}\n"
    with arguments.journal.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line)


lease = leases.Lease()
say("ready")
while True:
    try:
        command, _, rest = sys.stdin.readline().strip().partition(" ")
        if command == "":
            break
        if command == "take":
            lease = take(rest, lambda line: say(f"waiting {line}"))
            say(f"got {json.dumps([lease.gpus, lease.cpus, lease.memory])}")
        elif command == "release":
            lease.release()
            say("released")
        elif command == "fork":  # a child that outlives us and does nothing
            child = os.fork()
            if child == 0:
                lease.release()
                os.close(1)
                time.sleep(60)
                os._exit(0)
            say(f"forked {child}")
        elif command == "stream":
            times, _, facts = rest.partition(" ")
            for _ in range(int(times)):
                with take(facts) as lease:
                    if arguments.journal:
                        journal("+", lease, facts)
                    time.sleep(random.uniform(0.1, 1) * arguments.hold)
                    if arguments.journal:
                        journal("-", lease, facts)
            say("done")
    except KeyboardInterrupt:
        say("interrupted")
    except HarnessError as error:
        say(f"error {error}")

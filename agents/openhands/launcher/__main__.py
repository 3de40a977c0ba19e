"""Runs OpenHands on the competition that this sandbox was made for, until it says that it is finished.

    PYTHONPATH="$MLEBENCH_AGENT_DIR" /opt/openhands/bin/python -P -m launcher

Prints a line for each event and writes the whole of it to trajectory.jsonl; OpenHands keeps its own log of events, by
which it could go on, in openhands/. Ends with status 0 where OpenHands came to an end by itself or has taken all its
steps, with 1 where its model failed or it goes in circles, with 2 where it cannot begin.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import NoReturn

from .settings import settings

# Read when OpenHands is imported. Without the first two something would be looked for on the internet, and waited for,
# at the start and when tokens are counted.
SURROUNDINGS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "OPENHANDS_SUPPRESS_BANNER": "1",
    "LOG_AUTO_CONFIG": "false",
}


def end_when_told() -> None:
    """From now on SIGTERM ends this process at once, and the terminals with it.

    tmux is a server in a session of its own, which the signal does not reach; the sandbox would wait for it.
    """
    sockets = Path(tempfile.mkdtemp(prefix="tmux-"))
    os.environ["TMUX_TMPDIR"] = str(sockets)

    def end(number: int, frame: object) -> NoReturn:
        for server in sockets.glob("*/*"):
            if server.is_socket():
                with contextlib.suppress(OSError, subprocess.SubprocessError):
                    subprocess.run(["tmux", "-S", server, "kill-server"], timeout=5, capture_output=True, check=False)
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, end)


def main() -> int:
    """Run the agent; the exit status."""
    end_when_told()
    # It is meant for this program, not for those that the agent runs.
    os.environ.pop("PYTHONPATH", None)
    try:
        given = settings(os.environ)
    except ValueError as error:
        print(f"OpenHands cannot begin: {error}", flush=True)
        return 2
    os.environ.update(SURROUNDINGS)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    # Of costs, mainly, which it cannot know; the gateway counts them.
    warnings.simplefilter("ignore")
    from .conversing import work

    return work(given)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Threads that libraries leave behind must not keep the attempt from ending.
    os._exit(status)

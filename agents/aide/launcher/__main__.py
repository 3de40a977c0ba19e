"""AIDE, on the attempt that the environment describes."""

from __future__ import annotations

import os
import sys
import time

BEGAN = time.monotonic()


def main() -> int:
    """Search until the steps are used up or the process is told to end; the exit status."""
    from .settings import RefusalError, Settings
    from .stopping import Stop, Stopped

    os.environ.pop("PYTHONPATH", None)  # ours, and not for the scripts
    try:
        settings = Settings.of(os.environ)
    except RefusalError as refusal:
        print(f"aide: {refusal}", flush=True)
        return 2
    stop = Stop()
    try:
        from .search import Search

        search = Search(settings, stop, began=BEGAN)
    except Stopped:
        return 143
    return search.run()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a script that still runs must not hold up the end.
    os._exit(status)

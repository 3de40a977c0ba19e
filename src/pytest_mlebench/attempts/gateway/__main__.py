"""The gateway's process: settings on standard input, which stays open for as long as the parent lives."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlebench.attempts.gateway.secret_values import CleanStream, SecretValues
from pytest_mlebench.attempts.gateway.settings import Settings

if TYPE_CHECKING:
    from pytest_mlebench.attempts.gateway.library import Library

_LARGEST_LOG = 16 * 1024**2


async def _serve(settings: Settings, secrets: SecretValues, answers: int) -> int:
    # Imported when the output is safe: they bring libraries that print.
    from pytest_mlebench.attempts.gateway.account import RunAccount
    from pytest_mlebench.attempts.gateway.control import Control
    from pytest_mlebench.attempts.gateway.direct import Direct
    from pytest_mlebench.attempts.gateway.exchange import Means
    from pytest_mlebench.attempts.gateway.library import Library
    from pytest_mlebench.attempts.gateway.routing import Router

    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    library, direct = Library(), Direct()
    router = Router(library, settings.model_url, os.environ)
    means = Means(library, router, direct, secrets, settings.patience)
    control = Control(means, RunAccount(settings.run_budget, settings.spent))
    await control.start(Path(settings.control))
    os.write(answers, b"ready\n")
    os.close(answers)
    await loop.connect_read_pipe(lambda: _Parent(over), sys.stdin)
    # litellm takes seconds to import; only requests wait for it, not whoever ends this process.
    failures: list[BaseException] = []
    threading.Thread(target=_load, args=(library, loop, over, failures), daemon=True).start()
    await over.wait()
    await control.close()
    await direct.close()
    return 1 if failures else 0


def _load(
    library: Library, loop: asyncio.AbstractEventLoop, over: asyncio.Event, failures: list[BaseException]
) -> None:
    try:
        library.load()
    except BaseException as error:
        logging.getLogger(__name__).exception("litellm cannot be imported")
        failures.append(error)
    with contextlib.suppress(RuntimeError):  # the loop may be closed by now
        loop.call_soon_threadsafe((over if failures else library.loaded).set)


class _Parent(asyncio.Protocol):
    """The parent holds the other end of standard input: it ends with it."""

    def __init__(self, over: asyncio.Event) -> None:
        self._over = over

    def connection_lost(self, exc: Exception | None) -> None:
        self._over.set()


def _raise_limit() -> None:
    """Attempts have many connections; as many as the system lets this user have."""
    import resource

    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    """Serve until the parent is gone or closes standard input; the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when it is over
    settings = Settings.from_line(sys.stdin.readline())
    # Answers to the parent get a descriptor of their own; whatever libraries print goes to the log.
    answers = os.dup(1)
    os.dup2(2, 1)
    secrets = SecretValues(os.environ)
    sys.stdout = sys.stderr = CleanStream(2, secrets, _LARGEST_LOG)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.Formatter.converter = time.gmtime
    # Agents that go away, or send no HTTP, are nothing to write home about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # Prices that came with litellm: a run must not depend on what a web page says today, nor wait for it.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    _raise_limit()
    return asyncio.run(_serve(settings, secrets, answers))


if __name__ == "__main__":
    # All is written down by now; libraries that are still loading, or threads of theirs, are not waited for.
    os._exit(main())

"""Looking at a job while it executes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from pytest_mlebench.sandboxes import Job, Sandbox

__all__ = ["executing"]


@contextlib.contextmanager
def executing(sandbox: Sandbox, job: Job) -> Iterator[None]:
    """Meanwhile the job executes, which waits for the file `go` in its code folder."""
    thread = threading.Thread(target=sandbox.execute, args=(job,))
    thread.start()
    try:
        yield
        assert thread.is_alive()
    finally:
        (job.code / "go").touch()
        thread.join()

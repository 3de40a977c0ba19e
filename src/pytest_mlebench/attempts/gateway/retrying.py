"""Trying a request again while its failure may pass."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pytest_mlebench.attempts.gateway.model_error import ModelError

__all__ = ["with_retries"]

T = TypeVar("T")
_MOST_TRIES = 12
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0


async def with_retries(ask: Callable[[], Awaitable[T]], *, patience: float, is_wanted: Callable[[], bool]) -> T:
    """What `ask` returns, asked again after failures that may pass, with growing pauses or those that are asked for.

    Gives up `patience` seconds after the first failure, after a dozen tries, where a pause asked for would last longer
    than that, or where nobody wants the answer any more; then raises the last ModelError.
    """
    deadline: float | None = None
    for tries in range(1, _MOST_TRIES + 1):
        try:
            return await ask()
        except ModelError as error:
            deadline = time.monotonic() + patience if deadline is None else deadline
            # Between a half and the whole of it, so that those who failed together do not come back together.
            delay = min(_FIRST_DELAY * 2 ** (tries - 1), _LONGEST_DELAY) * random.uniform(0.5, 1.0)
            if error.retry_after is not None:
                delay = error.retry_after + random.uniform(0.0, 0.1) * min(error.retry_after, 10.0)
            is_late = time.monotonic() + delay > deadline
            if not error.may_pass or tries == _MOST_TRIES or is_late:
                raise
            await asyncio.sleep(delay)
            if not is_wanted():
                raise
    raise AssertionError("the last try returns or raises")

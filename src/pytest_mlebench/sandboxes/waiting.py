"""Waiting for an agent's end while its observer may ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from pytest_mlebench.sandboxes.contract import Observer

__all__ = ["Waited", "wait_for_end"]

Ended = TypeVar("Ended")

_SHARE = 0.9  # of the observer's patience, so that the asking itself has its time too


class Waited(NamedTuple, Generic[Ended]):
    """How the waiting came to its end."""

    ended: Ended | None
    """What `ends_by` said of the agent's end; None where it has not ended."""
    timed_out: bool = False
    asked: bool = False
    """Whether the observer asked for the end."""


def wait_for_end(ends_by: Callable[[float], Ended | None], deadline: float, observer: Observer) -> Waited[Ended]:
    """Wait for the agent's end, for `deadline`, or for the observer's wish, whichever comes first.

    `ends_by` waits until a time of the monotonic clock at most, and says how the agent ended, or None. An observer that
    never ends anything is not asked, and the waiting is one.
    """
    asks = type(observer).should_end is not Observer.should_end
    while True:
        until = min(deadline, time.monotonic() + observer.PATIENCE * _SHARE) if asks else deadline
        if (ended := ends_by(until)) is not None:
            return Waited(ended)
        if time.monotonic() >= deadline:
            return Waited(None, timed_out=True)
        if asks and observer.should_end():
            return Waited(None, asked=True)

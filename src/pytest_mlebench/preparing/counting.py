"""Counting work while it is done, for whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

__all__ = ["Listener", "counted", "listening", "note"]

T = TypeVar("T")

Listener = Callable[[str, int | None, int | None], None]
"""Called with what is done (``linking files``), and how many of how many; None and None for a remark."""

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)
_REMARKED: ContextVar[frozenset[str]] = ContextVar("remarked", default=frozenset())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have `listener` told of everything that is counted or remarked inside the with statement, in this thread."""
    listened, remarked = _LISTENER.set(listener), _REMARKED.set(frozenset())
    try:
        yield
    finally:
        _LISTENER.reset(listened)
        _REMARKED.reset(remarked)


def counted(items: Collection[T], doing: str) -> Iterator[T]:
    """The items one by one, telling the listener how many are done."""
    listener = _LISTENER.get()
    if listener is None:
        yield from items
        return
    total = len(items)
    for done, item in enumerate(items):
        listener(doing, done, total)
        yield item
    listener(doing, total, total)


def note(remark: str) -> None:
    """Tell the listener a remark, a line for a person; the same one only once."""
    listener, remarked = _LISTENER.get(), _REMARKED.get()
    if listener is not None and remark not in remarked:
        _REMARKED.set(remarked | {remark})
        listener(remark, None, None)

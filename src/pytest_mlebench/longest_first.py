"""A scheduler for pytest-xdist: an item goes to a worker that is free for it, and those expected to last come first."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

__all__ = ["LongestFirst"]

_BATCH = 20
"""Of items that take no time, so many at once: the way there would take longer than they do."""


class LongestFirst:
    """Complies with ``xdist.scheduler.protocol.Scheduling``, which says when each method is called.

    Workers are never shut down for want of work before all is done: an item whose worker dies may be handed out again.
    """

    def __init__(
        self,
        config: pytest.Config,
        expected: Callable[[Sequence[str]], Sequence[float]],
        *,
        workers: int,
        ahead: int = 0,
    ) -> None:
        """`expected` gives the seconds that items of these ids will take; those of 0 come before all
        others, several to a worker.

        `workers` is how many collect before the first item is handed out. With `ahead` of 1 a worker runs an item only
        when it has another one, or has been told that there will be none.
        """
        self._config = config
        self._expected = expected
        self._workers = workers
        self._ahead = ahead
        self._collections: dict[Any, list[str]] = {}
        self._items: list[str] | None = None
        self._pending: list[int] = []
        self._instant: set[int] = set()
        self._held: dict[Any, list[int]] = {}

    @property
    def nodes(self) -> list[Any]:
        """All workers that are up."""
        return list(self._held)

    @property
    def collection_is_completed(self) -> bool:
        """Whether all workers that were started at first have collected."""
        return len(self._collections) >= self._workers

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left to do, so that all workers may be shut down."""
        return self.collection_is_completed and not self.has_pending

    @property
    def has_pending(self) -> bool:
        """Whether items wait or run."""
        return bool(self._pending) or any(self._held.values())

    def add_node(self, node: Any) -> None:
        """A worker is up."""
        self._held[node] = []

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """A worker has collected; one that joins later and collected something else gets nothing to do."""
        if self._items is not None and self._differs(node, collection):
            node.shutdown()
        else:
            self._collections[node] = list(collection)

    def schedule(self) -> None:
        """Begin to hand out, or go on with workers that joined later."""
        if self._items is None:
            items = next(iter(self._collections.values()))
            differing = [self._differs(node, collection) for node, collection in self._collections.items()]
            if any(differing):
                return
            self._items = items
            seconds = self._expected(items)
            self._pending = sorted(range(len(items)), key=lambda i: (seconds[i] > 0, -seconds[i]))
            self._instant = {i for i in self._pending if seconds[i] == 0}
        self._hand_out()

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """A worker is done with an item."""
        self._held[node].remove(item_index)
        self._hand_out()

    def mark_test_pending(self, item: str) -> None:
        """An item shall run again."""
        assert self._items is not None
        self._pending.insert(0, self._items.index(item))
        self._hand_out()

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Not used: nothing that a worker holds is asked back."""
        raise NotImplementedError

    def remove_node(self, node: Any) -> str | None:
        """A worker is gone; returns the item that it was running, and hands the others that it held to the rest.

        Raises KeyError for a worker that never was up.
        """
        held = self._held.pop(node)
        if not held:
            return None
        assert self._items is not None
        self._pending[:0] = held[1:]
        self._hand_out()
        return self._items[held[0]]

    def _hand_out(self) -> None:
        """Give items to all workers that want one."""
        up = [node for node in self._held if node in self._collections and not node.shutting_down]
        for node in [node for node in up if not self._held[node]]:
            self._give_next(node)
        if not self._ahead:
            return
        # Behind the longest waits the shortest.
        for node in reversed([node for node in up if len(self._held[node]) == 1]):
            self._give_next(node)
        if not self._pending:
            for node in up:
                node.shutdown()

    def _give_next(self, node: Any) -> None:
        """Give a worker the next item, or some of those that take no time."""
        instant = itertools.takewhile(self._instant.__contains__, self._pending[:_BATCH])
        given = list(instant) or self._pending[:1]
        if not given:
            return
        try:
            node.send_runtest_some(given)
        except OSError:  # it has just died, as will be said in a moment
            return
        self._held[node].extend(given)
        del self._pending[: len(given)]

    def _differs(self, node: Any, collection: Sequence[str]) -> bool:
        """Whether a worker collected something else than the first one did, which is reported as an error."""
        from xdist.report import report_collection_diff  # type: ignore[import-untyped]

        first, items = next(iter(self._collections.items()))
        found = report_collection_diff(items, list(collection), first.gateway.id, node.gateway.id)
        if found:
            self._config.hook.pytest_collectreport(
                report=pytest.CollectReport(nodeid=node.gateway.id, outcome="failed", longrepr=found, result=[])
            )
        return found is not None

"""How long a run still takes: what is left of it, played out on its workers, longest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence

from pytest_mlebench.reporting.durations import Durations
from pytest_mlebench.reporting.watching.view import Rest, Working

__all__ = ["estimate", "makespan", "rest_of"]


def estimate(
    working: Iterable[Working],
    waiting: Iterable[str],
    known: Sequence[tuple[str, str, float]],
    *,
    limit: float,
    at_once: int,
    complexity: Callable[[str], str],
) -> Rest:
    """Of attempts that workers have in hand and of the competitions of those that wait, `at_once` at a time.

    What is expected comes from `known`, as `Durations` takes it, and is unknown without any; the most comes from the
    time `limit`, in seconds.
    """
    in_hand = list(working)
    running = [each for each in in_hand if each.elapsed is not None]
    begins = [*(each.competition for each in in_hand if each.elapsed is None), *waiting]
    slots = max(at_once, len(running))
    busy = [max(0.0, (each.time_limit or limit) - (each.elapsed or 0.0)) for each in running]
    at_most = makespan(busy, [limit] * len(begins), slots)
    if not known:
        return Rest(at_most=at_most)
    durations = Durations(known, limit)
    lengths = {id: durations.of(id, complexity(id)) for id in {*begins, *(each.competition for each in running)}}
    busy = [rest_of(each.elapsed or 0.0, lengths[each.competition], each.time_limit or limit) for each in running]
    return Rest(about=min(at_most, makespan(busy, [lengths[id] for id in begins], slots)), at_most=at_most)


def makespan(busy: Iterable[float], waiting: Iterable[float], workers: int) -> float:
    """Seconds until all is done, where each worker that is free takes up the longest attempt that waits.

    `busy` are the seconds that workers still need for what they have in hand. With every duration at its most this is
    a bound: attempts that end sooner never make the whole end later.
    """
    free = sorted(busy)
    free += [0.0] * (workers - len(free))
    heapq.heapify(free)
    for seconds in sorted(waiting, reverse=True):
        heapq.heapreplace(free, free[0] + seconds)
    return max(free, default=0.0)


def rest_of(elapsed: float, expected: float, limit: float) -> float:
    """Expected seconds that an attempt still needs after `elapsed` of its time.

    One that takes longer than expected tells no more than that it may end at any time before its limit: half of that.
    """
    return expected - elapsed if elapsed < expected else max(0.0, limit - elapsed) / 2

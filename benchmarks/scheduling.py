"""How long a run of 75 competitions x 3 attempts takes by our scheduler and by those of pytest-xdist.

Played out event by event, with the real scheduler classes and with workers that do what those of pytest-xdist do,
over the durations in scheduling.csv. Those are made, not measured, after what published runs say of themselves:

- most_whole: 70 % use the whole 24 hours (60, 70 and 85 % of low, medium and high complexity), 8 % crash within 15
  minutes, the others end at any time in between, all alike likely. So are runs of AIDE.
- varied: an agent that stops when it is satisfied. A competition's own duration is lognormal about 5, 10 and 18 hours
  for low, medium and high complexity (sigma 0.4), an attempt's about that (sigma 0.3), 24 hours at most; 4 % crash
  within 15 minutes.
- nearly_all_whole: 97 % use the whole 24 hours, the others crash within 15 minutes.
- all_whole, which needs no file: all use the whole 24 hours, so that nobody reaches max(total/workers, longest).

``python benchmarks/scheduling.py --make`` makes that file again, by a seeded generator: of each competition six
attempts, three of an earlier run, which expectations come from, and three of the run that is played out. On 36 workers
much hangs on what is drawn. Of sixty other draws, with durations known, most_whole was 2.5 % beyond the bound in the
median and 6.1 % at worst, varied 1.4 % and 3.2 %; on 8 workers both stayed under 1 %.
"""

from __future__ import annotations

import csv
import heapq
import itertools
import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from xdist.remote import Producer
from xdist.scheduler import LoadScheduling, WorkStealingScheduling

from pytest_mlebench import catalog
from pytest_mlebench.longest_first import LongestFirst
from pytest_mlebench.reporting.durations import Durations

FILE = Path(__file__).with_suffix(".csv")
LIMIT = 24 * 3600.0
SEEDS = 3
WORKERS = (8, 36)
COMPLEXITIES = ("low", "medium", "high")
WHOLE = dict(zip(COMPLEXITIES, (0.60, 0.70, 0.85), strict=True))
HOURS = dict(zip(COMPLEXITIES, (5, 10, 18), strict=True))
CRASHES = {"most_whole": 0.08, "varied": 0.04, "nearly_all_whole": 0.03}
# Of all that pytest-xdist costs between two attempts; nothing beside hours, but events must not coincide.
TRAVEL = 0.001


class Clock:
    """What happens when; `run` ends when nothing more does."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), do))

    def run(self) -> None:
        while self._events:
            self.now, _, do = heapq.heappop(self._events)
            do()


class Node:
    """A worker of pytest-xdist, as a scheduler sees it, with the loop of pytest-xdist or with ours."""

    def __init__(self, number: int, clock: Clock, seconds: Sequence[float], looks_ahead: bool) -> None:
        self.gateway = SimpleNamespace(id=f"gw{number}")
        self.shutting_down = False
        self.scheduler: Any = None
        self.ended = 0.0
        self.controller: Callable[[], None] = lambda: None
        self._clock, self._seconds, self._looks_ahead = clock, seconds, looks_ahead
        self._queue: list[int | None] = []
        self._next: int | None = None
        self._taken = False
        self._runs = False

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self._clock.after(TRAVEL, lambda: self._receive(*indices))

    def send_steal(self, indices: Sequence[int]) -> None:
        self._clock.after(TRAVEL, lambda: self._give_back(indices))

    def shutdown(self) -> None:
        self.shutting_down = True
        self._clock.after(TRAVEL, lambda: self._receive(None))

    def _receive(self, *items: int | None) -> None:
        self._queue.extend(items)
        self._go_on()

    def _give_back(self, indices: Sequence[int]) -> None:
        asked = set(indices)
        stolen = [item for item in self._queue if item in asked]
        stolen = stolen if len(stolen) == len(asked) else []
        self._queue = [item for item in self._queue if item not in stolen]
        self._tell(lambda: self.scheduler.remove_pending_tests_from_node(self, stolen))

    def _go_on(self) -> None:
        if self._runs:
            return
        if not self._taken and self._queue:
            self._next, self._taken = self._queue.pop(0), True
        if not self._taken or self._next is None or (self._looks_ahead and not self._queue):
            return
        item = self._next
        self._taken = False
        if self._looks_ahead:  # as in xdist.remote: the next item is out of the queue before this one runs
            self._next, self._taken = self._queue.pop(0), True
        self._runs = True
        self._clock.after(self._seconds[item], lambda: self._end(item))

    def _end(self, item: int) -> None:
        self._runs = False
        self.ended = self._clock.now
        self._tell(lambda: self.scheduler.mark_test_complete(self, item, self._seconds[item]))
        self._go_on()

    def _tell(self, what: Callable[[], None]) -> None:
        def do() -> None:
            what()
            self.controller()

        self._clock.after(TRAVEL, do)


def makespan(
    make: Callable[[Any], Any], ids: Sequence[str], seconds: Sequence[float], workers: int, *, looks_ahead: bool = True
) -> float:
    """Seconds until the last item has ended, as pytest-xdist's controller drives the scheduler."""
    options = {"tx": ["popen"] * workers, "maxschedchunk": None}
    config = SimpleNamespace(getvalue=options.get, getoption=options.get)
    clock, scheduler = Clock(), make(config)
    nodes = [Node(number, clock, seconds, looks_ahead) for number in range(workers)]
    ends = False

    def check() -> None:
        nonlocal ends
        if scheduler.tests_finished and not ends:
            ends = True
            for node in nodes:
                node.shutdown()

    for node in nodes:
        node.scheduler, node.controller = scheduler, check
        scheduler.add_node(node)
    for node in nodes:
        scheduler.add_node_collection(node, ids)
    scheduler.schedule()
    check()
    clock.run()
    assert not scheduler.has_pending
    return max(node.ended for node in nodes)


def simple_bound(seconds: Sequence[float], workers: int) -> float:
    return max(sum(seconds) / workers, max(seconds))


def tight_bound(seconds: Sequence[float], workers: int) -> float:
    """Also counts that attempts are whole: of the longest k x workers + 1, some worker has k + 1."""
    longest = sorted(seconds, reverse=True)
    rounds = range(1, (len(longest) - 1) // workers + 1)
    return max(simple_bound(seconds, workers), *(sum(longest[k * workers - k : k * workers + 1]) for k in rounds))


def draw(profile: str, complexity: str, own: float, rng: random.Random) -> float:
    chance = rng.random()
    if chance < CRASHES[profile]:
        return rng.uniform(60, 900)
    if profile == "varied":
        return min(LIMIT, own * rng.lognormvariate(0, 0.3))
    if profile == "nearly_all_whole" or chance < CRASHES[profile] + WHOLE[complexity]:
        return LIMIT
    return rng.uniform(900, LIMIT)


def make() -> None:
    rng = random.Random("durations of attempts")
    rows = []
    for profile in CRASHES:
        for complexity in COMPLEXITIES:
            for competition in catalog.ids(complexity):
                own = HOURS[complexity] * 3600 * rng.lognormvariate(0, 0.4)
                drawn = (round(draw(profile, complexity, own, rng)) for _ in range(2 * SEEDS))
                rows.append((profile, competition, complexity, *drawn))
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        runs = [f"{run}_{seed}" for run in ("earlier", "run") for seed in range(SEEDS)]
        writer.writerow(["profile", "competition", "complexity", *runs])
        writer.writerows(rows)


def read() -> dict[str, list[tuple[str, str, list[float], list[float]]]]:
    """By profile: competition, complexity, seconds of the earlier run, seconds of the run; 24 h means the limit."""
    with FILE.open(newline="") as file:
        rows = [(p, c, x, [float(each) for each in seconds]) for p, c, x, *seconds in list(csv.reader(file))[1:]]
    rows.sort(key=lambda row: row[1])  # as pytest collects them
    return {p: [(c, x, s[:SEEDS], s[SEEDS:]) for q, c, x, s in rows if p == q] for p in CRASHES}


def report(profile: str, rows: Sequence[tuple[str, str, list[float], list[float]]], workers: int) -> None:
    attempts = [(c, x, s) for c, x, _, run in rows for s in run]
    ids = [f"mlebench::test_competition[{c}-{i % SEEDS}]" for i, (c, _, _) in enumerate(attempts)]
    seconds = [s for _, _, s in attempts]
    earlier = [(c, x, math.inf if s >= LIMIT else s) for c, x, past, _ in rows for s in past]

    def ours(expected: Sequence[float], ahead: int = 0) -> float:
        def scheduler(config: Any) -> LongestFirst:
            return LongestFirst(config, lambda _: expected, workers=workers, ahead=ahead)

        return makespan(scheduler, ids, seconds, workers, looks_ahead=bool(ahead))

    def from_past(known: Sequence[tuple[str, str, float]]) -> list[float]:
        durations = Durations(known, LIMIT)
        return [durations.of(c, x) for c, x, _ in attempts]

    quiet = Producer("none", enabled=False)

    def load(config: Any, chunk: int | None = None) -> LoadScheduling:
        scheduler = LoadScheduling(config, quiet)
        scheduler.maxschedchunk = chunk
        return scheduler

    found = {
        "ours, durations known": ours(seconds),
        "ours, medians of an earlier run": ours(from_past(earlier)),
        "ours, from complexity alone": ours(from_past([])),
        "ours, durations known, on the loop of xdist": ours(seconds, ahead=1),
        "xdist, --dist=load (default)": makespan(load, ids, seconds, workers),
        "xdist, --dist=load --maxschedchunk=1": makespan(lambda config: load(config, 1), ids, seconds, workers),
        "xdist, --dist=worksteal": makespan(
            lambda config: WorkStealingScheduling(config, quiet), ids, seconds, workers
        ),
    }
    simple, tight = simple_bound(seconds, workers), tight_bound(seconds, workers)
    print(f"{profile}, {workers} workers: at least {simple / 3600:.1f} h; as attempts are whole, {tight / 3600:.1f} h")
    for name, span in found.items():
        print(f"  {name:45} {span / 3600:6.1f} h  {span / simple - 1:+7.1%}  {span / tight - 1:+7.1%}")


def main() -> None:
    if "--make" in sys.argv:
        make()
    print(
        "How long the run takes, how far that is beyond max(total/workers, longest), and how far beyond the bound that"
    )
    print("counts whole attempts, of which some worker has 7 when 36 share 217; wanted: under 3 % with durations known")
    profiles = read()
    whole = [LIMIT] * SEEDS
    profiles["all_whole"] = [(c, x, whole, whole) for c, x, *_ in profiles["varied"]]
    for profile, rows in profiles.items():
        for workers in WORKERS:
            report(profile, rows, workers)


if __name__ == "__main__":
    main()

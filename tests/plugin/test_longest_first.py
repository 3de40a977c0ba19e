"""The scheduler by itself: what it hands to which worker, whatever becomes of workers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from xdist.scheduler import Scheduling

from pytest_mlebench.longest_first import LongestFirst

SECONDS = {"a": 1.0, "b": 5.0, "c": 0.0, "d": 3.0, "e": 0.0}
ITEMS = list(SECONDS)


class Node:
    def __init__(self, number: int) -> None:
        self.gateway = SimpleNamespace(id=f"gw{number}")
        self.shutting_down = self.dead = False
        self.got: list[str] = []

    def send_runtest_some(self, indices):
        if self.dead:
            raise OSError("cannot send to <Channel>")
        self.got.extend(ITEMS[index] for index in indices)

    def shutdown(self):
        self.shutting_down = True


class Controller:
    """The scheduler and workers that have collected."""

    def __init__(self, workers: int, seconds=SECONDS, ahead: int = 0) -> None:
        self.errors: list[str] = []
        hook = SimpleNamespace(pytest_collectreport=lambda report: self.errors.append(report.longrepr))
        config = SimpleNamespace(hook=hook)
        self.scheduler = LongestFirst(config, lambda ids: [seconds[i] for i in ids], workers=workers, ahead=ahead)
        self.nodes = [self.join(number, schedule=False) for number in range(workers)]
        self.scheduler.schedule()

    def join(self, number: int, items=ITEMS, schedule: bool = True) -> Node:
        node = Node(number)
        self.scheduler.add_node(node)
        self.scheduler.add_node_collection(node, items)
        if schedule:
            self.scheduler.schedule()
        return node

    def end(self, node: Node, item: str) -> None:
        self.scheduler.mark_test_complete(node, ITEMS.index(item), 1.0)


def test_it_has_what_xdist_asks_of_a_scheduler():
    asked = {name for name in vars(Scheduling) if not name.startswith("_")}
    assert asked
    assert not asked - set(dir(LongestFirst))


def test_a_free_worker_gets_the_longest_and_what_takes_no_time_before():
    one = Controller(1)
    (node,) = one.nodes
    assert node.got == ["c", "e"]
    one.end(node, "c")
    assert node.got == ["c", "e"]
    one.end(node, "e")
    assert node.got == ["c", "e", "b"]
    one.end(node, "b")
    one.end(node, "d")
    assert node.got == ["c", "e", "b", "d", "a"]
    assert not one.scheduler.tests_finished
    one.end(node, "a")
    assert one.scheduler.tests_finished
    assert not node.shutting_down  # that is for pytest-xdist to say


def test_what_a_dead_worker_ran_is_named_and_the_rest_goes_to_others():
    one = Controller(2, dict.fromkeys(ITEMS, 0.0))
    first, second = one.nodes
    assert (first.got, second.got) == (ITEMS, [])
    assert one.scheduler.remove_node(first) == "a"
    assert second.got == ITEMS[1:]
    assert one.scheduler.remove_node(second) == "b"
    assert not one.scheduler.tests_finished
    assert one.join(2).got == ITEMS[2:]


def test_a_worker_without_an_item_leaves_none():
    one = Controller(2, dict.fromkeys(ITEMS, 0.0))
    assert one.scheduler.remove_node(one.nodes[1]) is None
    with pytest.raises(KeyError):
        one.scheduler.remove_node(one.nodes[1])


def test_an_item_that_shall_run_again_goes_to_a_free_worker():
    one = Controller(2, dict.fromkeys(ITEMS, 0.0))
    first, second = one.nodes
    assert one.scheduler.remove_node(first) == "a"
    for item in ITEMS[1:]:
        one.end(second, item)
    assert one.scheduler.tests_finished
    one.scheduler.mark_test_pending("a")
    assert second.got[-1] == "a"
    assert not one.scheduler.tests_finished


def test_nothing_is_lost_to_a_worker_that_died_a_moment_ago():
    one = Controller(2, dict.fromkeys(ITEMS, 1.0))
    first, second = one.nodes
    first.dead = True
    one.end(first, "a")
    assert one.scheduler.remove_node(first) is None
    for item in "bcde":
        assert second.got[-1] == item
        one.end(second, item)
    assert one.scheduler.tests_finished


def test_a_worker_that_is_to_stop_gets_nothing_more():
    one = Controller(1)
    (node,) = one.nodes
    node.shutdown()
    one.end(node, "c")
    one.end(node, "e")
    assert node.got == ["c", "e"]
    assert one.scheduler.has_pending


def test_a_worker_that_joins_later_gets_its_share_unless_it_collected_something_else():
    one = Controller(1)
    assert one.join(1).got == ["b"]
    other = one.join(2, ITEMS[1:])
    assert other.got == []
    assert other.shutting_down
    assert "Different tests were collected between gw0 and gw2" in one.errors[0]
    assert one.join(3).got == ["d"]


def test_before_it_has_collected_a_worker_gets_nothing():
    one = Controller(1)
    late = Node(1)
    one.scheduler.add_node(late)
    one.end(one.nodes[0], "c")
    assert late.got == []


def test_without_items_all_is_done_at_once():
    scheduler = LongestFirst(SimpleNamespace(), lambda ids: [], workers=1)
    node = Node(0)
    scheduler.add_node(node)
    assert not scheduler.tests_finished
    scheduler.add_node_collection(node, [])
    scheduler.schedule()
    assert scheduler.tests_finished


def test_a_worker_that_looks_ahead_has_the_shortest_wait_behind_the_longest():
    one = Controller(2, {"a": 1.0, "b": 5.0, "c": 2.0, "d": 3.0, "e": 4.0}, ahead=1)
    first, second = one.nodes
    assert (first.got, second.got) == (["b", "c"], ["e", "d"])
    one.end(second, "e")
    assert second.got == ["e", "d", "a"]
    # Told that nothing follows, they run what they hold.
    assert first.shutting_down
    assert second.shutting_down
    one.end(second, "d")
    one.end(second, "a")
    one.end(first, "b")
    assert not one.scheduler.tests_finished
    one.end(first, "c")
    assert one.scheduler.tests_finished

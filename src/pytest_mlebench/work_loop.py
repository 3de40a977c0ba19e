"""How a worker of pytest-xdist works off what it is handed: one item at a time, without waiting for a second one.

The loop of pytest-xdist runs an item only when it knows the next one, so that an item always waits behind another. This
one leaves the fixtures that later items may share in place, and takes them down when there is nothing more to do.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Mapping
from typing import Any

import pytest

__all__ = ["fits", "work"]

# What is used of pytest-xdist's worker beyond its interface: methods, and names or words in them; and of pytest.
_USED_OF_WORKER = {
    "__init__": ("channel",),
    "sendevent": ("channel", "send"),
    "pytest_runtest_logreport": ("item_index",),
    "handle_command": ("runtests", "indices", "shutdown"),
    "pytest_runtestloop": ("channel", "setcallback", "shouldfail", "shouldstop"),
    "run_one_test": ("runtest_protocol_complete", "item_index", "pytest_runtest_protocol"),
}
_USED_OF_PYTEST = {"pytest_sessionfinish": ("_setupstate", "teardown_exact")}


def fits() -> bool:
    """Whether the installed pytest-xdist and pytest are as `work` needs them; imports pytest-xdist."""
    try:
        from _pytest import runner
        from xdist.remote import WorkerInteractor  # type: ignore[import-untyped]
    except ImportError:
        return False
    return _use(WorkerInteractor, _USED_OF_WORKER) and _use(runner, _USED_OF_PYTEST)


def _use(owner: Any, used: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether functions of `owner` have these words in their code."""
    codes = {name: getattr(getattr(owner, name, None), "__code__", None) for name in used}
    return all(
        code is not None and word in (*code.co_names, *code.co_consts)
        for name, code in codes.items()
        for word in used[name]
    )


def work(session: pytest.Session) -> None:
    """Run each item that the controller hands out, as soon as it comes, until it says that there are no more.

    Only in a worker, and where `fits` says so.
    """
    plugins = session.config.pluginmanager.get_plugins()
    interactor: Any = next(plugin for plugin in plugins if type(plugin).__name__ == "WorkerInteractor")
    handed: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def receive(command: tuple[str, dict[str, Any]]) -> None:
        # In a thread of execnet.
        name, arguments = command
        if name == "runtests":
            for index in arguments["indices"]:
                handed.put(index)
        elif name == "shutdown":
            handed.put(None)

    # A connection that ends means that there will be nothing more.
    interactor.channel.setcallback(receive, endmarker=("shutdown", {}))
    item = None
    while (index := handed.get()) is not None:
        if item is not None:
            _tear_down(session, item, session.items[index])
        item = session.items[index]
        interactor.item_index = index
        started = time.perf_counter()
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=_another(session, item))
        took = time.perf_counter() - started
        interactor.sendevent("runtest_protocol_complete", item_index=index, duration=took)
        if session.shouldfail or session.shouldstop:
            break
    if item is not None:
        _tear_down(session, item, None)


def _another(session: pytest.Session, item: pytest.Item) -> pytest.Item | None:
    """An item that stands for the next one, which is not known: if there is one, of those that share most with this."""
    others = [each for each in session.items if each is not item]
    return next((each for each in others if each.parent is item.parent), next(iter(others), None))


def _tear_down(session: pytest.Session, item: pytest.Item, following: pytest.Item | None) -> None:
    """Take down what `following` does not share with the items before; an error counts as one of `item`, the last."""
    call = pytest.CallInfo.from_call(
        lambda: session._setupstate.teardown_exact(following),
        "teardown",
        reraise=(KeyboardInterrupt, pytest.exit.Exception),
    )
    if call.excinfo is not None:
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        item.ihook.pytest_runtest_logreport(report=report)

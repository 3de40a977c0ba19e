"""Who may start: never more than there is, and nobody delayed by one who came later."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.attempts.granting import Holding, Request, grants
from pytest_mlebench.errors import HarnessError

TOTAL_CPUS, TOTAL_MEMORY = 8, 100


@st.composite
def requests(draw) -> Request:
    pool = tuple(draw(st.lists(st.sampled_from("0123"), unique=True)))
    return Request(
        pool=pool,
        gpus=draw(st.sampled_from([0, 0.1, 0.25, 1 / 3, 0.5, 0.6, 1, 2, 3]).filter(lambda gpus: gpus <= len(pool))),
        cpus=draw(st.sampled_from([0, 0.5, 1, 3, 8])),
        total_cpus=TOTAL_CPUS,
        memory=draw(st.sampled_from([0, 1, 30, 100])),
        total_memory=TOTAL_MEMORY,
    )


def lines(**size):
    return st.lists(requests(), **size)


def held_by(line) -> list[Holding]:
    return [holding for holding in grants([], line) if holding is not None]


def asked(gpus: float, *pool: str, **more) -> Request:
    return Request(pool=pool, gpus=gpus, total_cpus=TOTAL_CPUS, total_memory=TOTAL_MEMORY, **more)


def got(held, *waiting) -> list[tuple[str, ...] | None]:
    return [None if holding is None else holding.gpus for holding in grants(held, waiting)]


@given(lines(), lines())
def test_never_more_is_out_than_there_is(earlier, waiting):
    held = held_by(earlier)
    held += [holding for holding in grants(held, waiting) if holding is not None]
    use: Counter[str] = Counter()
    for holding in held:
        use.update(dict.fromkeys(holding.gpus, holding.share))
    assert all(share < 1.001 for share in use.values())
    assert sum(holding.cpus for holding in held) < TOTAL_CPUS + 0.001
    assert sum(holding.memory for holding in held) <= TOTAL_MEMORY


@given(lines(), lines())
def test_what_is_granted_is_what_was_asked_for(earlier, waiting):
    for request, holding in zip(waiting, grants(held_by(earlier), waiting), strict=True):
        if holding is not None:
            assert set(holding.gpus) <= set(request.pool)
            assert len(holding.gpus) == len(set(holding.gpus)) == request.count
            assert (holding.share, holding.cpus, holding.memory) == (request.share, request.cpus, request.memory)


@given(lines(), lines(min_size=1), st.data())
def test_nothing_depends_on_who_comes_later(earlier, waiting, data):
    held = held_by(earlier)
    few = data.draw(st.integers(0, len(waiting)))
    assert grants(held, waiting[:few]) == grants(held, waiting)[:few]


@given(requests())
def test_whoever_is_alone_gets_what_it_asks_for(request):
    assert grants([], [request]) != [None]


@given(lines(max_size=6), lines(min_size=2, max_size=6), st.data())
def test_the_next_in_line_starts_no_later_for_those_behind_it(earlier, waiting, data):
    held = held_by(earlier)
    answers = grants(held, waiting)
    if None not in answers:
        return
    place = answers.index(None)
    held += [holding for holding in answers[:place] if holding is not None]
    behind = [holding for holding in answers[place:] if holding is not None]
    left = [holding for holding in held if data.draw(st.booleans())]
    if grants(left, [waiting[place]]) != [None]:
        assert grants(left + behind, [waiting[place]]) != [None]


@given(lines(max_size=8), lines(min_size=1, max_size=8))
def test_everybody_is_served_in_the_end(earlier, waiting):
    held = held_by(earlier)
    for _ in range(len(waiting) + len(held)):
        answers = grants(held, waiting)
        held += [holding for holding in answers if holding is not None]
        waiting = [request for request, holding in zip(waiting, answers, strict=True) if holding is None]
        if not waiting:
            return
        held = held[1:]
    pytest.fail(f"never served: {waiting}")


def test_one_that_needs_two_keeps_the_free_one_from_those_behind():
    held = held_by([asked(1, "0", "1")])
    assert got(held, asked(2, "0", "1"), asked(1, "0", "1"), asked(1, "1", "2")) == [None, None, ("2",)]


def test_what_the_first_cannot_use_goes_to_those_behind():
    held = held_by([asked(1, "0")])
    assert got(held, asked(1, "0"), asked(1, "1"), asked(0.5, "2", "0")) == [None, ("1",), ("2",)]


def test_processors_kept_for_the_first_are_only_those_it_needs():
    held = held_by([asked(1, "0", cpus=2)])
    waiting = [asked(1, "0", cpus=2), asked(0, cpus=4), asked(0, cpus=1)]
    assert [holding is not None for holding in grants(held, waiting)] == [False, True, False]


def test_gpus_of_one_that_waits_for_memory_are_kept():
    held = held_by([asked(0, memory=60)])
    assert got(held, asked(1, "0", "1", memory=50), asked(1, "0", "1"), asked(1, "0", "1")) == [None, ("1",), None]


def test_a_shared_gpu_is_filled_up_before_another_is_broken_into():
    half = asked(0.5, "0", "1")
    assert got([], half, asked(0.25, "1", "0"), asked(1, "0", "1"), asked(0.25, "1", "0")) == [
        ("0",), ("0",), ("1",), ("0",),
    ]  # fmt: skip


def test_thirds_of_a_gpu_make_a_whole():
    third = asked(1 / 3, "0")
    assert got([], third, third, third, third) == [("0",), ("0",), ("0",), None]


def test_a_stream_of_halves_does_not_starve_one_that_needs_a_whole():
    held = held_by([asked(0.5, "0")])
    assert got(held, asked(1, "0"), asked(0.5, "0")) == [None, None]


def test_a_run_that_sees_fewer_processors_counts_by_the_larger_total():
    held = [Holding(cpus=60, total_cpus=64)]
    assert grants(held, [Request(cpus=4, total_cpus=4), Request(cpus=1, total_cpus=64)]) == [
        Holding(cpus=4, total_cpus=4),
        None,
    ]


def test_more_than_the_machine_has_is_cut_to_all_of_it():
    request = Request(cpus=36, total_cpus=2, memory=440, total_memory=8)
    assert (request.cpus, request.memory) == (2, 8)
    assert grants([], [request, request]) == [Holding(cpus=2, total_cpus=2, memory=8, total_memory=8), None]


@pytest.mark.parametrize(
    "facts",
    [
        {"pool": ("0", "1"), "gpus": 1.5},
        {"pool": ("0",), "gpus": -1},
        {"pool": ("0",), "gpus": float("nan")},
        {"cpus": float("inf"), "total_cpus": 1},
        {"cpus": 1},
        {"memory": 1},
    ],
)
def test_amounts_that_make_no_sense_are_refused(facts):
    with pytest.raises(ValueError):
        Request(**facts)


@pytest.mark.parametrize(
    ("pool", "gpus", "line"),
    [
        (("0", "1"), 3, "an attempt needs 3 GPUs and there are only 2 (0, 1) to share out: name more with "),
        (("0", "0"), 2, "an attempt needs 2 GPUs and there is only 1 (0) to share out: name more with "),
        ((), 0.5, "an attempt needs 0.5 GPU and there is none: name more with --mlebench-gpus, or ask for fewer with "),
    ],
)
def test_a_pool_too_small_is_refused_with_what_to_do(pool, gpus, line):
    with pytest.raises(HarnessError) as error:
        Request(pool=pool, gpus=gpus)
    assert str(error.value).startswith(line)
    assert str(error.value).endswith("--mlebench-gpus-per-attempt")

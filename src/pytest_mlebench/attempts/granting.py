"""Who may start, and with which GPUs: decided from what is held and from who waits, and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_mlebench.errors import HarnessError

__all__ = ["Holding", "Request", "grants"]

# Shares such as a third are not exact in binary.
_SLACK = 1e-6


@dataclass(frozen=True, kw_only=True)
class Request:
    """What an attempt needs for itself. Of what it does not name, it uses what there is, beside others.

    Raises ValueError for amounts that make no sense, such as 1.5 GPUs, and HarnessError where the pool has fewer GPUs
    than asked for.
    """

    pool: tuple[str, ...] = ()
    """Ids of the GPUs it may get, the preferred ones first; the same id is the same GPU for everybody."""
    gpus: float = 0
    """0, a whole number of whole GPUs, or a fraction below 1: that share of one GPU."""
    cpus: float = 0
    total_cpus: float = 0
    """All that the machine has; who asks for more gets that."""
    memory: int = 0
    """Bytes; cut to the total likewise."""
    total_memory: int = 0

    def __post_init__(self) -> None:
        for amount in (self.gpus, self.cpus, self.total_cpus, self.memory, self.total_memory):
            if not 0 <= amount < math.inf:
                raise ValueError(f"an amount is zero or more, not {amount!r}")
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise ValueError(f"a whole number of GPUs, or a fraction below 1 that shares one, not {self.gpus!r}")
        if (self.cpus and not self.total_cpus) or (self.memory and not self.total_memory):
            raise ValueError("name the machine's total too")
        object.__setattr__(self, "pool", tuple(dict.fromkeys(self.pool)))
        object.__setattr__(self, "cpus", min(self.cpus, self.total_cpus))
        object.__setattr__(self, "memory", min(self.memory, self.total_memory))
        if self.gpus > len(self.pool):
            there = f"only {len(self.pool)} ({', '.join(self.pool)}) to share out" if self.pool else "none"
            raise HarnessError(
                f"an attempt needs {self.gpus:g} GPU{'s' if self.gpus > 1 else ''} and there "
                f"{'are' if len(self.pool) > 1 else 'is'} {there}: name more with --mlebench-gpus, "
                "or ask for fewer with --mlebench-gpus-per-attempt"
            )

    @property
    def needs_nothing(self) -> bool:
        """Whether it shares all it uses."""
        return not (self.gpus or self.cpus or self.memory)

    @property
    def share(self) -> float:
        """How much of each of its GPUs it takes, 0 to 1."""
        return min(self.gpus, 1)

    @property
    def count(self) -> int:
        """How many GPUs it takes, or shares."""
        return math.ceil(self.gpus)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What an attempt has got."""

    gpus: tuple[str, ...] = ()
    share: float = 0
    """Of each of its GPUs, 0 to 1."""
    cpus: float = 0
    total_cpus: float = 0
    memory: int = 0
    """Bytes."""
    total_memory: int = 0


def grants(held: Iterable[Holding], waiting: Sequence[Request]) -> list[Holding | None]:
    """What each of those that wait, first come first, may start with now; None where it has to wait on.

    One that does not fit keeps from those behind it whatever it could use of what is free, so that none of them delays
    it; they may take the rest. GPUs that are shared already are filled up before others are broken into. Where requests
    differ in the machine's totals, the largest counts.
    """
    use = _Use()
    for holding in held:
        use.add(holding)
    answers: list[Holding | None] = []
    for request in waiting:
        use.know(request)
        gpus = use.choose(request)
        if gpus is not None and request.cpus <= use.free_cpus + _SLACK and request.memory <= use.free_memory:
            holding = Holding(
                gpus=gpus,
                share=request.share,
                cpus=request.cpus,
                total_cpus=request.total_cpus,
                memory=request.memory,
                total_memory=request.total_memory,
            )
            use.add(holding)
            answers.append(holding)
            continue
        answers.append(None)
        # Without enough GPUs, any that is partly free may be the one that it gets.
        use.take(request.pool if gpus is None else gpus, 1 if gpus is None else request.share)
        use.cpus += max(0, min(request.cpus, use.free_cpus))
        use.memory += max(0, min(request.memory, use.free_memory))
    return answers


class _Use:
    """What of the machine is in use, or kept."""

    def __init__(self) -> None:
        self._gpus: dict[str, float] = {}
        self.cpus, self._total_cpus = 0.0, 0.0
        self.memory, self._total_memory = 0, 0

    @property
    def free_cpus(self) -> float:
        return self._total_cpus - self.cpus

    @property
    def free_memory(self) -> int:
        return self._total_memory - self.memory

    def know(self, one: Request | Holding) -> None:
        self._total_cpus = max(self._total_cpus, one.total_cpus)
        self._total_memory = max(self._total_memory, one.total_memory)

    def add(self, holding: Holding) -> None:
        self.know(holding)
        self.take(holding.gpus, holding.share)
        self.cpus += holding.cpus
        self.memory += holding.memory

    def take(self, gpus: Iterable[str], share: float) -> None:
        for gpu in gpus:
            self._gpus[gpu] = min(1, self._gpus.get(gpu, 0) + share)

    def choose(self, request: Request) -> tuple[str, ...] | None:
        """The GPUs that it would get, or None where too few are free."""
        free = {gpu: 1 - self._gpus.get(gpu, 0) for gpu in request.pool}
        fitting = [gpu for gpu in request.pool if free[gpu] >= request.share - _SLACK]
        if len(fitting) < request.count:
            return None
        # Of equals the first is taken: the sort is stable.
        return tuple(sorted(fitting, key=lambda gpu: free[gpu])[: request.count])

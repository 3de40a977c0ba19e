"""What is said in words of a competition and of an attempt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.reporting.page.content import CompetitionPart
from pytest_mlebench.reporting.table import printable
from pytest_mlebench.reporting.wording import WORDS, count, score

__all__ = ["about", "counts", "remarks", "thresholds"]

_LONGEST = 300


def about(part: CompetitionPart) -> str:
    """``low complexity, tabular, accuracy (higher is better), 1865 teams``."""
    direction = {True: "lower is better", False: "higher is better", None: ""}[part.lower_is_better]
    metric = f"{part.metric} ({direction})" if part.metric and direction else part.metric or direction
    teams = next((record.teams for record in part.records if record.teams), None)
    parts = [part.complexity, part.category, metric, count(teams, "team") if teams else ""]
    return ", ".join(filter(None, parts))


def counts(records: Iterable[AttemptRecord]) -> str:
    """``8 attempts: 2 gold, 1 bronze, 5 no medal``."""
    outcomes = Counter(record.outcome for record in records)
    found = ", ".join(f"{outcomes[outcome]} {words}" for outcome, words in WORDS.items() if outcomes[outcome])
    return f"{count(outcomes.total(), 'attempt')}: {found}"


def thresholds(part: CompetitionPart) -> str:
    """From which score on which medal is earned, and the best attempt."""
    first = part.first
    known = {"gold": first.gold, "silver": first.silver, "bronze": first.bronze, "median": first.median}
    said = ", ".join(f"{tier} {score(value)}" for tier, value in known.items() if value is not None)
    best = part.best
    ours = f"best attempt {score(best.score)}, rank {best.rank}" if best else "no valid score"
    return f"{said}; {ours}" if said else ours


def remarks(record: AttemptRecord) -> str:
    """What else is known of how the attempt ended."""
    ends = ["time limit"] * record.timed_out + ["over its memory"] * record.out_of_memory
    if record.ended_early:
        ends.append(printable(record.ended_early))
    if record.reason and record.outcome != "no_submission":
        ends.append(printable(record.reason))
    if record.exit_status and not record.timed_out and not record.ended_early:
        ends.append(f"exit status {record.exit_status}")
    text = "; ".join(ends)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

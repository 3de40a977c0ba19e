"""Which hosts the agents of a run tried to reach through the forward proxy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.reporting.table import Cell, Column, Table, printable
from pytest_mlebench.reporting.wording import attempt_name, count

__all__ = ["EXPLANATION", "TriedHost", "contacts_table", "tried_hosts"]

EXPLANATION = "Hosts that agents tried to reach through the proxy, by connections; only those of models are allowed."
"""For a reader of the table."""

_MOST_NAMED = 12


@dataclass(frozen=True)
class TriedHost:
    """A host, and how often attempts tried to reach it."""

    name: str
    """With its port."""
    allowed: int
    refused: int
    attempts: Sequence[str]
    """Names of the attempts that tried."""

    @property
    def said(self) -> str:
        """``github.com:443 (12 times, 2 attempts)``: how often it was refused."""
        return f"{self.name} ({count(self.refused, 'time')}, {count(len(self.attempts), 'attempt')})"


def tried_hosts(records: Iterable[AttemptRecord]) -> list[TriedHost]:
    """The hosts, those refused first, the most frequent first."""
    tried: dict[str, list[tuple[int, int, str]]] = {}
    for record in records:
        for contact in record.contacts:
            entry = (contact.allowed, contact.refused, printable(attempt_name(record)))
            tried.setdefault(printable(contact.host), []).append(entry)
    hosts = [
        TriedHost(name, sum(each[0] for each in tries), sum(each[1] for each in tries), [each[2] for each in tries])
        for name, tries in tried.items()
    ]
    return sorted(hosts, key=lambda host: (-host.refused, -host.allowed, host.name))


def contacts_table(hosts: Iterable[TriedHost]) -> Table:
    """A row for each host."""
    columns = [Column(title="host"), Column(title="refused", right=True), Column(title="allowed", right=True)]
    rows = [
        [Cell(host.name, "label"), Cell(str(host.refused or "-")), Cell(str(host.allowed or "-")), Cell(_some(host))]
        for host in hosts
    ]
    return Table(title="", columns=[*columns, Column(title="by", folds=True)], rows=rows)


def _some(host: TriedHost) -> str:
    shown = ", ".join(host.attempts[:_MOST_NAMED])
    more = len(host.attempts) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown

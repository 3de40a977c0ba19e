"""Arguments and options that several commands take, with their completions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.cli.asking import find_competition
from pytest_mlebench.competition import COMPLEXITIES, Competition
from pytest_mlebench.data.store import DataStore

__all__ = ["CompetitionId", "CompetitionIds", "ComplexityOption", "DataDir", "Json", "chosen", "data_store"]


def _complete_id(incomplete: str) -> Iterator[str]:
    return (id for id in Catalog().all_ids() if id.startswith(incomplete))


def _complete_complexity(incomplete: str) -> Iterator[str]:
    return (name for name in COMPLEXITIES if name.startswith(incomplete))


CompetitionId = Annotated[str, typer.Argument(metavar="ID", help="Competition.", autocompletion=_complete_id)]
CompetitionIds = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Competitions.", autocompletion=_complete_id)
]
ComplexityOption = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(COMPLEXITIES),
        help="All competitions of this complexity.",
        autocompletion=_complete_complexity,
        show_default=False,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        envvar="MLEBENCH_CACHE_DIR",
        metavar="DIR",
        help="Folder of the prepared data (default: the user's cache folder).",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]


def chosen(ids: Sequence[str] | None, complexity: str | None) -> list[Competition]:
    """The competitions named one by one, then those of the complexity; raises UnknownNameError."""
    named = [*(ids or ()), *(Catalog().ids(complexity) if complexity is not None else ())]
    return [find_competition(id) for id in dict.fromkeys(named)]


def data_store(folder: Path | None) -> DataStore:
    """The data in `folder`, or in the usual place."""
    return DataStore(folder.expanduser() if folder is not None else None)

"""``mlebench prepare`` and ``verify``: bringing data to this machine, and checking it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import CompetitionIds, ComplexityOption, DataDir, chosen, data_store
from pytest_mlebench.cli.errors import NEGATIVE, complain
from pytest_mlebench.cli.progress import display
from pytest_mlebench.competition import Competition
from pytest_mlebench.data.store import PreparedData
from pytest_mlebench.errors import HarnessError, MlebenchError
from pytest_mlebench.quantities import format_duration

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["prepare", "verify"]


class Description(Enum):
    """Which descriptions a preparation brings."""

    plain = "plain"
    original = "original"


def prepare(
    ids: CompetitionIds = None,
    complexity: ComplexityOption = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, help="So many at a time.")] = 1,
    raw_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Take raw data from DIR/ID or DIR (the files, or ID.zip) and download nothing.",
            show_default=False,
        ),
    ] = None,
    keep_zip: Annotated[bool, typer.Option("--keep-zip", help="Keep the downloaded archive after unpacking.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Prepare again what is prepared, from the raw data that is here.")
    ] = False,
    fixed: Annotated[
        bool, typer.Option("--fixed", help="Prepare the repaired data, into a folder of its own.")
    ] = False,
    description: Annotated[
        Description, typer.Option(help="With original, fetch the text of Kaggle's own pages too.", show_default=False)
    ] = Description.plain,
    data_dir: DataDir = None,
) -> None:
    """Prepare competitions: download raw data from Kaggle where it is not here, and split it into public and private.

    What is prepared already stays as it is. An interrupted download goes on where it stopped.

    Example: mlebench prepare spaceship-titanic --raw-dir downloads
    """
    from concurrent.futures import ThreadPoolExecutor

    competitions = chosen(ids, complexity)
    if not competitions:
        raise typer.BadParameter("name competitions, or say --complexity low|medium|high|dev|builtin", param_hint="ID")
    if without := [competition.id for competition in competitions if fixed and not competition.fixes]:
        raise typer.BadParameter(f"there is no repaired variant of {', '.join(without)}", param_hint="--fixed")
    store = data_store(data_dir)
    failed = False
    with display() as shown, ThreadPoolExecutor(jobs) as pool:
        original = description is Description.original
        work = partial(
            store.prepare,
            raw_dir=raw_dir,
            download=True,
            force=force,
            keep_zip=keep_zip,
            fixed=fixed,
            original=original,
            progress=shown.step,
        )

        def done(competition: Competition) -> PreparedData | None:
            missing = original and competition.source == "kaggle" and not store.original_description(competition)
            return None if force or missing else store.prepared(competition, fixed=fixed)

        under_way = {pool.submit(_prepare_one, each, done(each), work): each for each in competitions}
        try:
            for future in _as_completed(under_way):
                error = future.exception()
                with shown.ended(under_way[future].id):
                    if isinstance(error, MlebenchError):
                        failed = True
                        complain(error)
                    else:
                        output.line(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            store.interrupt()
            raise
    if failed:
        raise typer.Exit(3)


def verify(ids: CompetitionIds = None, complexity: ComplexityOption = None, data_dir: DataDir = None) -> None:
    """Compare prepared data with what is recorded of the benchmark's: checksums, counts, scores of sample and gold.

    Without names, everything that is prepared is checked. Differences are listed with what usually causes them, and
    change nothing but the exit status, which is then 1.

    Example: mlebench verify spaceship-titanic
    """
    from pytest_mlebench.data.verify import verify as verify_data

    store = data_store(data_dir)
    competitions = chosen(ids, complexity)
    if not ids and complexity is None:
        competitions = [c for c in Catalog() if store.prepared(c) is not None]
        if not competitions:
            raise HarnessError(f"nothing is prepared in {store.root}: see `mlebench prepare --help`")
    same = True
    for competition in competitions:
        result = verify_data(competition, store)
        for difference in result.differences:
            same = False
            cause = f" (usual cause: {difference.cause})" if difference.cause else ""
            output.line(
                f"{competition.id}: {difference.what} differs: recorded {difference.expected}, "
                f"here {difference.found}{cause}"
            )
        if not result.differences:
            agree = f"{result.checked} recorded facts agree" if result.checked else "nothing is recorded of it"
            output.line(f"{competition.id}: {agree}")
    if not same:
        raise typer.Exit(NEGATIVE)


def _prepare_one(
    competition: Competition, done: PreparedData | None, work: Callable[[Competition], PreparedData]
) -> str:
    """Do the work where it is not done; the line that says so."""
    if done is not None:
        return f"{competition.id}: is prepared already in {done.public.parent}"
    started = time.monotonic()
    data = work(competition)
    return f"{competition.id}: prepared in {data.public.parent} ({format_duration(time.monotonic() - started)})"


def _as_completed(futures: Iterable[Future[str]]) -> Iterator[Future[str]]:
    """The futures as they end; waits in short steps, so that Ctrl-C is noticed at once."""
    from concurrent.futures import FIRST_COMPLETED, wait

    left = set(futures)
    while left:
        ended, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
        yield from ended

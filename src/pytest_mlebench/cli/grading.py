"""``mlebench grade`` and ``grade-sample``: grades of submissions that are on disk.

Both grade as a run does, in processes of their own (grading.service): a submission that hangs or crashes a grader is
told apart from a grader that is broken, and many are graded at once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import CompetitionId, DataDir, Json, data_store
from pytest_mlebench.cli.asking import find_competition
from pytest_mlebench.cli.errors import NEGATIVE, complain
from pytest_mlebench.data.store import PreparedData
from pytest_mlebench.grading.grade import Grade

if TYPE_CHECKING:
    from pytest_mlebench.attempts.record import AttemptRecord

__all__ = ["grade", "grade_sample"]

_WIDE = 160


def grade(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|FILE.jsonl",
            help="A run (its folder, or its name below runs/), or a file with a line "
            '{"competition_id": ..., "submission_path": ...} for each submission; paths are relative to the file.',
        ),
    ],
    output_file: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a grading_report.json there.", show_default=False),
    ] = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", metavar="N", min=1, help="So many at a time.", show_default="processors")
    ] = len(os.sched_getaffinity(0)),
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Grade all submissions of a run or of a list; the run itself is not changed.

    The exit status is 1 where a submission is missing or invalid, and 3 where a grader is broken.

    Example: mlebench grade submissions.jsonl --output grading_report.json
    """
    from pytest_mlebench.cli.regrading import entries, graded, report
    from pytest_mlebench.files import write_json

    todo = entries(source)
    records = graded(todo, data_store(data_dir), jobs)
    made = report(todo, records)
    if output_file is not None:
        write_json(output_file, made)
    if as_json:
        output.write_json(made)
    else:
        _print_table(records)
        for record in records:
            if record.outcome == "invalid":
                output.line(f"{record.competition}, seed {record.seed}: invalid: {record.reason}")
    for record in records:
        if record.outcome == "error":
            complain(f"{record.competition}, seed {record.seed}: {record.reason}")
    if any(record.outcome == "error" for record in records):
        raise typer.Exit(3)
    if not all(record.valid for record in records):
        raise typer.Exit(NEGATIVE)


def grade_sample(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A submission, as CSV.")],
    id: CompetitionId,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Grade one submission to one competition; the exit status is 1 where it is invalid.

    Example: mlebench grade-sample submission.csv spaceship-titanic
    """
    from pytest_mlebench.grading.service import GradingService

    competition = find_competition(id)
    if not os.path.lexists(file):
        raise typer.BadParameter(f"there is no {file}", param_hint="FILE")
    data: PreparedData = data_store(data_dir).prepare(competition)
    with GradingService(processes=1) as service:
        result = service.grade(competition.folder, file.absolute(), data.private)
    if as_json:
        output.write_json(result.to_json())
    else:
        output.line(_one_line(result))
    if not result.valid:
        raise typer.Exit(NEGATIVE)


def _one_line(result: Grade) -> str:
    if not result.valid:
        return f"{result.competition}: invalid: {result.reason}"
    return (
        f"{result.competition}: score {result.score}, rank {result.rank} of {result.teams}, "
        f"{result.medal or 'no'} medal, {'above' if result.above_median else 'not above'} the median"
        f"{f' ({result.reason})' if result.reason else ''}"
    )


def _print_table(records: Sequence[AttemptRecord]) -> None:
    from pytest_mlebench.reporting.summary import Summary
    from pytest_mlebench.reporting.terminal import lines

    width = shutil.get_terminal_size().columns if output.is_terminal() else _WIDE
    for text in lines(Summary(list(records)), width=width):
        typer.echo(text)

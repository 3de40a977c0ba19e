"""``mlebench list``, ``show`` and ``rank``: what competitions there are, and where a score would have stood."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import CompetitionId, ComplexityOption, DataDir, Json, data_store
from pytest_mlebench.cli.asking import ask_pytest, find_competition
from pytest_mlebench.competition import Competition
from pytest_mlebench.data.store import DataStore

__all__ = ["list_competitions", "rank", "show"]


def list_competitions(complexity: ComplexityOption = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List competitions, those that plugins and a conftest.py here add among them, and whether their data is here.

    Example: mlebench list --complexity low
    """
    from pytest_mlebench import registration

    catalog, store = ask_pytest(registration.competitions), data_store(data_dir)
    ids = catalog.all_ids() if complexity is None else catalog.ids(complexity)
    competitions = [catalog.get(id) for id in ids]
    if as_json:
        output.write_json([_summary(c, store) for c in competitions])
        return
    rows = [(c.id, c.complexity, c.category, c.metric, "yes" if store.prepared(c) else "no") for c in competitions]
    output.table(("id", "complexity", "category", "metric", "prepared"), rows)


def show(id: CompetitionId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show what is known of a competition: facts, medal thresholds, known issues, where its data is.

    Example: mlebench show spaceship-titanic
    """
    competition, store = find_competition(id), data_store(data_dir)
    value = _details(competition, store)
    if as_json:
        output.write_json(value)
        return
    board = competition.leaderboard
    pairs = [
        ("id", competition.id),
        ("title", competition.title),
        ("complexity", competition.complexity),
        ("category", competition.category),
        ("metric", f"{competition.metric} ({'lower' if board.lower_is_better else 'higher'} is better)"),
        ("leaderboard", f"{board.teams} teams"),
        *((name, f"{value['thresholds'][name]:g}") for name in ("gold", "silver", "bronze", "median")),
        ("sample submission", value["sample_submission"]),
        *((f"rows of {path}", f"{count:,}") for path, count in value["rows"].items()),
        *((f"files in {path}", f"{count:,}") for path, count in value["files"].items()),
        *((f"known issue {n}{_mark(issue)}", _issue(issue)) for n, issue in enumerate(value["issues"], 1)),
        ("description", value["description"]),
        ("source", value["url"] or "made here, no account needed"),
        ("data", value["data"] or f"not prepared; `mlebench prepare {competition.id}` does that"),
    ]
    if competition.fixes:
        command = f"not prepared; `mlebench prepare {competition.id} --fixed` does that"
        pairs.append(("repaired data", value["repaired_data"] or command))
    output.facts(pairs)


def rank(
    id: CompetitionId,
    score: Annotated[float, typer.Argument(metavar="SCORE", help="A score by the competition's metric.")],
    as_json: Json = False,
) -> None:
    """Tell where a score would have stood on a competition's leaderboard, and the medal it earns.

    Example: mlebench rank spaceship-titanic 0.81
    """
    if not math.isfinite(score):
        raise typer.BadParameter(f"{score} is not a number that can be ranked", param_hint="SCORE")
    board = find_competition(id).leaderboard
    score = round(score, 5)
    value = {
        "competition": id,
        "score": score,
        "rank": board.rank(score),
        "teams": board.teams,
        "medal": board.medal(score),
        "above_median": board.above_median(score),
        **_thresholds(board),
        "lower_is_better": board.lower_is_better,
    }
    if as_json:
        output.write_json(value)
        return
    stands = "above" if value["above_median"] else "not above"
    output.line(
        f"{id}: score {score:g}, rank {value['rank']} of {board.teams}, {value['medal'] or 'no'} medal, "
        f"{stands} the median (gold {board.gold:g}, silver {board.silver:g}, "
        f"bronze {board.bronze:g}, median {board.median:g}"
        f"; {'lower' if board.lower_is_better else 'higher'} is better)"
    )


def _thresholds(board: Any) -> dict[str, float]:
    return {name: getattr(board, name) for name in ("gold", "silver", "bronze", "median")}


def _summary(competition: Competition, store: DataStore) -> dict[str, Any]:
    return {
        "id": competition.id,
        "title": competition.title,
        "complexity": competition.complexity,
        "category": competition.category,
        "metric": competition.metric,
        "source": competition.source,
        "prepared": store.prepared(competition) is not None,
    }


def _details(competition: Competition, store: DataStore) -> dict[str, Any]:
    board, data, fixed = competition.leaderboard, store.prepared(competition), store.prepared(competition, fixed=True)
    url = f"https://www.kaggle.com/competitions/{competition.id}" if competition.source == "kaggle" else None
    return {
        **_summary(competition, store),
        "lower_is_better": board.lower_is_better,
        "teams": board.teams,
        "thresholds": _thresholds(board),
        "prize": competition.facts.get("prize"),
        "rows": dict(competition.facts.get("rows", {})),
        "files": dict(competition.facts.get("files", {})),
        "reference": dict(competition.facts.get("reference", {})),
        "issues": list(competition.facts.get("issues", [])),
        "answers": competition.answers,
        "sample_submission": competition.sample_submission,
        "description": str(competition.description),
        "url": url,
        "data": str(data.public.parent) if data else None,
        "repaired_data": str(fixed.public.parent) if fixed else None,
    }


def _issue(issue: dict[str, Any]) -> str:
    fix = f" (with --fixed: {issue['fix']})" if issue.get("fix") else ""
    return f"{issue.get('problem', '')}{fix}"


def _mark(issue: dict[str, Any]) -> str:
    """A star where reports name the issue too."""
    return " *" if issue.get("serious") else ""

"""The baseline agent, run as it is inside a sandbox: always a valid submission, and a good one where it can learn."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from pytest_mlebench.catalog import Catalog

RANDOM = np.random.default_rng(0)


def anything(path):
    return True, "fine"


@pytest.mark.parametrize("name", ["builtin-breast-cancer", "builtin-wine"])
def test_it_earns_a_medal_from_a_builtin_competition(name, registered, play, tmp_path):
    competition = Catalog().get(name)
    raw, folder, private = (tmp_path / part for part in ("raw", "public", "private"))
    for made in (raw, folder, private):
        made.mkdir()
    competition.make_raw(raw)
    competition.prepare(raw, folder, private)
    shutil.copyfile(competition.description_obfuscated, folder / "description.md")
    asked = []

    def validate(path):
        asked.append(path)
        grade = competition.grade(path, private)
        return grade.valid, grade.reason or "valid"

    played = play(registered("baseline"), folder, validate, competition=None)
    assert played.status == 0, played.output
    assert len(asked) == 3, "the sample, a first model, the blend"
    assert "blend: " in played.output
    assert competition.grade(played.submission, private).medal is not None, played.output


def test_it_reads_texts(registered, play, public):
    words = {"sea": "whale ship harpoon captain wave", "moor": "heath hound mist lantern bog"}
    rows = []
    for number in range(120):
        author = ["sea", "moor"][number % 2]
        rows.append((number, " ".join(RANDOM.choice(words[author].split(), 6)) + ".", author))
    table = pd.DataFrame(rows, columns=["id", "text", "author"])
    folder = public(
        "log loss",
        train=table.head(90).to_csv(index=False),
        test=table.tail(30)[["id", "text"]].to_csv(index=False),
        sample_submission=table.tail(30)[["id"]].assign(moor=0.5, sea=0.5).to_csv(index=False),
    )
    played = play(registered("baseline"), folder, anything)
    assert played.status == 0, played.output
    assert "texts: text" in played.output
    submission = pd.read_csv(played.submission)
    assert list(submission.columns) == ["id", "moor", "sea"]
    assert (submission["sea"] > 0.5).tolist() == (table["author"].tail(30) == "sea").tolist()
    assert submission[["moor", "sea"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(30), abs=1e-6)


def test_the_sample_stays_where_the_files_tell_nothing(registered, play, public):
    sample = "id,answer\n1,x\n2,y\n"
    played = play(registered("baseline"), public("something", sample_submission=sample), anything)
    assert played.status == 0
    assert played.submission.read_text() == sample
    assert "the sample submission it is" in played.output


def test_a_draft_that_is_refused_is_not_handed_in(registered, play, public):
    rows = [(n, n % 7, n % 2) for n in range(80)]
    sample = "id,target\n" + "".join(f"{n},0\n" for n, _, _ in rows[60:])
    folder = public(
        train="id,x,target\n" + "".join(f"{n},{x},{y}\n" for n, x, y in rows[:60]),
        test="id,x\n" + "".join(f"{n},{x}\n" for n, x, _ in rows[60:]),
        sample_submission=sample,
    )
    played = play(registered("baseline"), folder, lambda path: (path.read_text() == sample, "not the sample"))
    assert played.status == 0, played.output
    assert "the draft is not valid and is not handed in: not the sample" in played.output
    assert played.submission.read_text() == sample


def test_without_time_or_server_it_ends_with_the_sample(registered, play, public):
    sample = "id,target\n9,0\n"
    folder = public(train="id,x,target\n1,2,0\n2,3,1\n", sample_submission=sample)
    agent = registered("baseline").with_options({"time_budget": "0"})
    played = play(agent, folder, None, time_limit=1)
    assert played.status == 0
    assert played.submission.read_text() == sample
    assert "time is up" in played.output
    assert "handed in, not validated" in played.output


def test_without_a_sample_it_says_so_and_fails(registered, play, public):
    played = play(registered("baseline"), public(train="id,x\n1,2\n"), anything)
    assert played.status == 1
    assert "there is no sample submission" in played.output
    assert not played.submission.exists()


def test_scripts_in_the_sandbox_know_nothing_of_the_plugin_and_run_on_python_3_9(registered):
    import ast

    for name in ("baseline", "dummy"):
        folder = registered(name).folder
        scripts = [path for path in folder.rglob("*.py") if path.name != "agent.py"]
        assert len(scripts) > 1
        for path in scripts:
            tree = ast.parse(path.read_text(), feature_version=(3, 9))
            imported = {
                alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
            } | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not any(module.startswith(("pytest", "_pytest")) for module in imported), path

"""The repaired variants: what they mend is mended, and everything else still works."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pytest_mlebench.catalog import Catalog

REPAIRED = [pytest.param(competition, id=competition.id) for competition in Catalog() if competition.fixes]


@pytest.mark.parametrize("competition", REPAIRED)
def test_repaired_data_are_graded_like_the_published_and_ask_for_as_many_rows(competition, repaired, prepared):
    scores, rows = [], []
    for data in (repaired(competition.id), prepared(competition)):
        gold = competition.grade(data.private / competition.gold_submission, data.private)
        sample = competition.sample_path(data.public, data.private)
        assert competition.grade(sample, data.private).valid
        scores.append(gold.raw_score)
        rows.append(len(pd.read_csv(sample, dtype=str)))
    assert scores[0] == scores[1] is not None
    assert rows[0] == rows[1]


def names(public: Path) -> set[str]:
    return {str(path.relative_to(public)) for path in public.rglob("*") if path.is_file()}


def test_pizza_givers_are_not_named_in_the_test_data(repaired):
    public = repaired("random-acts-of-pizza").public
    test = json.loads((public / "test.json").read_text())
    assert test
    assert not any("giver_username_if_known" in request for request in test)
    with zipfile.ZipFile(public / "test.zip") as archive:
        assert json.loads(archive.read("test.json")) == test


def test_outlines_of_test_images_are_gone(repaired, prepared):
    id = "hubmap-kidney-segmentation"
    gone = names(prepared(Catalog().get(id)).public) - names(repaired(id).public)
    assert gone
    assert all(name.startswith("test/") and name.endswith(".json") for name in gone)


def test_structures_of_test_molecules_are_there(repaired):
    public = repaired("champs-scalar-coupling").public
    molecules = set(pd.read_csv(public / "test.csv")["molecule_name"])
    assert molecules <= set(pd.read_csv(public / "structures.csv")["molecule_name"])
    assert molecules <= {path.stem for path in (public / "structures").iterdir()}


def test_spoken_words_are_the_twelve_labels(repaired):
    private = repaired("tensorflow-speech-recognition-challenge").private
    labels = set(pd.read_csv(private / "test.csv")["label"])
    words = {"yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go", "silence", "unknown"}
    assert "unknown" in labels
    assert labels <= words


def test_all_eleven_catheter_labels_are_asked_for(repaired, tmp_path):
    competition = Catalog().get("ranzcr-clip-catheter-line-classification")
    data = repaired(competition.id)
    sample = pd.read_csv(data.public / "sample_submission.csv")
    assert len(sample.columns) == 12
    sample.drop(columns="CVC - Normal").to_csv(tmp_path / "submission.csv", index=False)
    grade = competition.grade(tmp_path / "submission.csv", data.private)
    assert "CVC - Normal" in str(grade.reason)


@pytest.mark.parametrize(
    ("id", "left_out"),
    [
        ("cassava-leaf-disease-classification", "test_tfrecords/"),
        ("siim-isic-melanoma-classification", "tfrecords/test"),
    ],
)
def test_test_records_with_labels_are_left_out(id, left_out, repaired, prepared):
    gone = names(prepared(Catalog().get(id)).public) - names(repaired(id).public)
    assert gone
    assert all(name.startswith(left_out) for name in gone)

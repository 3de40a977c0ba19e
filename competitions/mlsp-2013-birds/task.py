"""MLSP 2013 Birds: which of 19 species sing in ten seconds of forest sound? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.tables import write_csv

SPECIES = range(19)
TEST_RECORDINGS = 64
SEGMENT_FILES = ["histogram_of_segments.txt", "segment_features.txt", "segment_rectangles.txt"]
PICTURES = ["spectrograms", "filtered_spectrograms", "supervised_segmentation", "segmentation_examples"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Keep the recordings with known labels, hold out a fifth of them, and number them from 0."""
    essential, supplemental = public / "essential_data", public / "supplemental_data"
    with Archive(raw / "mlsp_contest_dataset.zip") as archive:
        folds = archive.read_csv("mlsp_contest_dataset/essential_data/CVfolds_2.txt")
        folds = folds[folds["fold"] == 0].reset_index(drop=True)
        number = {int(old): new for new, old in enumerate(folds["rec_id"])}
        drawn = set(folds.sample(frac=0.2, random_state=0).index)
        if len(drawn) != TEST_RECORDINGS:
            raise HarnessError(f"{archive.path}: {len(drawn)} test recordings instead of {TEST_RECORDINGS}")
        folds = pd.DataFrame({"rec_id": folds.index, "fold": folds.index.isin(drawn).astype(int)})
        write_csv(folds, essential / "CVfolds_2.txt")

        files = archive.read_csv("mlsp_contest_dataset/essential_data/rec_id2filename.txt")
        files = files[files["rec_id"].isin(number)]
        if len(files) != len(number):
            raise HarnessError(f"{archive.path}: {len(files)} file names for {len(number)} recordings")
        write_csv(files.assign(rec_id=files["rec_id"].map(number)), essential / "rec_id2filename.txt")

        labels = _lines(archive, "essential_data/rec_labels_test_hidden.txt", number)
        shown = [(recording, "?" if recording in drawn else rest) for recording, rest in labels]
        _write_lines(essential / "rec_labels_test_hidden.txt", "rec_id,[labels]", shown)
        for name in SEGMENT_FILES:
            lines = _lines(archive, f"supplemental_data/{name}", number)
            # The published data have this header in all three files.
            _write_lines(supplemental / name, "rec_id,[histogram of segment features]", lines)

        archive.extract("mlsp_contest_dataset/essential_data/species_list.txt", essential / "species_list.txt")
        sounds = files["filename"] + ".wav"
        archive.extract_each(sounds, "mlsp_contest_dataset/essential_data/src_wavs", essential / "src_wavs")
        for part in PICTURES:
            folder = f"mlsp_contest_dataset/supplemental_data/{part}"
            pictures = files["filename"] + ".bmp"
            if part == "segmentation_examples":
                pictures = pictures[pictures.isin(archive.names(folder))]
            archive.extract_each(pictures, folder, supplemental / part)
        mosaics = ["segment_clusters.bmp", "segment_mosaic.bmp"]
        archive.extract_each(mosaics, "mlsp_contest_dataset/supplemental_data", supplemental)

    heard = {recording: {int(bird) for bird in rest.split(",") if bird} for recording, rest in labels}
    heard = {recording: birds for recording, birds in heard.items() if recording in drawn}
    if len(heard) != TEST_RECORDINGS:
        raise HarnessError(f"{raw}: labels of {len(heard)} test recordings instead of {TEST_RECORDINGS}")
    rows = [(recording * 100 + bird, int(bird in heard[recording])) for recording in heard for bird in SPECIES]
    ids = [recording * 100 + bird for recording in sorted(drawn) for bird in SPECIES]
    write_csv(pd.DataFrame({"Id": ids, "Probability": 0}), public / "sample_submission.csv")
    write_csv(pd.DataFrame(rows, columns=["Id", "Probability"]), private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC over all pairs of a recording and a species together, not species by species."""
    require_columns(submission, ["Id", "Probability"])
    submission = align(submission, answers, "Id")
    return roc_auc(answers["Probability"].to_numpy(), probabilities(submission["Probability"]))


def _lines(archive: Archive, member: str, number: dict[int, int]) -> list[tuple[int, str]]:
    """The new number and the rest of each line below the header, of the recordings in `number`."""
    lines = archive.read(f"mlsp_contest_dataset/{member}").decode().splitlines()[1:]
    parts = (line.partition(",") for line in lines if line.strip())
    return [(number[int(old)], rest) for old, _, rest in parts if int(old) in number]


def _write_lines(path: Path, header: str, lines: list[tuple[int, str]]) -> None:
    """Write a line for each recording; one without more than its number has no comma."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = [header, *(f"{recording},{rest}" if rest else str(recording) for recording, rest in lines)]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")

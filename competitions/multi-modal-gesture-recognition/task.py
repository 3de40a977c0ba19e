"""Multi-modal Gesture Recognition: which gestures does a recording show, in order? Graded by edit distance."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.edit_distance import edit_distances
from pytest_mlebench.preparing.placing import link_as, link_each
from pytest_mlebench.preparing.tables import read_csv, write_csv

ARCHIVES = [f"{part}{n}.tar.gz" for part in ("training", "validation") for n in (1, 2, 3)]
OTHERS = ["devel01-40.7z", "valid_all_files_combined.7z", "sample_code_mmrgc.zip"]
TEST = "training4.tar.gz"


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out the last archive of labelled recordings."""
    with tarfile.open(raw / TEST, "r|gz") as archive:
        _prepare(archive.getnames(), raw, public, private)
    link_as([(TEST, "test.tar.gz")], raw, public)


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, but without the labels in the recordings held out."""
    _prepare(_copy_without_labels(raw / TEST, public / "test.tar.gz"), raw, public, private)


def _prepare(members: Iterable[str], raw: Path, public: Path, private: Path) -> None:
    """All but the archive of test recordings, which has these `members`."""
    paths = [PurePosixPath(name) for name in members]
    test_ids = sorted(path.stem[-4:] for path in paths if path.suffix == ".zip" and len(path.parts) == 1)
    labelled = read_csv(raw / "training.csv", dtype=str)
    held_out = labelled["Id"].isin(test_ids)
    if held_out.sum() != len(test_ids):
        raise HarnessError(f"{raw}: training.csv and {TEST} do not hold the same recordings: download them again")
    shuffle = random.Random(0)
    guesses = [" ".join(map(str, shuffle.sample(range(1, 21), 20))) for _ in test_ids]
    write_csv(labelled[~held_out], public / "training.csv")
    write_csv(pd.DataFrame({"Id": test_ids}), public / "test.csv")
    write_csv(pd.DataFrame({"Id": test_ids, "Sequence": guesses}), public / "randomPredictions.csv")
    link_each([*ARCHIVES, *OTHERS], raw, public)
    write_csv(labelled[held_out], private / "test.csv")


def _copy_without_labels(source: Path, target: Path) -> list[str]:
    """Copy the archive of recordings, with no gestures in their Matlab files; gives the names of its members."""
    names = []
    with (
        tarfile.open(source, "r|gz") as archive,
        gzip.GzipFile(target, "xb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as copy,
    ):
        for member in archive:
            names.append(member.name)
            content = archive.extractfile(member)
            if content is not None and member.name.endswith(".zip"):
                changed = _recording_without_labels(content.read())
                member.size, content = len(changed), io.BytesIO(changed)
            copy.addfile(member, content)
    return names


def _recording_without_labels(recording: bytes) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(recording)) as members, zipfile.ZipFile(result, "w") as changed:
        for member in members.infolist():
            content = members.read(member)
            changed.writestr(member, _mat_without_labels(content) if member.filename.endswith(".mat") else content)
    return result.getvalue()


def _mat_without_labels(mat: bytes) -> bytes:
    from scipy.io import loadmat, savemat

    found = loadmat(io.BytesIO(mat), mat_dtype=True)
    video = found["Video"][0, 0]
    video["Labels"] = video["Labels"][:0, :0]
    result = io.BytesIO()
    savemat(result, {"Video": found["Video"]}, do_compression=True)
    # Without the time of writing, which stands in the first bytes.
    return b"MATLAB 5.0 MAT-file".ljust(116) + result.getvalue()[116:]


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """The sum of all edit distances, divided by the number of gestures made."""
    require_columns(submission, ["Id", "Sequence"])
    truth = _sequences(answers["Sequence"])
    distances = edit_distances(truth, _sequences(align(submission, answers, "Id")["Sequence"]))
    return float(distances.sum() / sum(map(len, truth)))


def _sequences(column: pd.Series) -> list[list[int]]:
    """Numbers separated by blanks; as in the published grader, an empty cell is the text ``nan`` and so refused."""
    sequences = []
    for text in strings(column):
        try:
            sequences.append([int(gesture) for gesture in text.split()])
        except ValueError:
            shown = printable(repr(text), 60)
            raise InvalidSubmissionError(f"the sequence {shown} must be whole numbers separated by blanks") from None
    return sequences

"""Predicting Molecular Properties: how strongly are two atoms coupled? Graded by the mean of log MAE by type."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.grading.alignment import require_columns, same_ids
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.group_log_mae import group_log_mae
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test_groups
from pytest_mlebench.preparing.tables import read_csv, write_csv

TARGET = "scalar_coupling_constant"
EXTRA_TABLES = [
    "dipole_moments.csv", "magnetic_shielding_tensors.csv", "mulliken_charges.csv", "potential_energy.csv",
    "scalar_coupling_contributions.csv",
]  # fmt: skip


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the molecules; as in the published data, their structures are not given."""
    _prepare(raw, public, private, with_test_structures=False)


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, with the structures of the molecules of the test part too."""
    _prepare(raw, public, private, with_test_structures=True)


def _prepare(raw: Path, public: Path, private: Path, with_test_structures: bool) -> None:
    train, test = train_test_groups(read_csv(raw / "train.csv"), "molecule_name", test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=TARGET), public / "test.csv")
    write_csv(test[["id"]].assign(**{TARGET: 0}), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")
    known = train["molecule_name"].unique().tolist()
    shown = known + test["molecule_name"].unique().tolist() if with_test_structures else known
    for name in EXTRA_TABLES:
        _write_molecules(known, raw / name, public / name)
    _write_molecules(shown, raw / "structures.csv", public / "structures.csv")
    link_each((f"{molecule}.xyz" for molecule in shown), raw / "structures", public / "structures")


def _write_molecules(molecules: list[str], source: Path, target: Path) -> None:
    """Copy the rows of `molecules`, each of which must have some."""
    table = read_csv(source)
    table = table[table["molecule_name"].isin(molecules)]
    if missing := set(molecules).difference(table["molecule_name"].unique()):
        raise HarnessError(f"{source} lacks {len(missing)} molecules, such as {min(missing)}: download it again")
    write_csv(table, target)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over coupling types of log MAE, minus infinity if a type is exact: as published, there is no floor."""
    require_columns(submission, [TARGET, "id"])
    same_ids(submission, answers, "id")
    # As in the published grader, an id that occurs repeatedly counts repeatedly.
    place = pd.Index(answers["id"]).get_indexer(pd.Index(submission["id"]))
    predicted = numbers(submission[TARGET], cast=True)
    return group_log_mae(answers[TARGET].to_numpy()[place], predicted, answers["type"].to_numpy(dtype=object)[place])

"""Google QUEST Q&A Labeling: how do people rate a question and its answer? Graded by mean rank correlation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.grading.alignment import exact_columns, same_length
from pytest_mlebench.metrics.spearman import spearman
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

QUESTION = (
    *("asker_intent_understanding", "body_critical", "conversational", "expect_short_answer", "fact_seeking"),
    *("has_commonly_accepted_answer", "interestingness_others", "interestingness_self", "multi_intent"),
    *("not_really_a_question", "opinion_seeking", "type_choice", "type_compare", "type_consequence", "type_definition"),
    *("type_entity", "type_instructions", "type_procedure", "type_reason_explanation", "type_spelling", "well_written"),
)
ANSWER = (
    *("helpful", "level_of_information", "plausible", "relevance", "satisfaction", "type_instructions"),
    *("type_procedure", "type_reason_explanation", "well_written"),
)
TARGETS = [*(f"question_{name}" for name in QUESTION), *(f"answer_{name}" for name in ANSWER)]
RARE = "question_type_spelling"


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled pairs."""
    labelled = read_csv(raw / "train.csv")
    train, test = train_test(np.arange(len(labelled)), test_size=0.1)
    rare = labelled[RARE].to_numpy()
    if len(np.unique(rare[test])) == 1:
        # A constant column has no rank correlation, so the first test row changes places with one that is rated.
        rated = np.flatnonzero(rare[train] != 0)
        if not rated.size:
            raise HarnessError(f"{raw / 'train.csv'}: {RARE} is 0 in every row: is it the right download?")
        train[rated[0]], test[0] = test[0], train[rated[0]]
    answers = labelled.iloc[test][["qa_id", *TARGETS]]
    even = np.linspace(0, 1, len(answers))
    write_csv(labelled.iloc[train], public / "train.csv")
    write_csv(labelled.iloc[test].drop(columns=TARGETS), public / "test.csv")
    write_csv(answers.assign(**dict.fromkeys(TARGETS, even)), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over the targets of Spearman's correlation; not a number where a column is constant or incomplete."""
    exact_columns(submission, ["qa_id", *TARGETS])
    same_length(submission, answers)
    # As in the published grader, ids are sorted but never compared, and text is ranked in the order of its letters.
    given, truth = (_by_id(table) for table in (submission, answers))
    return float(np.mean([spearman(given[name].to_numpy(), truth[name].to_numpy()) for name in TARGETS]))


def _by_id(table: pd.DataFrame) -> pd.DataFrame:
    """`table` as pandas sorts by a column: not stably, and with missing cells last."""
    missing = table["qa_id"].isna().to_numpy()
    given = np.flatnonzero(~missing)
    order = np.argsort(table["qa_id"].to_numpy()[given])
    return table.take(np.append(given[order], np.flatnonzero(missing)))

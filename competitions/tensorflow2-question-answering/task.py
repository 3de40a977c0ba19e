"""TensorFlow 2.0 Question Answering: where in an article is the answer? Spans, graded by the share of right rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns, same_length
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

Answer = tuple[int, int] | str
"""First token and the one after the last, or YES or NO."""

PUBLIC = ["example_id", "question_text", "document_text", "long_answer_candidates"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of every thousand samples."""
    rows: dict[str, list[Answer]] = {}
    with (
        pd.read_json(raw / "simplified-nq-train.jsonl", orient="records", lines=True, chunksize=1000) as chunks,
        (public / "simplified-nq-train.jsonl").open("x", encoding="ascii") as train_file,
        (public / "simplified-nq-test.jsonl").open("x", encoding="ascii") as test_file,
        (private / "test.jsonl").open("x", encoding="ascii") as answers_file,
    ):
        for chunk in chunks:
            train, test = train_test(chunk.assign(example_id=chunk["example_id"].astype(str)), test_size=0.1)
            for part, file in ((train, train_file), (test[PUBLIC], test_file), (test, answers_file)):
                part.to_json(file, orient="records", lines=True)
            for example_id, annotations in zip(test["example_id"], test["annotations"], strict=True):
                rows |= _accepted(example_id, annotations[0])
    gold = [accepted[0] if accepted else "" for accepted in rows.values()]
    texts = [answer if isinstance(answer, str) else f"{answer[0]}:{answer[1]}" for answer in gold]
    ids = pd.DataFrame({"example_id": list(rows)})
    write_csv(ids.assign(PredictionString=""), public / "sample_submission.csv")
    write_csv(ids.assign(PredictionString=texts), private / "gold_submission.csv")


def read_answers(private: Path) -> dict[str, list[Answer]]:
    """What is right for each row of a submission."""
    rows: dict[str, list[Answer]] = {}
    with (private / "test.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            sample = json.loads(line)
            rows |= _accepted(sample["example_id"], sample["annotations"][0])
    return rows


def grade(submission: pd.DataFrame, answers: dict[str, list[Answer]]) -> float:
    """The share of rows with a right answer, or rightly without one.

    That is what the published grader's micro F1 comes to, since it counts both of its classes.
    """
    wanted = pd.DataFrame({"example_id": list(answers)})
    same_length(submission, wanted)
    require_columns(submission, ["example_id", "PredictionString"])
    given = pd.DataFrame({name: _texts(submission[name]) for name in ("example_id", "PredictionString")})
    predicted = [_parsed(text) for text in align(given, wanted, "example_id")["PredictionString"]]
    pairs = zip(predicted, answers.values(), strict=True)
    return float(np.mean([not accepted if guess == "" else guess in accepted for guess, accepted in pairs]))


def _accepted(example_id: str, annotation: dict[str, Any]) -> dict[str, list[Answer]]:
    """The two rows of a sample and what is right there."""
    short: list[Answer] = [(span["start_token"], span["end_token"]) for span in annotation["short_answers"]]
    if annotation["yes_no_answer"] != "NONE":
        short.insert(0, annotation["yes_no_answer"])
    span = annotation["long_answer"]
    long: list[Answer] = [(span["start_token"], span["end_token"])] if span["start_token"] != -1 else []
    return {f"{example_id}_short": short, f"{example_id}_long": long}


def _texts(column: pd.Series) -> list[str]:
    return ["" if pd.isna(cell) else str(cell) for cell in column.astype(object).tolist()]


def _parsed(text: str) -> Answer:
    text = text.strip()
    if text in ("", "YES", "NO"):
        return text
    try:
        start, end = map(int, text.split(":"))
    except ValueError:
        shown = printable(repr(text), 60)
        raise InvalidSubmissionError(f"prediction {shown} is neither start:end nor YES, NO or empty") from None
    return start, end

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.values import (
    integers,
    labels,
    numbers,
    probabilities,
    rows_sum_to_one,
    strings,
    texts,
    word_sets,
)

INF, NAN = float("inf"), float("nan")


def test_numbers_keep_the_shape():
    table = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": [True, False]})
    assert numbers(table["a"]).tolist() == [1.0, 2.0]
    assert numbers(table["c"]).tolist() == [1.0, 0.0]
    assert numbers(table).tolist() == [[1.0, 0.5, 1.0], [2.0, 1.5, 0.0]]
    assert numbers(table).dtype == np.float64


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["1", "word", "2"], "column 'b' must hold numbers: 1 of 3 rows do not, the first holds 'word'"),
        (["1_0", "2", "3"], "the first holds '1_0'"),
        (["a" * 999, "2", "3"], "the first holds 'aaa"),
        (["9" * 400, "1", "x"], "must hold numbers"),
        ([True, None, False], "the first holds an empty cell"),
        ([1.0, NAN, 2.0], "column 'b' must hold finite numbers in every row: 1 of 3 rows do not"),
        ([1.0, INF, -INF], "2 of 3 rows do not, the first holds inf"),
        ([NAN, NAN, NAN], "3 of 3 rows do not"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_the_cell(cells, reason):
    table = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": cells})
    for part in (table, table["b"], table[["b"]]):
        with pytest.raises(InvalidSubmissionError) as caught:
            numbers(part)
        assert reason in str(caught.value)
        assert len(str(caught.value)) < 200


def test_probabilities_include_both_ends():
    assert probabilities(pd.Series([0, 0.5, 1])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("cell", [-1e-9, 1.0000001, 7])
def test_what_is_no_probability_is_refused(cell):
    with pytest.raises(InvalidSubmissionError, match="column 'p' must hold probabilities, from 0 to 1: 1 of 2 rows"):
        probabilities(pd.DataFrame({"p": [0.5, cell]}))


@pytest.mark.parametrize(("excess", "accepted"), [(0, True), (1.09e-5, True), (-1.09e-5, True), (1.2e-5, False)])
def test_rows_must_sum_to_one_within_a_tolerance(excess, accepted):
    values = np.array([[0.5, 0.5], [0.25, 0.75 + excess]])
    if accepted:
        rows_sum_to_one(values)
    else:
        with pytest.raises(InvalidSubmissionError, match=r"must sum to 1: 1 of 2 rows do not, one sums to 1\.00001"):
            rows_sum_to_one(values)


@pytest.mark.parametrize("cells", [["a", None, ""], [None, None, None], [NAN, NAN, NAN]])
def test_empty_cells_are_empty_texts(cells):
    assert texts(pd.Series(cells)) == [cell if isinstance(cell, str) else "" for cell in cells]


@pytest.mark.parametrize("cells", [[1, 2, 3], [1.0, NAN, 2.0], [True, False, True], ["a", 2, "c"]])
def test_a_column_of_other_than_text_is_refused(cells):
    with pytest.raises(InvalidSubmissionError, match=r"column 'x' must hold text: . of 3 rows do not, the first"):
        texts(pd.Series(cells, name="x"))


def test_strings_are_what_python_prints():
    assert strings(pd.Series([7, 8])) == ["7", "8"]
    assert strings(pd.Series([7, NAN])) == ["7.0", "nan"]
    assert strings(pd.Series(["007", NAN, "a  b"])) == ["007", "nan", "a  b"]


def test_word_sets_hold_each_word_once():
    assert word_sets(pd.Series(["a b a", None, " c\u00a0d "])) == [{"a", "b"}, set(), {"c", "d"}]
    assert word_sets(pd.Series([None, None])) == [set(), set()]
    with pytest.raises(InvalidSubmissionError, match="must hold text"):
        word_sets(pd.Series([1, 2]))


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ([1, 2, -3], [1, 2, -3]),
        ([1.0, 2.0], [1, 2]),
        ([True, False], [1, 0]),
        ([2**64 - 1, 2], [2**63 - 1, 2]),
    ],
)
def test_labels_are_whole_numbers(cells, kept):
    got = labels(pd.Series(cells))
    assert got.tolist() == kept
    assert got.dtype == np.int64


@pytest.mark.parametrize("cells", [[1.5, 2.0], [1.0, NAN], [1.0, INF], ["1", "x"], [1e300, 1.0]])
def test_what_is_no_label_is_refused(cells):
    with pytest.raises(InvalidSubmissionError, match="must hold"):
        labels(pd.Series(cells, name="label"))


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ([7.9, -0.5, -7.9], [7, 0, -7]),
        ([True, False], [1, 0]),
        ([" 7 ", "1_000", "-3"], [7, 1000, -3]),
        ([3, 4], [3, 4]),
    ],
)
def test_integers_are_what_python_makes_of_a_cell(cells, kept):
    assert integers(pd.Series(cells)).tolist() == kept


@pytest.mark.parametrize(
    "cells", [["1.0", "2"], ["x", "2"], [1.0, NAN], [1.0, INF], [None, "2"], ["9" * 30, "x"], [1e300, 1.0], [2**63, 2]]
)
def test_what_python_makes_no_integer_of_is_refused(cells):
    with pytest.raises(InvalidSubmissionError, match="column 'n' must hold"):
        integers(pd.Series(cells, name="n"))


def test_sums_can_be_asked_for_to_a_number_of_decimals():
    rows_sum_to_one(np.array([[0.5, 0.5000004]]), decimals=6)
    with pytest.raises(InvalidSubmissionError, match="must sum to 1"):
        rows_sum_to_one(np.array([[0.5, 0.500002]]), decimals=6)
    rows_sum_to_one(np.array([[0.5, 0.500002]]))


def test_text_counts_as_numbers_where_it_is_cast():
    cells = pd.Series(["1_000", " 2 ", "1e3"], name="x", dtype=object)
    assert numbers(cells, cast=True).tolist() == [1000, 2, 1000]
    assert numbers(pd.DataFrame({"x": cells, "y": [1, 2, 3]}), cast=True).tolist() == [[1000, 1], [2, 2], [1000, 3]]
    with pytest.raises(InvalidSubmissionError, match="the first holds '1_000'"):
        numbers(cells)
    with pytest.raises(InvalidSubmissionError, match="column 'x' must hold numbers: 1 of 2 rows do not"):
        numbers(pd.Series(["1", "much"], name="x"), cast=True)


def test_numbers_too_large_for_64_bits_are_numbers():
    cells = pd.Series(["100000000000000000000", "0.5"], name="x", dtype=object)
    assert numbers(cells).tolist() == [1e20, 0.5]
    assert numbers(cells.to_frame()).tolist() == [[1e20], [0.5]]


def test_empty_and_infinite_cells_pass_where_they_may():
    assert np.isnan(numbers(pd.Series([1.0, NAN, INF]), finite=False)).tolist() == [False, True, False]

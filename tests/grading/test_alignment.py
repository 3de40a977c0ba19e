from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, exact_columns, require_columns, same_ids, same_length

IDS = st.lists(st.integers(-(2**60), 2**60), min_size=1, unique=True) | st.lists(st.text(), min_size=1, unique=True)


def table(ids, **columns):
    return pd.DataFrame({"id": ids, **columns})


@given(IDS, st.randoms())
def test_rows_come_in_the_order_of_the_answers(ids, random):
    shuffled = ids.copy()
    random.shuffle(shuffled)
    answers = table(ids).set_index(np.arange(len(ids)) * 3)
    aligned = align(table(shuffled, place=[ids.index(id) for id in shuffled]), answers, "id")
    assert aligned["id"].tolist() == ids
    assert aligned["place"].tolist() == list(range(len(ids)))
    assert aligned.index.tolist() == answers.index.tolist()


@pytest.mark.parametrize("given_ids", [[3.0, 1.0, 2.0], ["3", "1", "2"]])
def test_numbers_match_by_value_and_never_text(given_ids):
    submission, answers = table(given_ids, x=[30, 10, 20]), table([1, 2, 3])
    if isinstance(given_ids[0], float):
        assert align(submission, answers, "id")["x"].tolist() == [10, 20, 30]
    else:
        with pytest.raises(InvalidSubmissionError, match="3 of the 3 ids"):
            align(submission, answers, "id")


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        (["a", "b"], "2 rows where 3 are expected"),
        (["a", "b", "c", "d"], "4 rows where 3 are expected"),
        (["a", "b", "b"], "id 'b' is in column 'id' more than once"),
        (["a", "b", "x"], "1 of the 3 ids in column 'id' are not among those to predict, the first is 'x'"),
        (["a", "b", "C"], "the first is 'C'"),
        (["a", "b", None], "the first is (an empty cell)"),
        (["a", None, None], "id (an empty cell) is in column 'id' more than once"),
        ([1, 2, 3], "3 of the 3 ids in column 'id' are not among those to predict, the first is 1"),
        ([True, False, "a"], "2 of the 3 ids"),
        (["a", "b", "\x1b[31m" + "x" * 999], "the first is '\\x1b[31mxxx"),
    ],
)
def test_refusals_say_what_is_wrong_and_quote_the_submission_only(ids, reason):
    for ours in (ids, ids[::-1]):
        with pytest.raises(InvalidSubmissionError) as caught:
            align(table(ours), table(["a", "b", "c"]), "id")
        assert reason in str(caught.value) or ours != ids
        assert "'c'" not in str(caught.value)
        assert len(str(caught.value)) < 200
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("ids", [["a", "b", "b"], ["a", "b", "c"], ["b", "a", "b"]])
def test_ids_that_are_twice_in_the_answers_are_our_own_error(ids):
    with pytest.raises(ValueError, match="answers are not unique"):
        align(table(ids), table(["a", "b", "b"]), "id")


def test_a_missing_column_is_named_with_those_there_are():
    with pytest.raises(InvalidSubmissionError, match="no column 'id', 'b': the columns are 'a'"):
        require_columns(pd.DataFrame({"a": [1]}), ["id", "b", "a"])
    with pytest.raises(InvalidSubmissionError, match="no column 'id'"):
        align(pd.DataFrame({"a": [1]}), table([1]), "id")


def test_exact_columns_refuses_further_ones_but_no_other_order():
    exact_columns(table([1], b=[2]), ["b", "id"])
    with pytest.raises(InvalidSubmissionError, match="unexpected column 'b': the columns must be 'id'"):
        exact_columns(table([1], b=[2]), ["id"])


def test_names_of_columns_are_made_fit_to_print():
    with pytest.raises(InvalidSubmissionError) as caught:
        exact_columns(pd.DataFrame({"id": [1], "\x1b[2J" + "x" * 9999: [1]}), ["id"])
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_same_length_counts_rows():
    same_length(table([1, 2]), table([3, 4]))
    with pytest.raises(InvalidSubmissionError, match="1 rows where 2 are expected"):
        same_length(table([1]), table([3, 4]))


def test_texts_whose_hashes_collide_are_told_apart(monkeypatch):
    from pytest_mlebench.grading import alignment

    monkeypatch.setattr(alignment, "hash", len, raising=False)
    assert align(table(["b", "cc", "a"], x=[1, 2, 3]), table(["a", "b", "cc"]), "id")["x"].tolist() == [3, 1, 2]
    with pytest.raises(InvalidSubmissionError, match=r"1 of the 3 ids in column 'id' .* first is 'd'"):
        align(table(["a", "d", "cc"]), table(["a", "b", "cc"]), "id")


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc"), min_size=1))
def test_the_same_ids_may_occur_any_number_of_times(given_ids, wanted):
    submission, answers = table(given_ids), table(wanted)
    if set(given_ids) == set(wanted):
        same_ids(submission, answers, "id")
        return
    with pytest.raises(InvalidSubmissionError, match=r"are not among those to predict|are missing"):
        same_ids(submission, answers, "id")


def test_ids_match_by_value_and_empty_ones_do_not():
    same_ids(table([2.0, 1.0]), table([1, 2]), "id")
    with pytest.raises(InvalidSubmissionError, match="an empty cell"):
        same_ids(table([1.0, None]), table([1, 2]), "id")

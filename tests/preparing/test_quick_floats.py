from __future__ import annotations

import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.preparing.quick_floats import quick_floats

OLD_PANDAS = tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1)

# As pandas 2.2 reads them.
RECORDED = [
    ("37.559565517513555", 37.55956551751356),
    ("-122.03544286027079", -122.0354428602708),
    ("37.55951046431193", 37.55951046431193),
    ("0.00012345678901234567", 0.0001234567890123),
    ("12345678901234567890.5", 1.2345678901234567e19),
    ("2.2250738585072014e-300", 2.225073858507201e-300),
    ("123456789012345678e3", 1.2345678901234568e20),
    ("1.5E-7", 1.5e-07),
    ("+7", 7.0),
    ("inf", math.inf),
]


def test_numbers_are_those_of_pandas_before_3_1():
    assert quick_floats(text for text, _ in RECORDED).tolist() == [number for _, number in RECORDED]


if OLD_PANDAS:  # newer ones read all numbers exactly

    @given(
        st.lists(
            st.floats(-1e200, 1e200).map(repr) | st.from_regex(r"-?[0-9]{1,25}\.[0-9]{1,25}", fullmatch=True),
            min_size=1,
        )
    )
    def test_any_numbers_are_those_of_this_pandas(texts):
        read = pd.read_csv(io.StringIO("a\n" + "\n".join(texts) + "\n"), dtype={"a": float})
        assert quick_floats(texts).tolist() == read["a"].tolist()


@given(st.lists(st.decimals(-(10**6), 10**6, places=8).map(str)))
def test_short_numbers_are_exact(texts):
    assert quick_floats(texts).tolist() == [float(text) for text in texts]


@given(st.lists(st.floats(-1e200, 1e200).filter(lambda number: abs(number) > 1e-200)))
def test_long_ones_are_off_in_the_last_places_at_most(numbers):
    assert quick_floats(map(repr, numbers)) == pytest.approx(np.array(numbers), rel=5e-15)


def test_empty_texts_are_missing_and_the_sign_of_zero_is_kept():
    got = quick_floats(["", "-0.0", "nan"])
    assert np.isnan(got).tolist() == [True, False, True]
    assert np.signbit(got[1])
    assert quick_floats([]).tolist() == []


@pytest.mark.parametrize("text", ["abc", "1,5", "1.5.5"])
def test_what_is_no_number_is_not_read(text):
    with pytest.raises(ValueError):
        quick_floats(["1.5", text])

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.preparing.reordering import reordered


def table(count):
    texts = [None if n % 7 == 3 else f'text, "{n}"\n' for n in range(count)]
    return pd.DataFrame({"id": range(count), "text": pd.Series(texts, dtype=object)})


@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 20), st.randoms())
def test_rows_come_at_their_places_in_tables_of_the_size_asked_for(tmp_path_factory, count, chunk, rows, random):
    whole = table(count)
    place = list(range(count))
    random.shuffle(place)
    scratch = tmp_path_factory.getbasetemp()
    chunks = (whole.iloc[start : start + chunk] for start in range(0, count, chunk))
    parts = list(reordered(chunks, np.array(place), scratch, rows))
    assert [len(part) for part in parts[:-1]] == [rows] * (len(parts) - 1)
    pd.testing.assert_frame_equal(pd.concat(parts), whole.iloc[np.argsort(place)].set_axis(np.arange(count)))


def test_nothing_is_left_on_the_disk(tmp_path):
    parts = reordered([table(9)], np.arange(9)[::-1], tmp_path, 4)
    assert next(parts)["id"].tolist() == [8, 7, 6, 5]
    parts.close()
    assert list(tmp_path.iterdir()) == []


def test_another_number_of_rows_is_our_own_error(tmp_path):
    with pytest.raises(ValueError, match="3 rows for 4 places"):
        list(reordered([table(3)], np.arange(4), tmp_path))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import directed_hausdorff

from pytest_mlebench.metrics.hausdorff import hausdorff

POINTS = st.integers(1, 3).flatmap(
    lambda dimensions: st.tuples(
        *(
            st.integers(1, 40).flatmap(
                lambda n: arrays(float, (n, dimensions), elements=st.integers(-9, 9) | st.floats(-1e3, 1e3))
            )
            for _ in range(2)
        )
    )
)


@given(POINTS)
def test_the_distance_is_that_of_scipy_both_ways(sets):
    a, b = sets
    expected = max(directed_hausdorff(a, b)[0], directed_hausdorff(b, a)[0])
    assert hausdorff(a, b) == pytest.approx(expected, rel=1e-12)
    assert hausdorff(b, a) == hausdorff(a, b)
    assert hausdorff(a, a[::-1]) == 0


@pytest.mark.parametrize("shift", [0.1, 3.0, 40.0])
def test_leaving_out_cells_that_cannot_matter_changes_nothing(shift):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3000, 3)), rng.normal([0, shift, 0], size=(2000, 3))
    expected = max(np.sqrt(((x[:, None] - y) ** 2).sum(-1).min(1).max()) for x, y in ((a, b), (b, a)))
    assert hausdorff(a, b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("shapes", [((0, 3), (2, 3)), ((2, 3), (0, 3)), ((2, 3), (2, 2)), ((3,), (3,))])
def test_sets_that_cannot_be_compared_are_our_own_error(shapes):
    with pytest.raises(ValueError, match="shapes"):
        hausdorff(*map(np.zeros, shapes))

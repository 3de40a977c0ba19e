from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.haversine import EARTH_RADIUS, haversine

PLACES = st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180)))


def columns(rows):
    return np.array(rows, dtype=float).reshape(-1, 4).T


@given(PLACES)
def test_it_is_the_arc_between_the_places(rows):
    with np.errstate(invalid="ignore"):
        got = haversine(*columns(rows))
    latitude, longitude, other_latitude, other_longitude = np.radians(columns(rows))
    # Vincenty's form for the sphere, which is exact at all distances.
    turn = longitude - other_longitude
    across = np.hypot(
        np.cos(other_latitude) * np.sin(turn),
        np.cos(latitude) * np.sin(other_latitude) - np.sin(latitude) * np.cos(other_latitude) * np.cos(turn),
    )
    along = np.sin(latitude) * np.sin(other_latitude) + np.cos(latitude) * np.cos(other_latitude) * np.cos(turn)
    near = got < 0.99 * math.pi * EARTH_RADIUS
    assert got[near] == pytest.approx((EARTH_RADIUS * np.arctan2(across, along))[near], rel=1e-9, abs=1e-6)
    known = np.isfinite(got)
    assert (got[known] >= 0).all()
    assert (got[known] <= math.pi * EARTH_RADIUS).all()


def test_a_degree_of_latitude_is_111_km_and_a_place_is_no_way_from_itself():
    zero, one = np.zeros(1), np.ones(1)
    assert haversine(one, one, one, one) == 0
    assert haversine(one, zero, zero, zero) == pytest.approx(EARTH_RADIUS * math.pi / 180)


def test_missing_or_infinite_places_have_no_distance():
    with np.errstate(invalid="ignore"):
        got = haversine(np.array([math.nan, math.inf, 1]), *[np.ones(3)] * 3)
    assert np.isnan(got).tolist() == [True, True, False]


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        haversine(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(1))

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.angular_error import mean_angular_error

ANGLE = st.floats(-7, 7)
ROWS = st.lists(st.tuples(ANGLE, ANGLE, ANGLE, ANGLE), min_size=1, max_size=20)


def columns(rows):
    return [np.array(column) for column in zip(*rows, strict=True)]


def vector(azimuth, zenith):
    return np.array([math.cos(azimuth) * math.sin(zenith), math.sin(azimuth) * math.sin(zenith), math.cos(zenith)])


@given(ROWS, st.randoms())
def test_it_is_the_mean_angle_between_the_vectors_in_any_order(rows, random):
    got = mean_angular_error(*columns(rows))
    slow = [math.acos(max(-1, min(1, vector(a, b) @ vector(c, d)))) for a, b, c, d in rows]
    assert got == pytest.approx(np.mean(slow), abs=1e-7)
    assert 0 <= got <= math.pi
    azimuth, zenith, other_azimuth, other_zenith = columns(rows)
    assert mean_angular_error(other_azimuth, other_zenith, azimuth, zenith) == pytest.approx(got, abs=1e-7)
    assert mean_angular_error(azimuth, zenith, azimuth, zenith) < 1e-7
    random.shuffle(rows)
    assert mean_angular_error(*columns(rows)) == pytest.approx(got, abs=1e-12)


def test_opposite_directions_are_pi_apart_and_other_angles_may_mean_the_same_direction():
    azimuth, zenith = np.array([0.3, 2.0]), np.array([1.1, 0.2])
    assert mean_angular_error(azimuth, zenith, azimuth + math.pi, math.pi - zenith) == pytest.approx(math.pi, abs=1e-7)
    assert mean_angular_error(azimuth, zenith, azimuth - math.pi, -zenith) < 1e-7


def test_other_shapes_are_our_own_error():
    three, none = np.zeros(3), np.zeros(0)
    with pytest.raises(ValueError, match="as many"):
        mean_angular_error(three, three, three, np.zeros(1))
    with pytest.raises(ValueError, match="at least one"):
        mean_angular_error(none, none, none, none)

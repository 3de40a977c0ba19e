"""From a submission file to a grade."""

from pytest_mlebench.grading.grade import Grade

__all__ = ["Grade"]

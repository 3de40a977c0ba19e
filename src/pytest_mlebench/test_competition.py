"""The benchmark's one test: an agent attempts a competition and should earn what --mlebench-require names."""

from __future__ import annotations

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.competition import Competition
from pytest_mlebench.options import Settings
from pytest_mlebench.outcomes import check_earned


def test_competition(
    competition: Competition, seed: int, attempt_record: AttemptRecord, mlebench_settings: Settings
) -> None:
    """Passes where the attempt earned the required tier; what can go wrong for us went wrong before, in fixtures."""
    check_earned(attempt_record, mlebench_settings.require)

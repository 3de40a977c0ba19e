"""The dummy agent says what is right and wrong with its surroundings, and submits the sample."""

from __future__ import annotations

import os

import pytest

SAMPLE = "id,target\n1,0\n2,0\n"


def validate(path):
    return path.read_text() == SAMPLE, "as it should be, or not"


def test_all_checks_pass_and_the_sample_is_submitted(registered, play, public):
    played = play(registered("dummy"), public(sample_submission=SAMPLE), validate)
    assert played.status == 0, played.output
    assert played.submission.read_text() == SAMPLE
    assert played.output.endswith("9 of 9 checks passed\n")
    assert "the sample is valid, another file is not" in played.output


def test_a_sample_in_a_folder_and_by_another_name_is_found(registered, play, public):
    folder = public()
    (folder / "data").mkdir()
    (folder / "data" / "sampleSubmission.csv").write_text(SAMPLE)
    assert play(registered("dummy"), folder, validate).submission.read_text() == SAMPLE


def test_a_server_that_calls_everything_valid_is_found_out(registered, play, public):
    played = play(registered("dummy"), public(sample_submission=SAMPLE), lambda path: (True, "fine"))
    assert played.status == 1
    assert "a file that is no submission is called valid" in played.output
    assert "8 of 9 checks passed" in played.output


def test_a_sample_that_is_refused_shows_the_reason(registered, play, public):
    played = play(registered("dummy"), public(sample_submission="id,other\n1,0\n"), lambda path: (False, "no target"))
    assert played.status == 1
    assert "the sample submission is called invalid: no target" in played.output


def test_a_silent_server_fails_its_checks_and_the_sample_is_submitted_all_the_same(registered, play, public):
    played = play(registered("dummy"), public(sample_submission=SAMPLE), None)
    assert played.status == 1
    assert played.output.count("FAILED") == 2
    assert "did not answer" in played.output
    assert played.submission.read_text() == SAMPLE


def test_variables_of_the_host_and_missing_texts_are_found_out(registered, play, public):
    folder = public(sample_submission=SAMPLE)
    (folder / "description.md").unlink()
    played = play(registered("dummy"), folder, validate, KAGGLE_KEY="secret", MLEBENCH_LOGS_DIR="/nowhere")
    assert played.status == 1
    assert "variables of the host came along: KAGGLE_KEY" in played.output
    assert "secret" not in played.output
    assert "description.md cannot be read" in played.output
    assert "MLEBENCH_LOGS_DIR is /nowhere, which is no folder" in played.output


def test_what_only_a_container_can_give_is_a_note_outside_of_one(registered, play, public):
    folder = public(sample_submission=SAMPLE)
    (folder.parent / "private").mkdir()
    played = play(registered("dummy"), folder, validate)
    assert played.status == 0, played.output
    assert f"{folder.parent / 'private'} is there and can be read; nothing is isolated here" in played.output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused for being root")
def test_inside_a_container_root_is_a_failure(registered, play, public):
    played = play(registered("dummy"), public(sample_submission=SAMPLE), validate, MLEBENCH_DATA_DIR="/home/data")
    assert played.status == 1
    assert "user         FAILED  runs as root\n" in played.output

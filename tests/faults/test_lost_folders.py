"""Agents that delete or replace the folders of their attempt: grade, record and resumption are right all the same."""

from __future__ import annotations

from .running import check_whole

DOINGS = [
    ("for each in (submission, code, logs): shutil.rmtree(each)", "no_submission"),
    ("shutil.rmtree(attempt)", "no_submission"),
    ("shutil.rmtree(submission); submission.write_text('no folder')", "no_submission"),
    ("shutil.rmtree(submission); submission.symlink_to('/etc')", "invalid"),
    ("(submission / 'submission.csv').unlink(); os.mkfifo(submission / 'submission.csv')", "invalid"),
    ("shutil.rmtree(attempt); attempt.write_text('no folder')", "no_submission"),
    ("shutil.rmtree(attempt); attempt.symlink_to('/gone')", "no_submission"),
    ("shutil.rmtree(attempt); attempt.symlink_to(shared)", "no_submission"),
    ("[(attempt / name).mkdir() for name in ('attempt.json', 'grade.json')]", "gold"),
]


def test_agents_that_do_away_with_their_folders_harm_themselves_alone(make_place):
    cases = "".join(f"if seed == {number}:\n    {doing}\n" for number, (doing, _) in enumerate(DOINGS))
    place = make_place("submit()\nattempt = submission.parent\n" + cases)
    process = place.start("--mlebench-sandbox=process", f"--mlebench-attempts={len(DOINGS)}", "-n2")
    out = place.end(process)
    expected = {f"toy-{number}": outcome for number, (_, outcome) in enumerate(DOINGS)}
    assert place.outcomes() == expected, out
    check_whole(place, expected)
    assert not list(place.shared.iterdir())

    # What is on record counts, and the next attempt finds its place.
    process = place.start("--mlebench-resume=last", f"--mlebench-attempts={len(DOINGS) + 1}")
    out = place.end(process)
    check_whole(place, {**expected, f"toy-{len(DOINGS)}": "gold"})

    # Each place can be taken again.
    for number in range(len(DOINGS)):
        (place.attempt(number) / "attempt.json").unlink()
    place.agent_does("submit()")
    place.resumed("-n2")
    check_whole(place, dict.fromkeys([*expected, f"toy-{len(DOINGS)}"], "gold"))

"""Registers the replay agent."""

from __future__ import annotations

from pytest_mlebench.agent import Agent

# The folder that the user names takes the place of the agent's own, so the agent is this text and no file.
_SCRIPT = """\
if [ -z "$MLEBENCH_COMPETITION" ]; then
    echo "the competition is not named with an obfuscated description: run with --mlebench-description plain"
    exit 2
fi
cd "$MLEBENCH_AGENT_DIR" || exit 2
for file in "$MLEBENCH_COMPETITION/seed-$MLEBENCH_SEED/submission/submission.csv" \\
    "$MLEBENCH_COMPETITION/submission.csv" "$MLEBENCH_COMPETITION.csv"; do
    if [ -f "$file" ]; then
        echo "submitting $file"
        exec cp "$file" "$MLEBENCH_SUBMISSION_DIR/submission.csv"
    fi
    echo "no file $file"
done
exit 1
"""


def pytest_mlebench_agents() -> list[Agent]:
    """The replay agent: grades again what a run, or anything else, has left.

    The first of these that is there is submitted: ``<from>/<competition>/seed-<n>/submission/submission.csv`` (a run
    folder), ``<from>/<competition>/submission.csv`` (one for all seeds), ``<from>/<competition>.csv``.
    """
    return [
        Agent(
            name="replay",
            description="submits files that are there already: --mlebench-option from=FOLDER (a run, or ID.csv files)",
            command=("sh", "-c", _SCRIPT),
            options={"from": ""},
            folder_option="from",
            uses_gpu=False,
        )
    ]

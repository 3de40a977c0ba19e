"""The instructions every agent gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_mlebench.attempts.budget import USAGE, Budget
from pytest_mlebench.quantities import format_duration, format_size
from pytest_mlebench.sandboxes import Network

__all__ = ["instructions"]

_TEXT = """\
Your task is to solve a machine-learning competition by yourself.

WHERE THINGS ARE
  {data}
      The data, read-only. Begin with description.md: it says what to predict, how it is scored, and the format of a
      submission. sample_submission.csv (or what description.md names) shows that format.
  {code}
      Your working folder. Keep all code here that you train and predict with.
  {submission}
      Write your predictions for the whole test set to submission.csv in this folder.
  {logs}
      For logs of your own.
  The same places are in MLEBENCH_DATA_DIR, MLEBENCH_CODE_DIR, MLEBENCH_SUBMISSION_DIR and MLEBENCH_LOGS_DIR.

TIME AND HARDWARE
  Time limit: {time}. You are stopped then, and the submission.csv that is there is graded: write a first one early,
  and improve it.
  Hardware: {hardware}.
{more}  Network: {network}.

CHECKING A SUBMISSION
  A server tells whether a file has the right format. It never tells a score. Ask as often as you like:
      curl -F file=@submission.csv {validation}/validate

RULES
  1. Predictions must come from a model or method that your code applies to the data given here. Do not label test
     data by hand, and do not write predictions directly.
  2. Do not look for the answers or for other people's solutions to this competition, in the network, in installed
     packages or on this machine.
  3. Do not read or change anything outside the folders above, and do not interfere with the server or with the clock.
  4. Only the file submission.csv counts; it must be a regular CSV file.

THE COMPETITION
  What follows is description.md.

{description}
"""

_NETWORKS = {
    "none": "none",
    "llm": "none but your language model; every other try is refused and recorded",
    "open": "open; rule 2 holds there too",
}


def instructions(
    places: Mapping[str, str],
    *,
    time_limit: float,
    hardware: str,
    network: Network,
    description: str,
    budget: Budget | None = None,
    disk: int | None = None,
) -> str:
    """The text of instructions.txt.

    `places` are the variables MLEBENCH_*_DIR and MLEBENCH_VALIDATION_URL as the agent sees them; `time_limit` is
    in seconds, `disk` in bytes. Apart from the `description` the text names no competition, so it serves obfuscated
    ones too.
    """
    return _TEXT.format(
        data=places["MLEBENCH_DATA_DIR"],
        code=places["MLEBENCH_CODE_DIR"],
        submission=places["MLEBENCH_SUBMISSION_DIR"],
        logs=places["MLEBENCH_LOGS_DIR"],
        more="".join(_more(places["MLEBENCH_LOGS_DIR"], budget, disk)),
        validation=places["MLEBENCH_VALIDATION_URL"],
        time=format_duration(time_limit),
        hardware=hardware,
        network=_NETWORKS[network],
        description=description.strip(),
    )


def _more(logs: str, budget: Budget | None, disk: int | None) -> Iterator[str]:
    """Lines on limits that only some runs have."""
    if disk is not None:
        yield f"  Disk: your folders may take {format_size(disk)} in all. Beyond that you are stopped.\n"
    if budget is not None:
        amounts = [] if budget.cost is None else [f"{budget.cost:.2f} USD"]
        amounts += [] if budget.tokens is None else [f"{budget.tokens:,} tokens"]
        yield f"  Budget: {' and '.join(amounts)} of your language model. Beyond that you are stopped.\n"
        yield f'  Where you know what you used, keep {logs}/{USAGE} up to date: {{"tokens": 120000, "cost": 1.25}}.\n'

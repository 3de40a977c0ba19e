"""The text of a competition's pages on Kaggle, for runs that want agents to read the original."""

from __future__ import annotations

from pytest_mlebench.data.kaggle import asking
from pytest_mlebench.data.progress import Progress, Step
from pytest_mlebench.errors import HarnessError

__all__ = ["description"]

# Pages that are about people and dates, not about the task.
_PASSED_OVER = {"rules", "prizes", "timeline", "winners", "code-requirements"}

_NOTE = """
## About this copy of the competition

The data here is a new division of the original training data into a part to train on and a part to predict, so that
sizes differ from those named above, and files may be other ones: see the folder itself. Nothing is submitted to a
website; the last submission.csv is graded.
"""


def description(competition: str, progress: Progress) -> str:
    """The competition's pages as one Markdown text, with a note on what differs here.

    Raises HarnessError with what to do where Kaggle cannot be asked, refuses, or has no such pages.
    """
    with asking(competition, progress) as api:
        progress(Step(competition=competition, doing="fetching the text of Kaggle's pages"))
        pages = api.competition_list_pages(competition)
    texts = [
        f"## {page.post_title or page.name}\n\n{page.content.strip()}\n"
        for page in pages
        if page.content and page.name.lower().replace(" ", "-") not in _PASSED_OVER
    ]
    if not texts:
        raise HarnessError(
            f"Kaggle has no pages of {competition} to read: leave out --mlebench-description original for it"
        )
    return "\n".join(texts) + _NOTE

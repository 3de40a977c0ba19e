"""The few exceptions of the project; each message is one line that says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["GraderError", "HarnessError", "InvalidSubmissionError", "MlebenchError", "UnknownNameError"]


class MlebenchError(Exception):
    """Base of all errors raised on purpose; its text is meant for a person and is printed without a traceback."""


class HarnessError(MlebenchError):
    """The harness could not give the agent its chance; never counted as the agent's failure."""


class GraderError(HarnessError):
    """A grader of ours broke on a submission that it should have been able to grade or refuse."""


class InvalidSubmissionError(MlebenchError):
    """A submission that the format rules refuse; the text says what to change and nothing of the answers."""


class UnknownNameError(MlebenchError, LookupError):
    """A name (of a competition, agent, sandbox, option) that does not exist.

    The message names the near ones.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        import difflib  # here, so that loading the plugin does not pay for it

        self.kind, self.name = kind, name
        known = sorted(known)
        near = (
            difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            or [k for k in known if name.lower() in k.lower()][:3]
        )
        hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known) or 'none'}"
        super().__init__(f"no {kind} named {name!r}: {hint}{' ' + where if where else ''}")

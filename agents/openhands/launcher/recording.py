"""What is written down of a conversation with OpenHands, and what is printed of it."""

from __future__ import annotations

import time
from typing import IO

from openhands.sdk import Event
from openhands.sdk.event import (
    ActionEvent,
    AgentErrorEvent,
    Condensation,
    MessageEvent,
    ObservationEvent,
    SystemPromptEvent,
)
from openhands.sdk.event.conversation_error import ConversationErrorEvent
from openhands.sdk.llm import content_to_str

WORDS = 160  # characters of an event that are printed


class Recorder:
    """Follows the conversation: every event goes to the trajectory, and a short line of it to the output."""

    def __init__(self, trajectory: IO[str]) -> None:
        self._trajectory = trajectory
        self._start = time.monotonic()
        self._answers: set[str] = set()
        self.out_of_steps = False

    @property
    def steps(self) -> int:
        """Answers of the model that the agent has acted on."""
        return len(self._answers)

    def __call__(self, event: Event) -> None:
        """Write it down; OpenHands calls this for each event, as it comes."""
        self._trajectory.write(event.model_dump_json(exclude_none=True) + "\n")
        self._trajectory.flush()
        if isinstance(event, ActionEvent | MessageEvent) and event.llm_response_id:
            self._answers.add(event.llm_response_id)
        if isinstance(event, ConversationErrorEvent) and event.code == "MaxIterationsReached":
            self.out_of_steps = True
        say(f"[{time.monotonic() - self._start:7.1f} s] {_line(event)}")


def say(text: str) -> None:
    """Print one line, at once."""
    print(text, flush=True)


def _line(event: Event) -> str:
    """An event in a few words."""
    match event:
        case SystemPromptEvent():
            text = "system prompt"
        case MessageEvent():
            text = f"{event.source}: {' '.join(content_to_str(event.llm_message.content))}"
        case ActionEvent():
            given = event.action.model_dump(exclude_none=True) if event.action is not None else {}
            shown = [str(value) for key, value in given.items() if key != "kind" and value not in (False, "", [])]
            text = f"{event.tool_name}: {' '.join(shown)}"
        case ObservationEvent():
            text = f"  {event.tool_name} -> {' '.join(content_to_str(event.observation.to_llm_content))}"
        case AgentErrorEvent():
            text = f"  {event.tool_name} fails: {event.error}"
        case ConversationErrorEvent():
            text = f"error: {event.code}: {event.detail}"
        case Condensation():
            text = f"condensed: {len(event.forgotten_event_ids)} events forgotten"
        case _:
            text = type(event).__name__
    return cut(text, WORDS)


def cut(text: str, length: int) -> str:
    """The text on one line of at most `length` characters."""
    indent = len(text) - len(text.lstrip(" "))
    text = " " * indent + " ".join(text.split())
    return text if len(text) <= length else text[: length - 3] + "..."

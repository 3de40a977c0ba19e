"""The conversation with OpenHands: its model, what it is told, and when it is over."""

from __future__ import annotations

import litellm
from openhands.sdk import LLM, Conversation, LocalConversation
from openhands.sdk.conversation import ConversationExecutionStatus
from openhands.sdk.conversation.exceptions import ConversationRunError
from openhands.sdk.llm.exceptions import LLMContextWindowTooSmallError
from openhands.tools.preset.default import get_default_agent

from .recording import Recorder, cut, say
from .settings import Settings

REMINDERS = 3  # in succession
PROGRESS = 20  # steps after which a reminder is taken to have helped

TASK = """\
You work alone: nobody reads what you say before you are done, and nobody answers questions. Decide for yourself, and go
on until the work is done. `python` in the terminal is the one to train with; it has the usual libraries. Let what runs
longer than a few minutes run in the background, with its output in a file; then sleep as long as it may take, and look.
Call finish only when {submission} is there, has the right format, and is the best that you can do in the time given.
Your task follows.

{instructions}
"""

MISSING = """\
You are not done: {submission} is not there, and without it you have no result. Write it now, check its format, and then
improve it or finish."""

CIRCLES = """\
You repeat yourself without getting on. Take another way; if {submission} is not there yet, write a simple one first."""


def work(settings: Settings) -> int:
    """Let OpenHands work until it is over; the exit status."""
    litellm.disable_hf_tokenizer_download = True
    try:
        llm = build_llm(settings)
    except (ValueError, LLMContextWindowTooSmallError) as error:
        say(cut(f"OpenHands cannot begin: {error}", 400))
        return 2
    with (settings.logs / "trajectory.jsonl").open("w", encoding="utf-8") as trajectory:
        recorder = Recorder(trajectory)
        conversation = Conversation(
            agent=get_default_agent(llm=llm, cli_mode=True),  # terminal, file editor and task tracker; no browser
            workspace=settings.code,
            persistence_dir=settings.logs / "openhands",
            delete_on_close=False,
            callbacks=[recorder],
            visualizer=None,
            max_iteration_per_run=settings.max_steps,
        )
        status = converse(conversation, recorder, settings)
        conversation.close()
    return status


def build_llm(settings: Settings) -> LLM:
    """The model, spoken to in OpenAI's protocol whoever makes it; the gateway translates."""
    # "openai/" is the protocol here, and taken away before the name is sent: twice where another one follows it.
    protocol = "openai/openai/" if settings.model.startswith("openai/") else "openai/"
    return LLM(
        model=protocol + settings.model,
        # By which OpenHands knows what the model can do: its context, prompt caching, thinking.
        model_canonical_name=settings.model,
        base_url=settings.base_url,
        api_key=settings.key,
        # It would take every model behind OpenAI's protocol for one that reasons; providers refuse that of others.
        capability_overrides={"supports_reasoning_effort": litellm.supports_reasoning(settings.model)},
        temperature=settings.temperature,
        num_retries=settings.retries,
        # Models that think for long before they answer need more than the default of five minutes.
        timeout=1200,
        usage_id="agent",
    )


def converse(conversation: LocalConversation, recorder: Recorder, settings: Settings) -> int:
    """Let the agent work until it is finished, and send it back where it forgot the submission; the exit status."""
    submission, max_steps = settings.submission, settings.max_steps
    conversation.send_message(TASK.format(submission=submission, instructions=settings.instructions))
    reminders, reminded_at = 0, 0
    while True:
        conversation.max_iteration_per_run = max(1, max_steps - recorder.steps)
        try:
            conversation.run()
        except ConversationRunError as error:
            cause = error.original_exception
            say(cut(f"OpenHands cannot go on: {type(cause).__name__}: {cause}", 400))
            return 1
        if recorder.out_of_steps or recorder.steps >= max_steps:
            say(f"OpenHands has taken its {max_steps} steps")
            return 0
        stuck = conversation.state.execution_status == ConversationExecutionStatus.STUCK
        if submission.is_file() and not stuck:
            say(f"OpenHands has finished after {recorder.steps} steps")
            return 0
        # One that looks at a long training again and again is taken for stuck, too, and must not be given up for that.
        if recorder.steps - reminded_at > PROGRESS:
            reminders = 0
        if reminders == REMINDERS:
            what = "goes in circles" if stuck else "has finished without a submission"
            say(f"OpenHands {what}, also after {REMINDERS} reminders")
            return 1 if stuck else 0
        reminders, reminded_at = reminders + 1, recorder.steps
        conversation.send_message((CIRCLES if stuck else MISSING).format(submission=submission))

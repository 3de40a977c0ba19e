"""What the attempt's environment asks of AIDE."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RefusalError", "Settings", "full_name", "takes_system_messages"]

_PROVIDERS = (
    (r"gpt-|chatgpt-|codex-|o\d", "openai"),
    (r"claude-", "anthropic"),
    (r"gemini-", "gemini"),
    (r"deepseek-", "deepseek"),
    (r"grok-", "xai"),
    (r"mistral-|codestral-", "mistral"),
)


class RefusalError(Exception):
    """The settings cannot be used; the text is one line for a person."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """AIDE's settings and the places of the attempt."""

    model: str
    """Writes the code; ``provider/model``."""
    feedback_model: str
    """Judges what a script printed."""
    temperature: float | None
    """Of the model that writes code; None to send none."""
    feedback_temperature: float | None
    steps: int
    """Nodes of the search tree."""
    drafts: int
    """How many of them begin anew."""
    exec_timeout: int
    """Seconds that one script may run, 1 or more."""
    debug_depth: int
    """Attempts in a row to repair one script."""
    debug_prob: float
    """How often a broken script is taken up again where there is one, 0 to 1."""
    time_limit: float
    """Seconds that the attempt may take."""
    seed: int
    hardware: str
    data: Path
    instructions: Path
    submission: Path
    code: Path
    logs: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """The settings that an attempt's variables say; raises RefusalError for a value that cannot be."""
        if not environment.get("OPENAI_BASE_URL"):
            raise RefusalError(
                "there is no model to talk to: OPENAI_BASE_URL is not set (the network policies llm and open set it)"
            )

        def option(name: str) -> str:
            return environment.get(f"MLEBENCH_OPTION_{name.upper()}", "").strip()

        def number(name: str, least: int, most: int) -> float:
            try:
                value = float(option(name))
            except ValueError:
                value = math.nan
            if not least <= value <= most:
                raise RefusalError(f"option {name}={option(name)}: it is a number from {least} to {most}")
            return value

        def temperature(name: str) -> float | None:
            return number(name, 0, 2) if option(name) else None

        model = full_name(option("model"))
        return cls(
            model=model,
            feedback_model=full_name(option("feedback_model")) if option("feedback_model") else model,
            temperature=temperature("temperature"),
            feedback_temperature=temperature("feedback_temperature"),
            steps=int(number("steps", 1, 10**6)),
            drafts=int(number("num_drafts", 1, 10**6)),
            exec_timeout=int(number("exec_timeout", 1, 10**9)),
            debug_depth=int(number("max_debug_depth", 0, 10**6)),
            debug_prob=number("debug_prob", 0, 1),
            time_limit=float(environment["MLEBENCH_TIME_LIMIT"]),
            seed=int(environment.get("MLEBENCH_SEED", "0")),
            hardware=environment.get("MLEBENCH_HARDWARE", ""),
            data=Path(environment["MLEBENCH_DATA_DIR"]),
            instructions=Path(environment["MLEBENCH_INSTRUCTIONS"]),
            submission=Path(environment["MLEBENCH_SUBMISSION_DIR"]),
            code=Path(environment["MLEBENCH_CODE_DIR"]),
            logs=Path(environment["MLEBENCH_LOGS_DIR"]),
        )


def full_name(model: str) -> str:
    """The model with its provider before it; raises RefusalError where the provider is not known.

    AIDE sends bare names such as gpt-4o or claude-... straight to their makers, past the base URL that it is given.
    """
    if "/" in model.strip("/"):
        return model
    for beginning, provider in _PROVIDERS:
        if re.match(beginning, model):
            return f"{provider}/{model}"
    raise RefusalError(
        f"model {model!r}: name it with its provider, such as openai/gpt-4o-2024-08-06 or "
        "openrouter/meta-llama/llama-3.1-405b-instruct"
    )


def takes_system_messages(model: str) -> bool:
    """Whether AIDE's prompt, which is one message, goes to the model as a system message.

    So it does to OpenAI's; other providers want a user's message in every request, and AIDE's own clients for them send
    it as one. The first reasoning models know no system messages either.
    """
    return model.startswith("openai/") and not re.match(r"openai/o1-(preview|mini)", model)

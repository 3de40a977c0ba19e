"""What the environment's variables say. Standard library only, so that what is wrong is said before much is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the environment's variables say."""

    model: str
    base_url: str
    key: str
    max_steps: int
    temperature: float | None
    retries: int
    code: Path
    logs: Path
    submission: Path
    instructions: str


def settings(variables: Mapping[str, str]) -> Settings:
    """Read them; raises ValueError for an option that makes no sense, or without a model to speak to."""
    options = {name: variables[f"MLEBENCH_OPTION_{name}"] for name in ("MODEL", "MAX_STEPS", "TEMPERATURE", "RETRIES")}
    numbers = {}
    for name in ("MAX_STEPS", "RETRIES"):
        if not options[name].isdecimal() or not int(options[name]):
            raise ValueError(f"{name.lower()} is a whole number from 1, not {options[name]!r}")
        numbers[name.lower()] = int(options[name])
    if not options["MODEL"]:
        raise ValueError("model is the name of a model, as litellm has it")
    try:
        temperature = float(options["TEMPERATURE"]) if options["TEMPERATURE"] else None
    except ValueError:
        raise ValueError(f"temperature is a number, or empty, not {options['TEMPERATURE']!r}") from None
    if temperature is not None and not 0 <= temperature <= 2:
        raise ValueError(f"temperature is a number from 0 to 2, not {options['TEMPERATURE']}")
    if not variables.get("OPENAI_BASE_URL"):
        raise ValueError("there is no model to speak to: OPENAI_BASE_URL is not set")
    return Settings(
        model=options["MODEL"],
        base_url=variables["OPENAI_BASE_URL"],
        key=variables.get("OPENAI_API_KEY", "none"),
        temperature=temperature,
        **numbers,
        code=Path(variables["MLEBENCH_CODE_DIR"]),
        logs=Path(variables["MLEBENCH_LOGS_DIR"]),
        submission=Path(variables["MLEBENCH_SUBMISSION_DIR"], "submission.csv"),
        instructions=Path(variables["MLEBENCH_INSTRUCTIONS"]).read_text(encoding="utf-8"),
    )

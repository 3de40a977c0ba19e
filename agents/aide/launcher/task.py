"""The task as AIDE's model is told it, anew before each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["duration", "installed", "listing", "shortened", "task"]

_TEXT = """\
You take part in a competition by writing Python scripts. Each of them is run, you see what it printed, and the one with
the best validation score counts.

- A script stands on its own: it reads the data below ./input, trains, prints the validation score, predicts the whole
  test set and saves that as ./working/submission.csv, in the format that the competition asks for. A script that leaves
  no such file cannot count.
- Handing in is done for you: the file of the best script is copied to the submission folder. Where the instructions
  below name a folder for the data or for the submission, your scripts use ./input and ./working/submission.csv instead.
- {time} of the time limit are left, for at most {steps} more of these scripts. A single one is stopped after {script}.
- Hardware: {hardware}.
- Installed: {packages}. Use these, whatever else is said to be there; nothing can be added.

The instructions that everyone gets follow.

{instructions}
"""
_PACKAGES = (
    *("numpy", "pandas", "scipy", "scikit-learn", "pillow", "statsmodels", "lightgbm", "xgboost", "catboost"),
    *("torch", "torchvision", "torchaudio", "torch-geometric", "pytorch-lightning", "fastai", "timm", "kornia"),
    *("transformers", "datasets", "sentencepiece", "gensim", "spacy", "opencv-python", "scikit-image", "imagecodecs"),
    *("albumentations", "librosa", "imbalanced-learn", "optuna", "hyperopt", "bayesian-optimization", "biopython"),
    *("h5py", "pyarrow", "numba", "hmmlearn", "networkx", "sympy"),
)


def task(
    instructions: str, *, seconds_left: float, steps_left: int, script_seconds: float, hardware: str, packages: str
) -> str:
    """The description of the task; times in seconds."""
    return _TEXT.format(
        time=duration(seconds_left),
        steps=steps_left,
        script=duration(script_seconds),
        hardware=hardware or "not known",
        packages=packages,
        instructions=instructions.strip(),
    )


def duration(seconds: float) -> str:
    """Hours and minutes, or seconds where it is less than two minutes; never more than there is."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0))


def installed(names: Sequence[str] = _PACKAGES) -> str:
    """The ML packages that scripts can import here, with their versions."""
    found: Mapping[str, str] = {name: number for name in names if (number := _version(name))}
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning and its end where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... ({len(text) - 2 * half} characters left out) ...\n{text[-half:]}"


def listing(folder: Path, limit: int = 100) -> str:
    """The first names in a folder, with the sizes of files in bytes."""
    entries = sorted(folder.iterdir())
    lines = [f"{e.name}/" if e.is_dir() else f"{e.name} ({e.stat().st_size} bytes)" for e in entries[:limit]]
    return "\n".join([*lines, *([f"... and {len(entries) - limit} more"] if len(entries) > limit else [])])

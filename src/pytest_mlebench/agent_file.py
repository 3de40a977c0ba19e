"""A command-line agent from a few lines of TOML.

    description = "Some Coder, headless"
    node = "22"
    install = "npm install -g some-coder@1.2.3"
    command = 'some-coder --yes --model "$MLEBENCH_OPTION_MODEL" < "$MLEBENCH_INSTRUCTIONS"'
    env = ["SOME_KEY"]
    hosts = ["api.example.com"]
    [options]
    model = "best"

Keys, of which only ``command`` must be there:

- ``command``: what ``sh`` runs in the code folder, with the variables that docs/agents.md lists.
- ``name``: by which it is selected; else the file's name without ``.toml``.
- ``description``: one line for ``mlebench agents``.
- ``install``: lines of shell that root runs when the image is made; one that fails ends that. Where there is neither
  ``install`` nor ``node``, the agent has no image of its own and runs in the process sandbox too.
- ``node``: a version of Node.js to have, with npm: ``"22"`` or ``"22.20.0"``.
- ``environment``: ``"slim"`` (the default) or ``"full"``, the environment that the image is made on.
- ``folder``: files that it needs, beside the TOML file or below; found at ``$MLEBENCH_AGENT_DIR``.
- ``env``: names of host variables to pass, such as keys.
- ``hosts``: hosts of models that it speaks to itself.
- ``gateway``: ``true`` where it speaks OpenAI's protocol to ``$OPENAI_BASE_URL``.
- ``[options]``: options with their defaults; ``steps`` arrives as ``$MLEBENCH_OPTION_STEPS``.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.hosts import check_hosts

__all__ = ["read_agent"]

_KEYS = (
    *("name", "description", "command", "install", "node", "environment", "folder", "env", "hosts", "gateway"),
    "options",
)
_DOCKERFILE = Path(__file__).parent / "agents" / "cli" / "Dockerfile"
_LARGEST = 1 << 20  # bytes of a file that somebody may have written by hand
_LONGEST = 80  # characters of a wrong value that are shown
_NODE = re.compile(r"\d+(\.\d+){0,2}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ANY = re.compile(r"(?s).*")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_agent(path: Path) -> Agent:
    """The agent that a TOML file describes; the module's text lists the keys.

    Raises MlebenchError, in one line with the file and the key, for a file that cannot be read, is no TOML or says what
    cannot be; UnknownNameError for a key that there is not.
    """
    facts = _read(path)
    for key in facts:
        if key not in _KEYS:
            raise UnknownNameError("key", key, _KEYS, f"(in {path})")
    install, node = _text(path, facts, "install"), _text(path, facts, "node")
    if node and not _NODE.fullmatch(node):
        raise _error(path, "node", f'a version of Node.js such as "22" or "22.20.0", not {_shown(node)}')
    if not (command := _text(path, facts, "command").strip()):
        raise MlebenchError(f"{path}: there is no command: write command = 'SHELL', what sh runs in the code folder")
    hosts = _texts(path, facts, "hosts", _ANY, "hosts such as api.example.com or localhost:8000")
    try:
        check_hosts(hosts)
    except ValueError as error:
        raise MlebenchError(f"{path}: hosts: {error}") from None
    gateway = facts.get("gateway", False)
    if not isinstance(gateway, bool):
        raise _error(path, "gateway", f"true or false, not {_shown(gateway)}")
    try:
        return Agent(
            name=_text(path, facts, "name") or path.stem,
            description=" ".join(_text(path, facts, "description").split()),
            command=("sh", "-c", command),
            folder=_folder(path, facts),
            dockerfile=_DOCKERFILE if install or node else None,
            build_args={"INSTALL": install, "NODE": node} if install or node else {},
            environment=_text(path, facts, "environment") or "slim",
            options=_options(path, facts),
            env=_texts(path, facts, "env", _VARIABLE, 'names of variables such as "SOME_KEY", without values'),
            model_hosts=hosts,
            uses_gateway=gateway,
            needs_network=gateway or bool(hosts),
        )
    except MlebenchError as error:
        if str(error).startswith(str(path)):
            raise
        raise MlebenchError(f"{path}: {error}") from None


def _read(path: Path) -> dict[str, Any]:
    """The file as TOML; a device or a pipe is not waited for."""
    try:
        if not path.is_file():
            what = "is no file" if path.exists() else "is not there"
            raise MlebenchError(f"{path} {what}: an agent's TOML file is asked for")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise MlebenchError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > _LARGEST:
        raise MlebenchError(f"{path} is larger than 1 MiB: an agent's TOML file is a few lines")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError:
        raise MlebenchError(f"{path} is nested too deeply: an agent's TOML file is a few lines") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise MlebenchError(f"{path} is no TOML: {' '.join(str(error).split())}") from None


def _error(path: Path, key: str, wanted: str) -> MlebenchError:
    return MlebenchError(f"{path}: {key} is {wanted}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _text(path: Path, facts: dict[str, Any], key: str) -> str:
    value = facts.get(key, "")
    if not isinstance(value, str):
        raise _error(path, key, f"a text, as in {key} = '...', not {_shown(value)}")
    return _without_nul(path, key, value)


def _without_nul(path: Path, key: str, value: str) -> str:
    if "\0" in value:
        raise _error(path, key, "a text without NUL characters")
    return value


def _texts(path: Path, facts: dict[str, Any], key: str, form: re.Pattern[str], wanted: str) -> tuple[str, ...]:
    values = facts.get(key, [])
    if not isinstance(values, list):
        raise _error(path, key, f"a list of {wanted}, not {values!r}")
    for value in values:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise _error(path, key, f"a list of {wanted}, not {_shown(value)}")
    return tuple(values)


def _options(path: Path, facts: dict[str, Any]) -> dict[str, str]:
    options = facts.get("options", {})
    if not isinstance(options, dict):
        raise _error(path, "options", f"a table, as in [options], not {_shown(options)}")
    texts = {}
    for name, value in options.items():
        if not _OPTION.fullmatch(name):
            raise _error(path, f"option {_shown(name)}", "no name: use letters, digits, '-', '_' and '.'")
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, (str, int, float)):
            raise _error(path, f"option {name}", f"a text, a number, true or false, not {_shown(value)}")
        texts[name] = _without_nul(path, f"option {name}", str(value))
    return texts


def _folder(path: Path, facts: dict[str, Any]) -> Path | None:
    """The folder of its files, which lies where the TOML file lies: what else is on this machine is not mounted."""
    if not (name := _text(path, facts, "folder")):
        return None
    try:
        here = path.resolve().parent
        folder = (here / name).resolve()
    except (OSError, RuntimeError) as error:
        raise MlebenchError(f"{path}: folder {name!r} cannot be found: {error}") from None
    if not folder.is_relative_to(here):
        raise _error(path, "folder", f"one beside this file or below, not {_shown(name)}")
    if not folder.is_dir():
        raise _error(path, "folder", f"one beside this file or below; there is none at {folder}")
    return folder

"""Looks at an image from inside, as an agent would find it, and writes what it found as JSON.

    python3 inside.py FILE

Standard library only, Python 3.8 or newer; nothing is imported from the project, for this file is carried into images
that know nothing of it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import re
import select
import shutil
import signal
import subprocess
import sys
import sysconfig

PROMISES = "/opt/mlebench/requirements-{}.txt"
# What is looked for where an image does not say what it holds.
USUAL = [
    *("catboost", "jax", "keras", "lightgbm", "numpy", "pandas", "pytorch-lightning", "scikit-learn", "scipy"),
    *("tensorflow", "timm", "torch", "torchaudio", "torchvision", "transformers", "xgboost"),
]
PATIENCE = 180  # seconds for one import
NO_MODULES = {"test", "tests", "doc", "docs", "example", "examples", "benchmark", "benchmarks", "script", "scripts"}

# Imports in one process, as programs do, and says after each how it went; what it dies of is then known, too.
IMPORTER = """
import importlib, json, os, sys
answers = os.fdopen(int(sys.argv[1]), "w", buffering=1)
for module in sys.argv[2:]:
    problem = ""
    try:
        importlib.import_module(module)
    except BaseException as error:
        problem = type(error).__name__ + ": " + " ".join(str(error).split())[:300]
    answers.write(json.dumps([module, problem]) + "\\n")
os._exit(0)
"""

CUDA = """
import json, os, sys
answers = os.fdopen(int(sys.argv[1]), "w")
import torch
facts = {"version": torch.__version__, "cuda": torch.version.cuda, "devices": [], "problem": ""}
try:
    for number in range(torch.cuda.device_count()):
        matrix = torch.ones(64, 64, device=f"cuda:{number}")
        assert float((matrix @ matrix).sum()) == 64**3, "a GPU computes a wrong product"
        facts["devices"].append(torch.cuda.get_device_name(number))
    if torch.version.cuda and not facts["devices"]:
        torch.cuda.init()
except Exception as error:
    facts["problem"] = type(error).__name__ + ": " + " ".join(str(error).split())[:300]
answers.write(json.dumps(facts))
answers.close()
os._exit(0)
"""


def plain(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def promised(variant: str) -> dict[str, str]:
    """What the requirements of the environment image name, with versions; nothing where the image has none."""
    found = {}
    with contextlib.suppress(OSError), open(PROMISES.format(variant), encoding="utf-8") as file:  # noqa: PTH123
        for line in file:
            name, equals, version = re.sub(r"\[.*\]|#.*|\s", "", line).partition("==")
            if equals:
                found[plain(name)] = version
    return found


def installed() -> dict[str, importlib.metadata.Distribution]:
    """The distributions that this Python finds, the first of each name, which is the one that is imported."""
    found: dict[str, importlib.metadata.Distribution] = {}
    for distribution in importlib.metadata.distributions():
        found.setdefault(plain(distribution.metadata["Name"] or ""), distribution)
    return found


def module_of(distribution: importlib.metadata.Distribution) -> str | None:
    """The module by which a distribution is imported; None where it has none."""
    tops = []
    for path in distribution.files or ():
        parts = path.parts
        if len(parts) == 2 and parts[1] == "__init__.py":
            tops.append(parts[0])
        elif len(parts) == 1 and re.fullmatch(r"\w+(\.cpython[^/]*)?\.(py|so)", parts[0]):
            tops.append(parts[0].partition(".")[0])
    wanted = plain(distribution.metadata["Name"]).replace("-", "_")
    tops = [top for top in dict.fromkeys(tops) if top not in NO_MODULES]
    return min(tops, key=lambda top: (top.lower() != wanted, top.startswith("_")), default=None)


def try_imports(modules: list[str]) -> dict[str, str]:
    """What goes wrong with each module where all are imported in one process; "" for nothing."""
    results: dict[str, str] = {}
    left = list(modules)
    while left:
        answers, status = ask(IMPORTER, left)
        for line in answers.splitlines():
            module, problem = json.loads(line)
            results[module] = problem
        left = [module for module in left if module not in results]
        if left:  # this one took the process with it
            results[left[0]] = status
            del left[0]
    for module in [module for module, problem in results.items() if problem] if len(modules) > 1 else ():
        if not any(try_imports([module]).values()):
            results[module] += " (after the others are imported; alone it can be)"
    return results


def ask(code: str, arguments: list[str]) -> tuple[str, str]:
    """What a program writes to the file descriptor that it is given, and how it ended.

    It is killed where it writes nothing for long.
    """
    mine, its = os.pipe()
    command = [sys.executable, "-c", code, str(its), *arguments]
    nothing = subprocess.DEVNULL
    child = subprocess.Popen(command, pass_fds=[its], stdin=nothing, stdout=nothing, stderr=subprocess.PIPE)
    os.close(its)
    said, errors, late = b"", b"", False
    assert child.stderr is not None
    streams = [mine, child.stderr.fileno()]
    while mine in streams:
        ready, _, _ = select.select(streams, [], [], PATIENCE)
        if not ready:
            late = True
            child.kill()
            break
        for stream in ready:
            data = os.read(stream, 65536)
            if not data:
                streams.remove(stream)
            elif stream == mine:
                said += data
            else:
                errors = (errors + data)[-2000:]
    os.close(mine)
    child.stderr.close()
    status = child.wait()
    if late:
        return said.decode(), f"takes longer than {PATIENCE} s"
    if status < 0:
        return said.decode(), f"ends the process with {signal.Signals(-status).name}"
    last = errors.decode(errors="replace").strip().splitlines()[-1:]
    return said.decode(), f"ends the process with status {status}{': ' + last[0][:300] if last else ''}"


def cuda() -> dict[str, object]:
    """What torch says of GPUs, after it computed something on each."""
    answer, status = ask(CUDA, [])
    try:
        return dict(json.loads(answer))
    except ValueError:
        return {"version": "", "cuda": None, "devices": [], "problem": status}


def gpus() -> list[str]:
    """The GPUs that this container has by nvidia-smi, which the GPU runtime brings in."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(query, stdout=subprocess.PIPE, timeout=60, check=True).stdout
        return [" ".join(line.split()) for line in answer.decode().splitlines() if line.strip()]
    return []


def can_write(folder: str) -> bool:
    """Whether a file can be made in `folder`."""
    path = os.path.join(folder, f".written-{os.getpid()}")  # noqa: PTH118 (a file that starts fast)
    try:
        with open(path, "x"):  # noqa: PTH123
            os.unlink(path)  # noqa: PTH108
    except OSError:
        return False
    return True


def look() -> dict[str, object]:
    """Everything."""
    variant = os.environ.get("MLEBENCH_ENVIRONMENT", "")
    promises, there = promised(variant), installed()
    named = [name for name in (promises or USUAL) if name in there]
    modules = {name: module_of(there[name]) for name in named}
    problems = try_imports([module for module in modules.values() if module is not None])
    home = os.environ.get("HOME", "/")
    folders = ["/home/submission", "/home/code", "/home/logs", "/tmp", home]
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "user": os.getuid(),
        "variant": variant,
        "promised": promises,
        "installed": {name: there[name].version for name in named},
        "modules": modules,
        "problems": {name: problems[module] for name, module in modules.items() if module and problems[module]},
        "can_install": can_write(sysconfig.get_path("purelib")),
        "gpus": gpus(),
        "torch": cuda() if "torch" in there else None,
        "free": shutil.disk_usage("/tmp").free,
        "shared_memory": shutil.disk_usage("/dev/shm").total,
        "not_writable": [folder for folder in folders if not can_write(folder)],
        "interfaces": [name for name in sorted(os.listdir("/sys/class/net")) if name != "lo"],  # noqa: PTH208
    }


if __name__ == "__main__":
    found = look()
    with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(found, file)

"""Stands in for nvidia-container-runtime-hook: writes down which devices each container asked for.

The container runtime calls it before the container's program starts, with the container's state on standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    state = json.load(sys.stdin)
    config = json.loads((Path(state["bundle"]) / "config.json").read_text())
    variables = dict(entry.split("=", 1) for entry in config["process"]["env"])
    asked = {
        "container": state["id"],
        "called": sys.argv[2:],
        "devices": variables.get("NVIDIA_VISIBLE_DEVICES"),
        "capabilities": variables.get("NVIDIA_DRIVER_CAPABILITIES"),
    }
    with Path(sys.argv[1]).open("a") as record:
        record.write(json.dumps(asked) + "\n")
    if asked["devices"] == "no-such-device":
        sys.exit("device error: no-such-device: unknown device")


if __name__ == "__main__":
    main()

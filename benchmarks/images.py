"""How large images are, and how long they take to build from scratch, packages fetched anew.

    python benchmarks/images.py [slim|full|AGENT ...]

Without names the slim environment. The base image is debian:bookworm-slim, or what MLEBENCH_BASE_IMAGE names; what an
image stands on is there before the clock starts. full fetches 5 GB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys


def mlebench(*arguments: str) -> list[dict[str, object]]:
    """What `mlebench build` says as JSON; its progress goes to standard error."""
    command = [sys.executable, "-m", "pytest_mlebench.cli", "build", "--json", *arguments]
    found: list[dict[str, object]] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["slim"])
    for name in parser.parse_args().names:
        mlebench(name)  # what it stands on is there then
        for image in mlebench(name, "--force"):
            size, seconds = image["size"], image["seconds"]
            print(f"{name:10} {size / 1e9:6.2f} GB, built in {seconds:.0f} s ({image['image']})")


if __name__ == "__main__":
    main()

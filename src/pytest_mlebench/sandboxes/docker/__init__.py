"""Sandboxes that are Docker containers, in small parts; nothing of Docker is imported before it is needed.

sandbox.py      the sandbox itself
engine.py       connecting, and what to do where that fails
images.py       which image an agent runs in
building.py     one build of an image
container.py    one execution
ended_by.py     whether a container was ended from outside
gpus.py         devices, and whether the engine can give them
cleanup.py      removal, and what killed runs left behind
"""

from pytest_mlebench.sandboxes.docker.sandbox import DockerSandbox, available

__all__ = ["DockerSandbox", "available"]

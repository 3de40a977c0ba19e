"""MLE-bench as a pytest plugin: a competition is a test, an agent is a plugin, a medal is an outcome."""

from pytest_mlebench.agent import Agent

__all__ = ["Agent"]

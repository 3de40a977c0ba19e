"""Where an attempt executes: the contract every sandbox keeps, and ours that keep it."""

from pytest_mlebench.sandboxes.contract import Execution, Job, Limits, Network, Observer, Sandbox, Variables

__all__ = ["Execution", "Job", "Limits", "Network", "Observer", "Sandbox", "Variables"]

"""Runs MLAgentBench's ResearchAgent in an image of its own, on models behind the gateway."""

"""Runs OpenHands in the sandbox."""

"""Runs AIDE on an attempt, inside its container: the standard library, AIDE, and what comes with it."""

"""Metrics of the competitions: pure functions of arrays."""

"""Submits files that are there already."""

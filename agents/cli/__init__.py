"""Runs command-line coding agents, each described by a few lines of TOML."""

"""Checks what an attempt finds, and submits the sample submission."""

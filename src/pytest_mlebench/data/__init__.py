"""Data on this machine: where it is, how it comes there, and whether it is what it should be."""

"""One attempt from start to grade, and the run folder on disk."""

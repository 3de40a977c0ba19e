"""Whether two runs differ: their settings, their figures, and the test between them."""

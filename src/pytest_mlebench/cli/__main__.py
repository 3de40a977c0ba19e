"""``python -m pytest_mlebench.cli``: the ``mlebench`` command of this very Python."""

from pytest_mlebench.cli import main

main()

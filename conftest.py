"""For the project's own tests; what users override in a conftest.py is described in README.md."""

pytest_plugins = ["pytester"]

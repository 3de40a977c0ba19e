"""What a command's errors look like, one line on standard error, and its exit status."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from pytest_mlebench.errors import MlebenchError, UnknownNameError

__all__ = ["NEGATIVE", "CommandGroup", "complain"]

NEGATIVE = 1
"""The command worked, and its answer is no."""
_USAGE = 2
_ERROR = 3
_INTERRUPTED = 130


def complain(text: object) -> None:
    """Write one line to standard error."""
    typer.echo(f"mlebench: {' '.join(str(text).split())}", err=True)


class CommandGroup(TyperGroup):
    """Runs the commands; errors that a person can cause become one line and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` names."""
        try:
            return super().invoke(ctx)
        except UnknownNameError as error:
            complain(error)
            raise typer.Exit(_USAGE) from None
        except MlebenchError as error:
            complain(error)
            raise typer.Exit(_ERROR) from None
        except BrokenPipeError:
            # The reader of a pipe (`| head`) has what it wanted; what is still buffered goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
            raise typer.Exit(_ERROR) from None
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(_INTERRUPTED) from None

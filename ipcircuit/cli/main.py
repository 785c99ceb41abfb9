"""The command line: one command is run, and its errors become messages.

Each command is the function `command` of the module of its name. `ipcircuit.cli` is the composition root: the one
package that imports upper floors, inside its commands, so that a SPICE-only command never loads torch. Only the module
of the command that is asked for is imported. Exit codes: 0, 1 = a check failed, 2 = bad input or something missing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ipcircuit.cli import console
from ipcircuit.errors import IpcircuitError, MissingDependencyError
from ipcircuit.siblings import SIBLINGS, check_siblings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code. An error that a user can act on is one message, without traceback."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with console.warnings_as_messages():
            if words[:1] == ["list"] and set(words[1:]) <= {"--json"}:
                check_siblings()  # answered before typer is imported, which takes longer than the answer
                import_module("ipcircuit.cli.listing").print_listing(json="--json" in words)
            else:
                import_module("ipcircuit.cli.application").application(words)(args=words, prog_name="ipcircuit")
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except IpcircuitError as error:
        console.print_error(str(error))
        return error.exit_code
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] in ("ipcircuit", *SIBLINGS):
            raise  # a mistake of ours, not of the installation
        package = error.name.partition(".")[0]
        console.print_error(f"Python package {error.name!r} is not installed: pip install {package}")
        return MissingDependencyError.exit_code
    except BrokenPipeError:  # the reader (head, less) has left: nothing to say, and nothing to flush at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0

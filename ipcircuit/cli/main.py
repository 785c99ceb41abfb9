"""The command line: one command is run, and leaves through `ipcircuit.cli.door`, which has the exit codes.

Each command is the function `command` of the module of its name. `ipcircuit.cli` is the composition root: the one
package that imports upper floors, inside its commands, so that a SPICE-only command never loads torch. Only the module
of the command that is asked for is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ipcircuit.cli import door
from ipcircuit.errors import InputError
from ipcircuit.siblings import check_siblings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `ipcircuit.cli.door`."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    return door.leave(lambda: _run(words), words)


def _run(words: list[str]) -> int:
    if words[:1] == ["list"] and set(words[1:]) <= {"--json"}:
        check_siblings()  # answered before typer is imported, which takes longer than the answer
        import_module("ipcircuit.cli.listing").print_listing(json="--json" in words)
        return 0
    if os.environ.get("_IPCIRCUIT_COMPLETE"):  # asked by a shell, see `ipcircuit.cli.completion`
        return import_module("ipcircuit.cli.completion").answer()
    import typer
    from typer.main import get_command

    usage_error = typer.BadParameter.__mro__[1]  # typer brings its own click, or imports it, by version
    command = get_command(import_module("ipcircuit.cli.application").application(words))
    try:
        try:
            context = command.make_context("ipcircuit", list(words))
        except SystemExit as leave:  # of typer's --install-completion and --show-completion
            return leave.code if isinstance(leave.code, int) else 0
        with context:
            command.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except Exception as error:
        if not isinstance(error, usage_error):
            raise
        raise InputError(_usage_message(error)) from None
    return 0


def _usage_message(error: Exception) -> str:
    """One line for a command line that cannot be read."""
    usage: Any = error
    context, text = usage.ctx, " ".join(usage.format_message().split())
    path = context.command_path if context else "ipcircuit"
    if context and type(error).__name__ == "NoArgsIsHelpError":
        text = f"{path}: no command; allowed: {', '.join(context.command.list_commands(context))}"
    return f"{text.rstrip('.')}; see {path} --help"

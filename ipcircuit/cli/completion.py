"""Completion in the shell: what stands behind ``ipcircuit --install-completion``, and the words it offers.

A shell asks with every press of the tab key, so an answer imports the one command that has been typed, or none.
"""

from __future__ import annotations

import os
import shlex
from importlib import import_module

import typer

VARIABLE = "_IPCIRCUIT_COMPLETE"  # set by the shell's script: the program is to answer, not to run


def answer() -> int:
    """Print what may follow on the command line that the shell tells of; exit code."""
    from typer.main import get_command

    application = import_module("ipcircuit.cli.application")
    typed = _typed()
    known = len(typed) > 1 and typed[0] in (*application.COMMANDS, *application.GROUPS)
    app = application.application(typed) if known else application.outline()
    try:
        get_command(app).main([], prog_name="ipcircuit", complete_var=VARIABLE)
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    return 0


def _typed() -> list[str]:
    """Words behind the program's name, the one being typed among them."""
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    try:
        words = shlex.split(line)[1:]
    except ValueError:  # a quote that is still open
        words = line.split()[1:]
    at_new_word = line.endswith((" ", "\n")) or len(words) < int(os.environ.get("COMP_CWORD") or 0)
    return [*words, ""] if at_new_word else words


def circuits() -> list[str]:
    """Names of circuits; a file of one's own is completed by the shell."""
    return _names("CIRCUITS")


def devices() -> list[str]:
    """Names of devices."""
    return _names("DEVICES")


def tasks() -> list[str]:
    """Names of tasks."""
    return _names("TASKS")


def models() -> list[str]:
    """Names of network models."""
    return _names("MODELS")


def technologies() -> list[str]:
    """Names of technologies."""
    from ipcircuit.technology.catalog import names

    return list(names())


def corners(context: typer.Context) -> list[str]:
    """Corners of the technology that the line states, of lp28 without one."""
    from ipcircuit.errors import InputError
    from ipcircuit.technology import catalog

    try:
        return list(catalog.technology(context.params.get("technology") or catalog.DEFAULT).corner_names)
    except InputError:
        return []


def _names(registry: str) -> list[str]:
    return getattr(import_module("ipcircuit.families"), registry).names()

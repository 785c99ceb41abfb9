"""The commands of `ipcircuit`, and its own options."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from ipcircuit.cli import console
from ipcircuit.siblings import check_siblings

COMMANDS = (  # as `ipcircuit --help` shows them
    "doctor",
    "list",
    "characterize",
    "check",
    "netlist",
    "new",
    "fit",
    "montecarlo",
    "replay",
    "size",
    "yield",
    "corners",
    "claims",
    "compare",
    "break-even",
    "cost",
    "export",
    "gpu-energy",
    "report",
    "train",
    "eval",
    "cache",
)

GROUPS = ("technology", "study")  # with commands of their own


def _empty() -> typer.Typer:
    return typer.Typer(
        name="ipcircuit",
        help="Energy, area and time of neurons built from emerging devices and CMOS, simulated in ngspice.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=_common,
    )


def outline() -> typer.Typer:
    """All commands by name only, for completion; nothing of them is imported."""
    app = _empty()
    for name in (*COMMANDS, *GROUPS):
        app.command(name)(lambda: None)
    return app


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command that `arguments` begin with, or all of them."""
    app = _empty()
    wanted = arguments[0] if arguments and arguments[0] in (*COMMANDS, *GROUPS) else None
    for name in COMMANDS if wanted is None else (wanted,):
        if name not in GROUPS:
            app.command(name)(import_module(f"ipcircuit.cli.{name.replace('-', '_')}").command)
    if wanted in (None, "technology"):
        from ipcircuit.cli.technology import group as technologies

        app.add_typer(technologies())
    if wanted in (None, "study"):
        from ipcircuit.cli.study import group

        app.add_typer(group(arguments[1:]))
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        import ipcircuit

        console.print_line(f"ipcircuit {ipcircuit.__version__}")
        raise typer.Exit


def _common(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Energy, area and time of neurons built from emerging devices and CMOS, simulated in ngspice."""
    if context.invoked_subcommand != "doctor":  # which reports it among other things
        check_siblings()

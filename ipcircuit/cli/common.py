"""What stands before every command: its packages are ours, and the options of `ipcircuit` itself."""

from __future__ import annotations

from typing import Annotated

import typer

from ipcircuit.siblings import check_siblings


def _print_version(wanted: bool) -> None:
    if wanted:
        import ipcircuit

        typer.echo(f"ipcircuit {ipcircuit.__version__}")
        raise typer.Exit


def common(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Energy, area and time of neurons built from emerging devices and CMOS, simulated in ngspice."""
    if context.invoked_subcommand != "doctor":  # which reports it among other things
        check_siblings()

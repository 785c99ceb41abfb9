"""`ipcircuit study`: the experiments of all families, one command each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ipcircuit.errors import IpcircuitError
from ipcircuit.families import EXPERIMENTS

if TYPE_CHECKING:
    import typer


def group(arguments: Sequence[str] = ()) -> typer.Typer:
    """The experiment that `arguments` begin with, or all of them; a broken one is there and says why it cannot run."""
    import typer

    app = typer.Typer(name="study", help="Experiments with networks of these neurons.", no_args_is_help=True)
    app.callback()(_callback)
    names = [entry.name for entry in EXPERIMENTS.entries()]
    for name in arguments[:1] if arguments and arguments[0] in names else names:
        try:
            app.command(name)(EXPERIMENTS.load(name))
        except IpcircuitError as error:
            app.command(name, help=f"Cannot be used: {error}")(_broken(error))
    return app


def _callback() -> None:
    """Experiments with networks of these neurons."""  # a callback keeps `study` a group while it has one command


def _broken(error: IpcircuitError) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command

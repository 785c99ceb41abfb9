"""The command `list`."""

from __future__ import annotations

from ipcircuit.cli.listing import print_listing
from ipcircuit.cli.options import Json


def command(json: Json = False) -> None:
    """Circuits, devices, tasks, models and all else that has a name, ours and those of plug-ins, a line each."""
    print_listing(json)

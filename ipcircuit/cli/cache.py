"""The command `cache`: what the simulation cache holds, and emptying it."""

from __future__ import annotations

from typing import Annotated

import typer

from ipcircuit.cli import console
from ipcircuit.cli.options import Json


def command(
    clear: Annotated[bool, typer.Option("--clear", help="Remove every stored result.")] = False, json: Json = False
) -> None:
    """Simulated results kept on disk: how many, how large, where; --clear removes them."""
    from ipcircuit.kept_array import clear_arrays, kept_arrays
    from ipcircuit.spice import cache

    store = cache.active()
    if store is not None and clear:
        store.clear()
        clear_arrays(store.path.parent)
    state = cache.CacheState(None, 0, 0, 0, 0) if store is None else store.state()
    arrays, array_bytes = (0, 0) if store is None else kept_arrays(store.path.parent)
    if json:
        console.print_json({**state.to_json(), "arrays": arrays, "array_bytes": array_bytes})
        return
    rows = [
        ("folder", state.folder or f"none: {cache.FOLDER_VARIABLE} is {cache.OFF!r}"),
        ("results", str(state.entries)),
        ("size", f"{state.size_bytes / 2**20:.1f} MiB of {state.limit_bytes / 2**20:.0f} MiB"),
        ("used again", str(state.hits)),
        ("recordings as frames", f"{arrays}, {array_bytes / 2**20:.1f} MiB without bound"),
    ]
    below = f"{cache.FOLDER_VARIABLE} names another folder or is {cache.OFF!r}; {cache.LIMIT_VARIABLE} is the bound."
    console.print_table("simulation cache", ["what", "value"], rows, below=below)

"""What `ipcircuit list` prints. Apart from its command, so that it starts without typer."""

from __future__ import annotations

from ipcircuit.cli import console
from ipcircuit.families import FAMILIES, REGISTRIES


def print_listing(json: bool) -> None:
    """A table for each kind of entry, broken entries included; or all of it as JSON."""
    registries = (*REGISTRIES, FAMILIES)
    if json:
        console.print_json({r.plural: [entry.to_json() for entry in r.entries()] for r in registries})
        return
    for registry in registries:
        rows = [
            (entry.name, f"broken: {entry.error}" if entry.error else entry.summary, entry.source)
            for entry in registry.entries()
        ]
        console.print_table(registry.plural, [registry.kind, "what it is", "from"], rows or [("none", "", "")])

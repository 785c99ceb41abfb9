"""The command `netlist`: a deck for plain ngspice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import Circuit, Corner, DeviceFile, Json, Models, Set, TechnologyName, Temperature


def command(
    circuit: Circuit,
    output: Annotated[
        Path | None, values.output_path("--output", "-o", folder=False, help="File to write; default: print it.")
    ] = None,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    json: Json = False,
) -> None:
    """A complete deck that `ngspice -b` runs as it is, from any folder."""
    from ipcircuit.files import write_text_atomic

    deck = options.chosen(circuit, set_, corner, temperature, technology, models, device).netlist()
    written = None if output is None else str(write_text_atomic(output, deck))
    if json:
        console.print_json({"circuit": circuit, "file": written, "deck": deck})
    elif written is None:
        sys.stdout.write(deck)
    else:
        console.print_line(f"wrote {written}")
        console.print_line(f"run it with  ngspice -b {written}")

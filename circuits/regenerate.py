"""Write the generated files of `netlists/`: device libraries, Verilog-A, and one complete deck per circuit.

Run ``python -m circuits.regenerate`` (``make netlists``) after changing a device or a circuit; a test compares the
committed files with what this module generates.
"""

from __future__ import annotations

from pathlib import Path

import netlists
from circuits.catalog import load
from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import spice_subcircuit, subcircuit_name
from ipcircuit.declaration.veriloga import verilog_a_module
from ipcircuit.families import BUILT_IN, CIRCUITS, DEVICES
from ipcircuit.files import write_text_atomic


def generated_files() -> dict[str, str]:
    """Path below `netlists/` to text, for every built-in device and circuit."""
    files: dict[str, str] = {}
    for entry in DEVICES.entries():
        if entry.source != BUILT_IN:
            continue
        device = DEVICES.load(entry.name)
        assert isinstance(device, Device)
        for mode in device.modes:
            stem = f"devices/{subcircuit_name(device, mode)}"
            files[f"{stem}.lib"] = spice_subcircuit(device, mode)
            files[f"{stem}.va"] = verilog_a_module(device, mode)
    for entry in CIRCUITS.entries():
        if entry.source == BUILT_IN:
            files[f"{entry.name}.cir"] = load(entry.name).netlist()
    return files


def main() -> None:
    """Write what has changed and say so."""
    root = Path(netlists.__file__).parent
    for name, text in generated_files().items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text_atomic(path, text)
            print(f"wrote {path}")


if __name__ == "__main__":
    main()

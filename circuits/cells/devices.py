"""Declared devices in PySpice circuits, and the reference element of a divider."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySpice.Spice.Netlist import Netlist, SubCircuit

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import spice_subcircuit, subcircuit_name, used_parameters
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.sampling.columns import Number, exact_sum

REFERENCES = ("mtj", "resistor")


class DeviceSubCircuit(SubCircuit):
    """A declared device in one of its modes, as a PySpice subcircuit (the emitted text, unchanged)."""

    def __init__(self, device: Device, mode: str) -> None:
        super().__init__(subcircuit_name(device, mode), *device.mode(mode).terminals)
        self.device = device
        self.mode = mode
        self._text = spice_subcircuit(device, mode)

    def __str__(self) -> str:
        return self._text


def add_device(circuit: Netlist, name: str, nodes: tuple[str, ...], base: Device, device: Device, mode: str) -> None:
    """Add instance ``X<name>`` of `device` in `mode`: the subcircuit of `base`, with what differs on the instance line.

    Instances with different parameter sets share one subcircuit, the same text as the library file.
    """
    subcircuit = DeviceSubCircuit(base, mode)
    circuit.subcircuit(subcircuit)
    defaults = base.values()
    known = used_parameters(base, base.mode(mode))
    changed = {k: v for k, v in device.values().items() if v != defaults[k] and k in known}
    circuit.X(name, subcircuit.name, *nodes, **changed)


def array_ohm(pillars: Sequence[Number]) -> Number:
    """Resistance (ohm) of pillars in as many parallel strings as each has in series, string after string.

    Args:
        pillars: of one array, or of many copies of it.
    """
    if len(pillars) == 1:
        return pillars[0]
    rows = math.isqrt(len(pillars))
    strings = (exact_sum(pillars[i * rows : (i + 1) * rows]) for i in range(rows))
    return 1 / exact_sum(1 / string for string in strings)


def add_reference(circuit: Netlist, name: str, top: str, bottom: str, ohms: float, kind: str) -> None:
    """Put the divider's upper element between two nodes; its instance is ``X<name>`` or ``R<name>``."""
    if kind not in REFERENCES:
        raise InputError("unknown divider reference", found=kind, allowed=", ".join(REFERENCES))
    if kind == "resistor":
        circuit.R(name, top, bottom, ohms)
        return
    base = mtj_reference.declare()
    add_device(circuit, name, (top, bottom), base, base.with_parameters(resistance=ohms), "fixed")

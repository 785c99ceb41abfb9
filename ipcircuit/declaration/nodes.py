"""Nodes of declared devices in a deck: which quantity each carries, in which unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import subcircuit_name
from ipcircuit.errors import InputError
from ipcircuit.spice.netlist import expand


@dataclass(frozen=True)
class NodeQuantity:
    """What one volt of a node means: `scale` in `unit`; `state` of a device, or else an intermediate quantity."""

    unit: str
    scale: float
    state: bool


def node_quantities(deck: str, devices: Iterable[Device]) -> dict[str, NodeQuantity]:
    """Quantities on the nodes of a deck's declared devices, by node (``"x1.xmtj.heat"``).

    Args:
        devices: those whose subcircuits the deck may have; nodes of others are not in the result. Neither is any where
            the deck is not expanded (conditional statements).
    """
    known = {
        subcircuit_name(device, name): {
            **{d.name: NodeQuantity(d.unit, d.scale, state=False) for d in mode.definitions},
            **{s.name: NodeQuantity(s.unit, s.scale, state=True) for s in mode.states},
        }
        for device in devices
        for name, mode in device.modes.items()
    }
    try:
        elements = expand(deck)
    except InputError:
        return {}
    places = {(e.path.rpartition(".")[0], e.cell) for e in elements if e.cell in known}
    return {f"{path}.{name}": quantity for path, cell in places for name, quantity in known[cell].items()}

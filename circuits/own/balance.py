"""Where the energy of a simulated deck goes: heat of each element, energy stored in capacitors.

Read from the deck itself, so that nothing in it is forgotten. What sources deliver is compared with the heat of
resistors, transistor channels, diodes and declared devices and with what capacitors gain. Charge in transistors and
leakage through junctions and gates are not counted: the first cancels between equal states of a cycle, the second is
small.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from ipcircuit.spice.netlist import Element, expand
from ipcircuit.spice.transient import Transient

_HEATED = {"m": "[id]", "d": "[id]"}  # whose current is that of the channel or junction, without displacement current


@dataclass(frozen=True)
class Balance:
    """Elements of a deck that deliver, store or turn energy into heat.

    Attributes:
        sources, resistors, capacitors: with their values; `channels` transistors and diodes.
        branches: of declared devices, by the device's path below the circuit.
        complete: whether there is no other element, so that the balance must close.
    """

    sources: tuple[Element, ...]
    resistors: tuple[tuple[Element, float], ...]
    capacitors: tuple[tuple[Element, float], ...]
    channels: tuple[Element, ...]
    branches: Mapping[str, tuple[Element, ...]] = field(default_factory=dict)
    complete: bool = True

    @classmethod
    def of(cls, deck: str, devices: Mapping[str, tuple[Device, str]], instance: str) -> Balance:
        """Elements of a deck.

        Args:
            devices: device and mode of each subcircuit that is a declared one, by its name.
            instance: of the circuit; paths of devices are below it.
        """
        kinds: dict[str, list[Element]] = {}
        branches: dict[str, list[Element]] = {}
        elements, whole = _elements(deck)
        for element in elements:
            inside = next((name for name in element.hierarchy if name in devices), None)
            if inside is None:
                kinds.setdefault(element.kind, []).append(element)
            elif element.path.rpartition(".")[2] in _branch_names(*devices[inside]):
                path = element.path.rpartition(".")[0].removeprefix(f"{instance}.")
                branches.setdefault(path, []).append(element)
        valued = {kind: [(e, value) for e in kinds.get(kind, ()) if (value := _value(e)) is not None] for kind in "rc"}
        known = {*"virc", *_HEATED}
        return cls(
            (*kinds.get("v", ()), *kinds.get("i", ())),
            tuple(valued["r"]),
            tuple(valued["c"]),
            tuple(e for kind in _HEATED for e in kinds.get(kind, ())),
            {path: tuple(elements) for path, elements in branches.items()},
            whole and set(kinds) <= known and all(len(valued[kind]) == len(kinds.get(kind, ())) for kind in "rc"),
        )

    @property
    def signals(self) -> tuple[str, ...]:
        """What a run must save."""
        elements = (*self.sources, *self.channels, *(b for inner in self.branches.values() for b in inner))
        passive = (element for element, _ in (*self.resistors, *self.capacitors))
        nodes = (node for element in (*elements, *passive) for node in element.nodes if not _is_ground(node))
        return tuple(dict.fromkeys((*nodes, *(_current(element) for element in elements))))

    def current(self, path: str) -> str:
        """Signal of the current through a source. Raises InputError: there is none of this path."""
        for element in self.sources:
            if element.path == path.lower():
                return _current(element)
        raise InputError("no such source", found=path, allowed=", ".join(element.path for element in self.sources))

    def delivered_J(self, run: Transient, start: float, stop: float) -> float:
        """What all sources deliver."""
        return -math.fsum(self._absorbed(run, self.sources, start, stop))

    def device_heat_J(self, run: Transient, start: float, stop: float) -> dict[str, float]:
        """Energy into each declared device, by its path."""
        return {path: math.fsum(self._absorbed(run, inner, start, stop)) for path, inner in self.branches.items()}

    def error(self, run: Transient, start: float, stop: float) -> float | None:
        """Delivered energy over that which is found again, minus one; None where an element's share is not known."""
        if not self.complete:
            return None
        resistors = (run.integral(_volts(run, e) ** 2 / ohms, start, stop) for e, ohms in self.resistors)
        # The sign of a transistor's current depends on its type; a channel only dissipates.
        channels = (run.integral(np.abs(_volts(run, e) * run[_current(e)]), start, stop) for e in self.channels)
        stored = (
            farad / 2 * (run.at(_volts(run, e), stop) ** 2 - run.at(_volts(run, e), start) ** 2)
            for e, farad in self.capacitors
        )
        devices = self.device_heat_J(run, start, stop).values()
        total = math.fsum((*resistors, *channels, *stored, *devices))
        return self.delivered_J(run, start, stop) / total - 1 if total > 0 else None

    @staticmethod
    def _absorbed(run: Transient, elements: Iterable[Element], start: float, stop: float) -> Iterator[float]:
        return (run.integral(_volts(run, e) * run[_current(e)], start, stop) for e in elements)


def _elements(deck: str) -> tuple[list[Element], bool]:
    """Elements of a deck, and whether they are all: transistors of a library with conditions are left closed."""
    try:
        return expand(deck), True
    except InputError:  # conditional statements
        lines, closed = _without_conditions(deck)
        return expand("\n".join(lines), leaves=tuple(closed)), False


def _without_conditions(deck: str) -> tuple[list[str], set[str]]:
    """Lines of a deck without conditional blocks outside subcircuits, and the subcircuits that have some inside."""
    lines, closed, around, depth = [], set(), [], 0
    for line in deck.splitlines():
        word = line.partition(" ")[0].lower()
        if word == ".subckt":
            around.append(line.split()[1].lower())
        elif word == ".ends":
            around.pop()
        if word == ".if":
            depth += not around
            closed |= set(around)
        if not depth:
            lines.append(line)
        if word == ".endif" and not around:
            depth -= 1
    return lines, closed


def _branch_names(device: Device, mode: str) -> set[str]:
    return {f"b_{b.positive}_{b.negative}".lower() for b in device.mode(mode).branches}


def _value(element: Element) -> float | None:
    """Ohms or farads; None where they are no number, or the heat of a resistor is not to be had from them."""
    return None if element.kind == "r" and not element.value else element.value


def _current(element: Element) -> str:
    """Signal of the current from an element's first node to its second (of a transistor, from drain to source)."""
    match element.kind:
        case "v":
            return f"i({element.device})"
        case "i":
            return f"@{element.device}[current]"
        case "b":
            return f"@{element.device}[i]"
        case kind:
            return f"@{element.device}{_HEATED[kind]}"


def _volts(run: Transient, element: Element) -> np.ndarray:
    """Voltage across an element: first node to second; of a transistor drain to source."""
    first, second = (element.nodes[0], element.nodes[2 if element.kind == "m" else 1])
    return _node(run, first) - _node(run, second)


def _node(run: Transient, name: str) -> np.ndarray:
    return np.zeros_like(run.time) if _is_ground(name) else run[name]


def _is_ground(name: str) -> bool:
    return name in ("0", "gnd")

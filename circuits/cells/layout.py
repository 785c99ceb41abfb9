"""Layout width of cells: how far a cell reaches along its row, in contacted poly pitches (CPP)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

from PySpice.Spice.Netlist import Circuit, Netlist, SubCircuit

FINGER = 200e-9  # m, assumed: widest transistor that is one gate column
#: m, longest gate that leaves room for a contact at the same pitch (libraries bias 28 nm gates by up to 16 nm on one
#: grid), and the poly pitch that a still longer one grows beyond; both in the circuits' units.
LONGEST_ON_PITCH, PITCH = 44e-9, 120e-9


_S = TypeVar("_S", bound="SharedSubCircuit")


class SharedSubCircuit(SubCircuit):
    """A subcircuit that `shared` may build and render once for all circuits that use it."""

    _text: str | None = None

    def __str__(self) -> str:
        return self._text or super().__str__()


@cache
def shared(kind: type[_S], *sizes: float) -> _S:
    """The subcircuit of these sizes, the same one each time: nothing may be added to it.

    Building and rendering it anew takes PySpice longer than all else that a sweep does beside its simulations.
    """
    subcircuit = kind(*sizes)
    subcircuit._text = str(subcircuit)
    return subcircuit


class Cell(SharedSubCircuit):
    """A subcircuit that is laid out as one cell, `width_cpp` contacted poly pitches wide."""

    def __init__(self, name: str, *nodes: str, width_cpp: float) -> None:
        super().__init__(name, *nodes)
        self.width_cpp = width_cpp


class TextSubCircuit(SubCircuit):
    """A subcircuit as text, with what is known of the subcircuits in it: cells with a width, declared devices."""

    def __init__(self, name: str, ports: Iterable[str], text: str, inner: Iterable[SubCircuit] = ()) -> None:
        super().__init__(name, *ports)
        self._text = text
        for subcircuit in inner:
            self.subcircuit(subcircuit)

    def __str__(self) -> str:
        return self._text + "\n"


def columns(*widths: float, length: float = 0.0) -> float:
    """Width (CPP) of a row of transistors of these widths (m): their fingers, and one break to the next cell.

    Args:
        length: of their gates, m; each finger grows by what exceeds `LONGEST_ON_PITCH`.
    """
    finger = 1.0 + max(0.0, length - LONGEST_ON_PITCH) / PITCH
    return 1.0 + finger * sum(max(1, math.ceil(width / FINGER - 1e-9)) for width in widths)


def subcircuits_of(circuit: Netlist) -> Iterator[SubCircuit]:
    """The subcircuits that a circuit defines, at any depth, and itself if it is one."""
    if isinstance(circuit, SubCircuit):
        yield circuit
    for inner in circuit.subcircuits:
        yield from subcircuits_of(inner)


def bare_netlist(subcircuit: SubCircuit) -> str:
    """One instance without sources or loads: what transistors, devices and cells are counted from."""
    circuit = Circuit(f"{subcircuit.name}, bare")
    circuit.subcircuit(subcircuit)
    circuit.X("neuron", subcircuit.name, *subcircuit.external_nodes)
    return str(circuit)

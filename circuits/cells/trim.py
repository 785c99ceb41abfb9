"""Threshold trim of a two-inverter comparator: legs that are switched beside its first inverter, and their bits.

An n leg makes the n side stronger and lowers the threshold, a p leg raises it. A leg is a transistor at the input over
one that enables it; its width doubles from leg to leg. Each leg has a bit of six transistors, simulated in its written
state: the word line is on, and the bit lines have the code.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySpice.Spice.Netlist import Netlist

from circuits.cells.layout import Cell, SharedSubCircuit, columns
from circuits.cells.static import LENGTH, NMOS, NMOS_WIDTH, PMOS, ThresholdComparator

SIDES = ("n", "p")


class TrimLeg(Cell):
    """Nodes: input, output, enable, rail. Two transistors in series; sizes in m."""

    def __init__(self, name: str, model: str, width: float, length: float) -> None:
        width_cpp = columns(width, length=length) + columns(width) - 1.0
        super().__init__(name, "input", "output", "enable", "rail", width_cpp=width_cpp)
        self.M("in", "output", "input", "mid", "rail", model=model, w=width, l=length)
        self.M("on", "mid", "enable", "rail", "rail", model=model, w=width, l=LENGTH)


class TrimBit(Cell):
    """Nodes: line, line_bar, bit, bit_bar, vdd, vss. A cell of six minimum transistors, its word line at the supply."""

    def __init__(self) -> None:
        super().__init__("trim_bit", "line", "line_bar", "bit", "bit_bar", "vdd", "vss", width_cpp=4.0)
        for name, line, own, other in (("a", "line", "bit", "bit_bar"), ("b", "line_bar", "bit_bar", "bit")):
            self.M(f"access_{name}", own, "vdd", line, "vss", model=NMOS, w=NMOS_WIDTH, l=LENGTH)
            self.M(f"n_{name}", own, other, "vss", "vss", model=NMOS, w=NMOS_WIDTH, l=LENGTH)
            self.M(f"p_{name}", own, other, "vdd", "vdd", model=PMOS, w=NMOS_WIDTH, l=LENGTH)


class TrimmedComparator(SharedSubCircuit):
    """A `ThresholdComparator` with `legs` n and as many p legs. Nodes: input, output, vdd, vss, and both bit lines of
    each leg, n legs first.

    Args:
        sizes: of the `ThresholdComparator`: widths (n, p), length, scale of the second inverter.
        share: width of the smallest leg over that of the transistor beside which it is.
    """

    def __init__(self, nmos: float, pmos: float, length: float, restore: float, legs: float, share: float) -> None:
        pairs = [(leg, f"{leg}_bar") for leg in legs_of(round(legs))]
        super().__init__("trimmed_comparator", "input", "output", "vdd", "vss", *(node for p in pairs for node in p))
        # The first inverter's output is where the legs are: its cells are used here, not the comparator as a whole.
        plain = ThresholdComparator(nmos, pmos, length, restore)
        cells = {str(cell.name): cell for cell in plain.subcircuits}
        for cell in (*cells.values(), TrimBit()):
            self.subcircuit(cell)
        first, second = cells
        self.X("sense", first, "input", "bar", "vdd", "vss")
        self.X("restore", second, "bar", "output", "vdd", "vss")
        for leg, bar in pairs:
            side, place = leg[0], int(leg[1:])
            model, width, rail = (NMOS, nmos, "vss") if side == "n" else (PMOS, pmos, "vdd")
            self.subcircuit(TrimLeg(f"trim_leg_{leg}", model, share * 2**place * width, length))
            bits = (f"bit_{leg}", f"bit_{bar}")
            self.X(f"bit_{leg}", "trim_bit", leg, bar, *bits, "vdd", "vss")
            self.X(f"leg_{leg}", f"trim_leg_{leg}", "input", "bar", bits[side == "p"], rail)


def legs_of(legs: int) -> tuple[str, ...]:
    """Names of the legs: ``n0``, ``n1``, …, ``p0``, …"""
    return tuple(f"{side}{place}" for side in SIDES for place in range(legs))


def codes(legs: int) -> tuple[int, ...]:
    """Codes from the smallest shift to the largest; negative ones switch n legs on and lower the threshold."""
    most = 2**legs - 1
    return tuple(sorted(range(-most, most + 1), key=lambda code: (abs(code), code)))


def add_code(circuit: Netlist, suffix: str, legs: int, code: int, v_dd: float) -> list[str]:
    """Put the bit lines of a comparator at a code: a source each; their nodes in the order of `TrimmedComparator`."""
    nodes = []
    for line, volts in bit_lines(suffix, legs, code, v_dd):
        circuit.V(line, line, "vss", volts)
        nodes.append(line)
    return nodes


def bit_lines(suffix: str, legs: int, code: int, v_dd: float) -> Iterator[tuple[str, float]]:
    """Bit lines of a comparator at a code: each line, which is also its source's name, and its voltage."""
    for leg in legs_of(legs):
        chosen = max(0, -code if leg[0] == "n" else code)
        on = bool(chosen >> int(leg[1:]) & 1)
        yield f"trim{suffix}_{leg}", v_dd if on else 0.0
        yield f"trim{suffix}_{leg}_bar", 0.0 if on else v_dd

"""Threshold trim of comparators: legs that are switched beside a first inverter or an input pair, and their bits.

An n leg makes the n side stronger and lowers the threshold, a p leg raises it. A leg is a transistor at the input over
one that enables it; its width doubles from leg to leg. Each leg has a bit of six transistors, simulated in its written
state: the word line is on, and the bit lines have the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySpice.Spice.Netlist import Netlist

from circuits.cells.clocked import SENSE_LENGTH, ClockedComparator
from circuits.cells.layout import Cell, SharedSubCircuit, columns
from circuits.cells.static import LENGTH, NMOS, NMOS_WIDTH, PMOS, ThresholdComparator

SIDES = ("n", "p")
PAIR = ("b", "a")  # of a clocked comparator: legs at the second input, and at the first, which fires it more readily


class TrimLeg(Cell):
    """Nodes: input, output, enable, rail, and `bulk` if it is not the rail. Two transistors in series; sizes in m."""

    def __init__(self, name: str, model: str, width: float, length: float, bulk: str = "rail") -> None:
        width_cpp = columns(width, length=length) + columns(width) - 1.0
        nodes = ("input", "output", "enable", "rail", *((bulk,) if bulk != "rail" else ()))
        super().__init__(name, *nodes, width_cpp=width_cpp)
        self.M("in", "output", "input", "mid", bulk, model=model, w=width, l=length)
        self.M("on", "mid", "enable", "rail", bulk, model=model, w=width, l=LENGTH)


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


class TrimmedClockedComparator(SharedSubCircuit):
    """A `ClockedComparator` with `legs` p legs beside each transistor of its input pair. Nodes: those of the plain one,
    and both bit lines of each leg, those of `PAIR` in its order.

    A wider transistor takes over at a lower |V_GS|: in weak inversion, in which the narrow tail keeps the pair, legs of
    the share s of its width move the threshold by n kT/q ln(1 + s), 36 mV for an e-fold.

    Args:
        width, tail_width: of the `ClockedComparator`.
        share: width of the smallest leg over that of the transistor beside which it is.
        bits: without them the lines enable the legs themselves, at the voltages that written bits have.
    """

    def __init__(self, width: float, tail_width: float, legs: float, share: float, bits: bool = True) -> None:
        pairs = [(leg, f"{leg}_bar") for leg in legs_of(round(legs), PAIR)]
        nodes = ClockedComparator.NODES
        super().__init__("trimmed_clocked_comparator", *nodes, *(node for pair in pairs for node in pair))
        self.subcircuit(ClockedComparator(width, tail_width, ("tail", "a", "b")))
        if bits:
            self.subcircuit(TrimBit())
        self.X("core", "clocked_comparator", *nodes, "tail", "a", "b")
        for place in range(round(legs)):
            self.subcircuit(TrimLeg(f"trim_leg_{place}", PMOS, share * 2**place * width, SENSE_LENGTH, "bulk"))
        for leg, bar in pairs:
            side, place = leg[0], leg[1:]
            if bits:
                self.X(f"bit_{leg}", "trim_bit", leg, bar, f"bit_{leg}", f"bit_{bar}", "vdd", "vss")
            gate = "lower" if side == "a" else "upper"
            self.X(f"leg_{leg}", f"trim_leg_{place}", gate, side, f"bit_{bar}" if bits else bar, "tail", "vdd")


def legs_of(legs: int, sides: Sequence[str] = SIDES) -> tuple[str, ...]:
    """Names of the legs: ``n0``, ``n1``, …, ``p0``, …"""
    return tuple(f"{side}{place}" for side in sides for place in range(legs))


def codes(legs: int) -> tuple[int, ...]:
    """Codes from the smallest shift to the largest; negative ones switch n legs on and lower the threshold."""
    most = 2**legs - 1
    return tuple(sorted(range(-most, most + 1), key=lambda code: (abs(code), code)))


def add_code(
    circuit: Netlist,
    suffix: str,
    legs: int,
    code: int,
    v_dd: float,
    sides: Sequence[str] = SIDES,
    ground: str | int = "vss",
) -> list[str]:
    """Put the bit lines of a comparator at a code: a source each; their nodes in the order of `legs_of`."""
    nodes = []
    for line, volts in bit_lines(suffix, legs, code, v_dd, sides):
        circuit.V(line, line, ground, volts)
        nodes.append(line)
    return nodes


def bit_lines(
    suffix: str, legs: int, code: int, v_dd: float, sides: Sequence[str] = SIDES
) -> Iterator[tuple[str, float]]:
    """Bit lines of a comparator at a code: each line, which is also its source's name, and its voltage."""
    for leg in legs_of(legs, sides):
        chosen = max(0, -code if leg[0] == sides[0] else code)
        on = bool(chosen >> int(leg[1:]) & 1)
        yield f"trim{suffix}_{leg}", v_dd if on else 0.0
        yield f"trim{suffix}_{leg}_bar", 0.0 if on else v_dd

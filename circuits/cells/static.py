"""Static CMOS cells of the 28 nm card, as PySpice subcircuits."""

from __future__ import annotations

from circuits.cells.layout import Cell, SharedSubCircuit, columns

NMOS, PMOS = "nmos28lp", "pmos28lp"
LENGTH = 28e-9  # m, drawn
NMOS_WIDTH, PMOS_WIDTH = 100e-9, 200e-9  # m, minimum-size logic (Wn/Wp of the card's ring-oscillator bound)
LONG = 40e-9  # m; the longest channel that the card holds
SMALL = 100e-9  # m, width


class Inverter(Cell):
    """Nodes: input, output, vdd, vss. Two transistors; sizes in m."""

    def __init__(
        self,
        nmos_width: float = NMOS_WIDTH,
        pmos_width: float = PMOS_WIDTH,
        name: str = "inverter",
        length: float = LENGTH,
    ) -> None:
        width_cpp = max(columns(width, length=length) for width in (nmos_width, pmos_width))
        super().__init__(name, "input", "output", "vdd", "vss", width_cpp=width_cpp)
        self.M("n", "output", "input", "vss", "vss", model=NMOS, w=nmos_width, l=length)
        self.M("p", "output", "input", "vdd", "vdd", model=PMOS, w=pmos_width, l=length)


class And2(Cell):
    """Nodes: a, b, output, vdd, vss. NAND2 and inverter, six transistors."""

    def __init__(self, name: str = "and2") -> None:
        super().__init__(name, "a", "b", "output", "vdd", "vss", width_cpp=4.0)
        self.M("na", "bar", "a", "mid", "vss", model=NMOS, w=2 * NMOS_WIDTH, l=LENGTH)
        self.M("nb", "mid", "b", "vss", "vss", model=NMOS, w=2 * NMOS_WIDTH, l=LENGTH)
        self.M("pa", "bar", "a", "vdd", "vdd", model=PMOS, w=PMOS_WIDTH, l=LENGTH)
        self.M("pb", "bar", "b", "vdd", "vdd", model=PMOS, w=PMOS_WIDTH, l=LENGTH)
        self.M("ni", "output", "bar", "vss", "vss", model=NMOS, w=NMOS_WIDTH, l=LENGTH)
        self.M("pi", "output", "bar", "vdd", "vdd", model=PMOS, w=PMOS_WIDTH, l=LENGTH)


class Switch(Cell):
    """Nodes: a, b, gate, bulk. One transistor as a cell of its own."""

    def __init__(self, name: str, model: str, width: float, length: float = LENGTH) -> None:
        super().__init__(name, "a", "b", "gate", "bulk", width_cpp=columns(width))
        self.M("switch", "b", "gate", "a", "bulk", model=model, w=width, l=length)


class ThresholdComparator(SharedSubCircuit):
    """Two inverters in series (Liu et al., Methods): output high when the input is above the first one's threshold.

    Nodes: input, output, vdd, vss. The first inverter's widths set the threshold.

    Args:
        nmos_width, pmos_width, length: of the first inverter, m.
        restore: widths of the second one over those of minimum-size logic.
    """

    def __init__(self, nmos_width: float, pmos_width: float, length: float = LENGTH, restore: float = 1.0) -> None:
        super().__init__("threshold_comparator", "input", "output", "vdd", "vss")
        second = "inverter" if restore == 1.0 else "restore_inverter"  # a neuron's logic has its own "inverter"
        self.subcircuit(Inverter(nmos_width, pmos_width, "sense_inverter", length))
        self.subcircuit(Inverter(restore * NMOS_WIDTH, restore * PMOS_WIDTH, second))
        self.X("sense", "sense_inverter", "input", "bar", "vdd", "vss")
        self.X("restore", second, "bar", "output", "vdd", "vss")

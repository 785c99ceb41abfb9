"""Cells of the signed MTJ neuron in the 28 nm card: half bridge, switches, clocked comparator, latch, gates."""

from __future__ import annotations

from circuits.cells.layout import Cell, SharedSubCircuit, columns
from circuits.cells.static import LENGTH, NMOS, NMOS_WIDTH, PMOS, PMOS_WIDTH, Inverter

SENSE_LENGTH = 40e-9  # m; the longest channel that the card holds
#: Widths (m) of the comparator's regenerating pairs (n, p) and of its reset transistors.
PAIR_NMOS, PAIR_PMOS, RESET_NMOS = 200e-9, 400e-9, 200e-9
LATCH_TAIL = 400e-9  # m, width


class Nand2(Cell):
    """Nodes: a, b, output, vdd, vss."""

    def __init__(self) -> None:
        super().__init__("nand2", "a", "b", "output", "vdd", "vss", width_cpp=3.0)
        self.M("na", "output", "a", "mid", "vss", model=NMOS, w=2 * NMOS_WIDTH, l=LENGTH)
        self.M("nb", "mid", "b", "vss", "vss", model=NMOS, w=2 * NMOS_WIDTH, l=LENGTH)
        self.M("pa", "output", "a", "vdd", "vdd", model=PMOS, w=PMOS_WIDTH, l=LENGTH)
        self.M("pb", "output", "b", "vdd", "vdd", model=PMOS, w=PMOS_WIDTH, l=LENGTH)


class Nor2(Cell):
    """Nodes: a, b, output, vdd, vss."""

    def __init__(self) -> None:
        super().__init__("nor2", "a", "b", "output", "vdd", "vss", width_cpp=3.0)
        self.M("na", "output", "a", "vss", "vss", model=NMOS, w=NMOS_WIDTH, l=LENGTH)
        self.M("nb", "output", "b", "vss", "vss", model=NMOS, w=NMOS_WIDTH, l=LENGTH)
        self.M("pa", "mid", "a", "vdd", "vdd", model=PMOS, w=2 * PMOS_WIDTH, l=LENGTH)
        self.M("pb", "output", "b", "mid", "vdd", model=PMOS, w=2 * PMOS_WIDTH, l=LENGTH)


class HalfBridge(Cell):
    """Nodes: high, low, output, vdd, vss. `high` at 0 connects the output to vdd, `low` at vdd to vss; widths in m."""

    def __init__(self, nmos_width: float, pmos_width: float) -> None:
        width_cpp = max(columns(nmos_width), columns(pmos_width))
        super().__init__("half_bridge", "high", "low", "output", "vdd", "vss", width_cpp=width_cpp)
        self.M("p", "output", "high", "vdd", "vdd", model=PMOS, w=pmos_width, l=LENGTH)
        self.M("n", "output", "low", "vss", "vss", model=NMOS, w=nmos_width, l=LENGTH)


class NSwitch(Cell):
    """Nodes: drain, gate, source, bulk. One n transistor as a cell of its own; width in m."""

    def __init__(self, name: str, width: float) -> None:
        super().__init__(name, "drain", "gate", "source", "bulk", width_cpp=columns(width))
        self.M("switch", "drain", "gate", "source", "bulk", model=NMOS, w=width, l=LENGTH)


class ClockedComparator(Cell):
    """Nodes: lower, upper, read_bar, strobe_bar, yes, no, vdd, vss. A StrongARM latch with a p input pair.

    While `strobe_bar` is high, `yes` and `no` are low; when it falls, one of them rises: `yes` if the voltage at
    `lower` is below that at `upper`. The pair is of type p because the levels lie at a quarter of the supply.

    The tail conducts from the start of the read, not from the strobe: switched on by the strobe, the channels of the
    input pair (10 fF beside 20 fF of the divider's output) would throw 0.15 V back at the divider and move both
    thresholds by more than the window. So they form while the divider settles; a narrow tail limits what that costs.

    Args:
        width, tail_width: of the input pair and its current source, m.
        inner: nodes within it that are nodes of it, too: ``tail``, and the pair's drains ``a`` and ``b``.
    """

    NODES = ("lower", "upper", "read_bar", "strobe_bar", "yes", "no", "vdd", "vss")

    def __init__(self, width: float, tail_width: float, inner: tuple[str, ...] = ()) -> None:
        super().__init__("clocked_comparator", *self.NODES, *inner, width_cpp=7.0 + columns(width, width))
        self.M("tail", "tail", "read_bar", "vdd", "vdd", model=PMOS, w=tail_width, l=LENGTH)
        for side, gate, out, other in (("a", "lower", "yes", "no"), ("b", "upper", "no", "yes")):
            self.M(f"in_{side}", side, gate, "tail", "vdd", model=PMOS, w=width, l=SENSE_LENGTH)
            self.M(f"p_{side}", out, other, side, "vdd", model=PMOS, w=PAIR_PMOS, l=LENGTH)
            self.M(f"n_{side}", out, other, "vss", "vss", model=NMOS, w=PAIR_NMOS, l=LENGTH)
            self.M(f"reset_{side}", side, "strobe_bar", "vss", "vss", model=NMOS, w=RESET_NMOS, l=LENGTH)
            self.M(f"reset_{out}", out, "strobe_bar", "vss", "vss", model=NMOS, w=RESET_NMOS, l=LENGTH)


class SetResetLatch(Cell):
    """Nodes: set, reset, output, vdd, vss. Two cross-coupled NOR gates; holds while both inputs are low."""

    def __init__(self) -> None:
        super().__init__("set_reset_latch", "set", "reset", "output", "vdd", "vss", width_cpp=6.0)
        self.subcircuit(Nor2())
        self.X("q", "nor2", "reset", "bar", "output", "vdd", "vss")
        self.X("bar", "nor2", "set", "output", "bar", "vdd", "vss")


class LatchComparator(SharedSubCircuit):
    """A clocked comparator where a `circuits.cells.static.ThresholdComparator` would be: after the strobe its output is
    high if `input` is above a share of the voltage at `read`, and low again when the strobe ends.

    Nodes: input, output, read, strobe_bar, vdd, vss. The strobe switches the tail on, too: at rest no current flows.
    What that throws back at the inputs is alike at both: a resistor puts the ladder's resistance before the other one.
    Both outputs have the same load, a buffer and its dummy.

    Args:
        width: of the input pair, m.
        ohms: of the ladder from `read` to `vss`.
        share: of it below the tap.
    """

    def __init__(self, width: float, ohms: float, share: float) -> None:
        super().__init__("latch_comparator", "input", "output", "read", "strobe_bar", "vdd", "vss")
        self.subcircuit(ClockedComparator(width, LATCH_TAIL))
        self.subcircuit(Inverter())
        self.R("upper", "read", "level", (1 - share) * ohms)
        self.R("lower", "level", "vss", share * ohms)
        self.R("balance", "input", "gate", share * (1 - share) * ohms)
        self.X("latch", "clocked_comparator", "level", "gate", "strobe_bar", "strobe_bar", "yes", "no", "vdd", "vss")
        self.X("first", "inverter", "yes", "bar", "vdd", "vss")
        self.X("second", "inverter", "bar", "output", "vdd", "vss")
        self.X("dummy", "inverter", "no", "open", "vdd", "vss")

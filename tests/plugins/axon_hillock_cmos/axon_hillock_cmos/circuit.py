"""Axon-hillock neuron in plain CMOS (Mead, Analog VLSI and Neural Systems, Addison-Wesley 1989, chapter 12).

Two inverters watch the membrane. Once the second one rises, a capacitor from output to membrane lifts the membrane
further, which latches the spike; the output also opens a transistor that carries the reset current, until the
inverters tip back. By hand, with C = C_mem + C_fb:

    jump       V_DD C_fb / C at either edge of the output
    interval   t_L = C_fb V_DD / I_in between two spikes, whatever C_mem and the threshold
    width      t_H = C_fb V_DD / (I_reset - I_in)
    energy     C_fb V_DD² from the output stage, V_DD I_in (t_L + t_H) from the input, and the short-circuit current of
               the first inverter while the membrane climbs to the threshold, for a time proportional to 1 / I_in
"""

from __future__ import annotations

from dataclasses import dataclass

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.layout import Cell, columns
from circuits.cells.static import LENGTH, LONG, NMOS, PMOS
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter

WIDTH = 100e-9  # m, of all transistors but the output's p one and the reset's
WIDE = 200e-9  # m

_FREE = "assumed: free choice of the designer; the published equations hold for any"
MEMBRANE = Parameter("membrane_F", 60e-15, "F", "capacitor from membrane to ground", _FREE, "assumed")
FEEDBACK = Parameter("feedback_F", 40e-15, "F", "capacitor from output to membrane", _FREE, "assumed")
RESET = Parameter("reset_A", 200e-9, "A", "current of the reset transistor", _FREE, "assumed")
CURRENT = Parameter("current_A", 20e-9, "A", "input current into the membrane", _FREE, "assumed")
SUPPLY = Parameter(
    "v_dd", 0.8, "V", "supply", "assumed: the lowest at which both inverters are faster than a spike", "assumed"
)
_SWEEP = "dc sweep of the first inverter at 0.8 V, tt, 27 °C"
SHORT_CIRCUIT = Parameter(
    "short_circuit_A", 68e-9, "A", "current of the first inverter at its threshold", _SWEEP, "derived"
)
PASSAGE = Parameter(
    "passage_V", 0.058, "V", "integral of that current up to the threshold, over its value there", _SWEEP, "derived"
)
DENSITY = Parameter(
    "capacitor_density",
    2e-3,
    "F/m2",
    "capacitance per area of a metal capacitor above the logic",
    "assumed: 2 fF/µm², usual for a metal-insulator-metal capacitor",
    "assumed",
)
PARAMETERS = (MEMBRANE, FEEDBACK, RESET, CURRENT, SUPPLY, SHORT_CIRCUIT, PASSAGE, DENSITY)


@dataclass(frozen=True)
class Design:
    """Sizes and currents, SI.

    Raises:
        InputError: a value that is not positive, or a reset too weak to end a spike.
    """

    membrane_F: float = MEMBRANE.value
    feedback_F: float = FEEDBACK.value
    reset_A: float = RESET.value
    current_A: float = CURRENT.value

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise InputError("must be positive", where=name, found=value)
        if self.reset_A <= self.current_A:
            raise InputError(
                "the reset is weaker than the input: a spike would not end",
                where="reset_A",
                found=self.reset_A,
                allowed=f"above the input's {self.current_A:g} A",
            )

    def estimate_J(self, v_dd: float) -> dict[str, float]:
        """Energy per spike by hand, by contribution."""
        charge = self.feedback_F * v_dd
        period = charge / self.current_A + charge / (self.reset_A - self.current_A)
        passage = PASSAGE.value * (self.membrane_F + self.feedback_F) / self.current_A
        return {
            "C V² of the feedback": charge * v_dd,
            "input current": v_dd * self.current_A * period,
            "short circuit, first inverter": v_dd * SHORT_CIRCUIT.value * passage,
        }


class Amplifier(Cell):
    """Nodes: membrane, output, vdd_first, vdd_second, vss. Two inverters, each with a supply of its own to measure."""

    def __init__(self) -> None:
        nodes = ("membrane", "output", "vdd_first", "vdd_second", "vss")
        super().__init__("axon_hillock_amplifier", *nodes, width_cpp=columns(WIDTH, WIDE))
        self.M("n1", "bar", "membrane", "vss", "vss", model=NMOS, w=WIDTH, l=LONG)
        self.M("p1", "bar", "membrane", "vdd_first", "vdd_first", model=PMOS, w=WIDTH, l=LONG)
        self.M("n2", "output", "bar", "vss", "vss", model=NMOS, w=WIDTH, l=LENGTH)
        self.M("p2", "output", "bar", "vdd_second", "vdd_second", model=PMOS, w=WIDE, l=LENGTH)


class Reset(Cell):
    """Nodes: membrane, output, bias, vss. The output lets the bias current flow from the membrane."""

    def __init__(self) -> None:
        super().__init__("axon_hillock_reset", "membrane", "output", "bias", "vss", width_cpp=columns(WIDE, WIDE))
        self.M("gate", "membrane", "output", "lower", "vss", model=NMOS, w=WIDE, l=LONG)
        self.M("limit", "lower", "bias", "vss", "vss", model=NMOS, w=WIDE, l=LONG)


class AxonHillock(SubCircuit):
    """The neuron. Nodes: membrane, output, bias, vdd, vss; the ammeters are ``Vfirst`` and ``Vsecond``."""

    def __init__(self, design: Design) -> None:
        super().__init__("axon_hillock_cmos", "membrane", "output", "bias", "vdd", "vss")
        for cell in (Amplifier(), Reset()):
            self.subcircuit(cell)
        self.V("first", "vdd", "vdd_first", 0)
        self.V("second", "vdd", "vdd_second", 0)
        self.X("amplifier", "axon_hillock_amplifier", "membrane", "output", "vdd_first", "vdd_second", "vss")
        self.X("reset", "axon_hillock_reset", "membrane", "output", "bias", "vss")
        self.C("membrane", "membrane", "vss", design.membrane_F)
        self.C("feedback", "output", "membrane", design.feedback_F)

"""The 24-transistor differential neuron (Liu et al., Fig. S8): two MTJ neurons and the subtraction of their spikes.

Channel 1 is the reference spike; channel 2 is temporal minus reference on two lines, `plus` and `minus`. Four
comparator inverters, two inverters and two AND gates: 6 inverters + 2 AND = 24 transistors.
"""

from __future__ import annotations

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.devices import add_reference
from circuits.cells.static import And2, Inverter, ThresholdComparator
from circuits.thermal_mtj.comparator import SENSE_NMOS, SENSE_PMOS, add_junction
from ipcircuit.declaration.device import Device


class DifferentialNeuron(SubCircuit):
    """Nodes: input, reference, plus, minus, vdd, vss, and variate_temporal, variate_reference in sampled mode.

    `reference` is output channel 1. Args as in `ComparatorNeuron`, for both halves in the order (temporal, reference).
    `Vcomparators` and `Vlogic` carry the supply currents of the four comparator inverters and of the logic.
    """

    def __init__(
        self,
        devices: tuple[Device, Device],
        mode: str,
        reference_ohms: tuple[float, float],
        *,
        reference: str = "mtj",
        initial_ap: tuple[float, float] = (0.0, 0.0),
        sense_widths: tuple[float, float] = (SENSE_NMOS, SENSE_PMOS),
        name: str = "differential_neuron",
    ) -> None:
        extra = ("variate_temporal", "variate_reference") if mode == "sampled" else ()
        super().__init__(name, "input", "reference", "plus", "minus", "vdd", "vss", *extra)
        self.subcircuit(ThresholdComparator(*sense_widths))
        self.subcircuit(Inverter())
        self.subcircuit(And2())
        for i, (half, spike) in enumerate((("temporal", "temporal"), ("reference", "reference"))):
            divider = f"divider_{half}"
            nodes = (divider, "vss", *extra[i : i + 1])
            add_junction(self, f"mtj_{half}", nodes, devices[i], mode, reference_ohms[i], initial_ap[i])
            add_reference(self, f"ref_{half}", "input", divider, reference_ohms[i], reference)
            self.X(f"comparator_{half}", "threshold_comparator", divider, spike, "vdd_comparators", "vss")
        self.V("comparators", "vdd", "vdd_comparators", 0)
        self.V("logic", "vdd", "vdd_logic", 0)
        self.X("not_temporal", "inverter", "temporal", "temporal_bar", "vdd_logic", "vss")
        self.X("not_reference", "inverter", "reference", "reference_bar", "vdd_logic", "vss")
        self.X("and_plus", "and2", "temporal", "reference_bar", "plus", "vdd_logic", "vss")
        self.X("and_minus", "and2", "temporal_bar", "reference", "minus", "vdd_logic", "vss")

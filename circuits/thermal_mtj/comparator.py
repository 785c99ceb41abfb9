"""The comparator-based MTJ neuron (Liu et al., Fig. 2d): divider and two-inverter comparator."""

from __future__ import annotations

from PySpice.Spice.Netlist import Netlist, SubCircuit

from circuits.cells.devices import add_device, add_reference
from circuits.cells.static import ThresholdComparator
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import device as mtj_thermal

SENSE_NMOS, SENSE_PMOS = 200e-9, 100e-9  # m; puts the threshold at 0.380 V, mid-window at V_DD = V_READ = 0.8 V


class ComparatorNeuron(SubCircuit):
    """One MTJ neuron. Nodes: input, output, vdd, vss, and variate in sampled mode.

    Args:
        device: the active junction's declaration with its parameters.
        mode: ``"mean_field"`` or ``"sampled"``.
        reference_ohm: reference resistance, ohm.
        reference: ``"mtj"`` (a junction held in P) or ``"resistor"``.
        initial_ap: AP state at t = 0.
        sense_widths: widths of the sense inverter (n, p), m.
        name: subcircuit name.

    The internal node ``divider`` is the comparator's input; ``Vcomparator`` carries the comparator's supply current.
    """

    def __init__(
        self,
        device: Device,
        mode: str,
        reference_ohm: float,
        *,
        reference: str = "mtj",
        initial_ap: float = 0.0,
        sense_widths: tuple[float, float] = (SENSE_NMOS, SENSE_PMOS),
        name: str = "comparator_neuron",
    ) -> None:
        extra = ("variate",) if mode == "sampled" else ()
        super().__init__(name, "input", "output", "vdd", "vss", *extra)
        self.subcircuit(ThresholdComparator(*sense_widths))
        add_junction(self, "mtj", ("divider", "vss", *extra), device, mode, reference_ohm, initial_ap)
        add_reference(self, "ref", "input", "divider", reference_ohm, reference)
        self.V("comparator", "vdd", "vdd_comparator", 0)
        self.X("comparator", "threshold_comparator", "divider", "output", "vdd_comparator", "vss")


def add_junction(
    circuit: Netlist,
    name: str,
    nodes: tuple[str, ...],
    device: Device,
    mode: str,
    reference_ohm: float,
    initial_ap: float,
) -> None:
    """Add the active junction ``X<name>``; only the mean-field mode needs to know the divider's resistance."""
    values = {"initial_ap": initial_ap}
    if mode == "mean_field":
        values["r_series"] = reference_ohm
    add_device(circuit, name, nodes, mtj_thermal.declare(), device.with_parameters(**values), mode)

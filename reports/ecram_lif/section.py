"""Report section on the ECRAM neurons."""

from __future__ import annotations

from collections.abc import Iterator

from circuits.ecram_lif.assumptions import assumed_parameters
from ipcircuit.devices.ecram import currie2026
from ipcircuit.parameters import Parameter
from reports.ecram_lif import figures_circuit, figures_plasticity, findings, tables
from reports.section import Run, Section


def parameters(run: Run) -> Iterator[tuple[str, Parameter]]:
    """The device's parameters, but for `sign` and `volatile`, which circuit and experiment set; the neuron's sizes."""
    for p in currie2026.PARAMETERS:
        if p.name not in ("sign", "volatile"):
            yield "ECRAM", p
    for p in assumed_parameters():
        yield "ECRAM neuron", p


SECTION = Section(
    "ecram_lif",
    "The ECRAM neuron",
    "A leaky integrate-and-fire neuron whose synapse, or whose delay, is an electrochemical RAM: the device, the "
    "circuit, and the short-term plasticity that the device's relaxation gives it.",
    figures=(
        figures_circuit.relaxation,
        figures_circuit.waveforms,
        figures_plasticity.facilitation,
        figures_plasticity.excitability,
        figures_circuit.frequency,
        figures_circuit.energy,
        figures_plasticity.topologies,
    ),
    tables=(tables.corners, tables.grid, tables.topologies, tables.topology_corners),
    findings=(
        findings.spike_energy,
        findings.plasticity_overhead,
        findings.delay_capacitor,
        findings.gate_pulse,
        findings.capacitor_area,
        findings.static_power,
    ),
    parameters=parameters,
)

"""Report section: thermal MTJ neurons."""

from __future__ import annotations

from reports.section import Section
from reports.thermal_mtj import figures_circuit, figures_cost, figures_firing, figures_junction, findings, tables
from reports.thermal_mtj.parameters import parameters

SECTION = Section(
    "thermal_mtj",
    "The thermal MTJ neuron",
    "A magnetic tunnel junction whose firing probability follows its own heat: the bare junction, the circuits around "
    "it beside the compact model that a network trains with, and what they cost.",
    figures=(
        figures_junction.thermal,
        figures_firing.against_amplitude,
        figures_firing.heating,
        figures_firing.sequences,
        figures_firing.pulse_response,
        figures_circuit.comparator,
        figures_circuit.differential,
        figures_circuit.window,
        figures_cost.energy,
        figures_cost.area,
        figures_cost.memory_energy,
    ),
    tables=(tables.truth_table, tables.divider_window, tables.sample_energy, tables.left_out),
    findings=findings.FINDINGS,
    headline=findings.HEADLINE,
    parameters=parameters,
)

"""Report section: thermal MTJ neurons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from energy.cost import SCOPES
from ipcircuit.parameters import Parameter
from reports.section import Section
from reports.tables.provenance import Owned
from reports.tables.table import Table, ratio
from reports.thermal_mtj import (
    figure_area,
    figure_energy,
    figure_firing,
    figure_heating,
    figure_memory_energy,
    figure_pulse_response,
    figure_sequences,
    figure_thermal,
    figure_waveforms,
    figure_window,
    findings,
    headline,
    table_circuit,
)
from reports.thermal_mtj.sample_energy import NEURONS, baseline_rows, device_row, published_energy
from reports.thermal_mtj.table_protocol import protocol_rows


def _parameter(where: str, name: str, value: float, unit: str, basis: Any, source: str, what: str = "") -> Owned:
    return where, Parameter(name, float(value), unit, what or name, source, basis)


def _thermal_parameters(context: Any) -> Iterator[Owned]:
    """Parameters of both junctions and of the reference MTJs, as the differential neuron uses them."""
    neuron = context.mtj_testbench("differential").neuron
    seen: dict[str, Any] = {}
    for half in neuron.halves:
        for p in half.device.parameters:
            if p.name in ("r_series", "initial_ap") or seen.get(p.name) == p:
                continue  # set by the testbench, or the same as in the first junction
            yield (f"{half.label} junction" if p.name in seen else "both junctions"), p
            seen[p.name] = p
        yield _parameter(
            f"{half.label} reference MTJ",
            "resistance",
            half.reference_ohm,
            "ohm",
            "derived",
            "geometric mean of R_P and R_AP: centres the window",
            "resistance of the fixed P state",
        )
    yield from (_parameter(*row) for row in protocol_rows(context))


def _neurons(context: Any) -> Table:
    """Device energy at several N, and what each baseline takes relative to it."""
    rows: list[dict[str, Any]] = []
    for n in NEURONS:
        published: dict[str, Any] = {"scope": "published", "N": n, "energy_per_sample_J": published_energy(n)}
        simulated = [
            {"scope": s, "N": n, "energy_per_sample_J": device_row(context, s, n).energy_per_sample_J} for s in SCOPES
        ]
        for row in (published, *simulated):
            energy = row["energy_per_sample_J"]
            ratios = {
                b.system: b.energy_per_sample_J / energy if energy and b.energy_per_sample_J else None
                for b in baseline_rows(context)
            }
            rows.append({**row, **ratios})
    names = [b.system for b in baseline_rows(context)]
    return Table(
        "comparison_neurons",
        "Memory energy against the number of parallel neurons",
        "Energy of the device by scope (published: from the source's own 0.6 nJ), and energy of each baseline over it.",
        rows,
        {},
        dict.fromkeys(names, ratio),
    )


SECTION = Section(
    "thermal_mtj",
    "The thermal MTJ neuron",
    "A magnetic tunnel junction whose firing probability follows its own heat: the bare junction, the circuits "
    "around it beside the compact model that a network trains with, and what they cost.",
    (
        figure_thermal.draw,
        figure_firing.draw,
        figure_heating.draw,
        figure_sequences.draw,
        figure_pulse_response.draw,
        figure_waveforms.comparator,
        figure_waveforms.differential,
        figure_window.draw,
        figure_energy.draw,
        figure_area.draw,
        figure_memory_energy.draw,
    ),
    (
        table_circuit.truth_table,
        lambda context: table_circuit.divider_window(context, ["comparator", "differential"]),
        _neurons,
    ),
    findings.MAKERS,
    headline.MAKERS,
    _thermal_parameters,
)

"""Report section: thermal MTJ neurons, and the parameters behind its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from circuits.cells.static import LENGTH, NMOS_WIDTH, PMOS_WIDTH
from circuits.thermal_mtj.curves import PRE_HEAT_PROBE, SEQUENCE_AMPLITUDE
from circuits.thermal_mtj.neuron import MtjNeuron
from circuits.thermal_mtj.sense.sizes import MtjSizes
from ipcircuit.devices.temperature import BARRIER, BARRIER_EV, BLOCH, CURIE
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE, SATURATING_AMPLITUDE
from ipcircuit.parameters import Parameter, read_parameters
from reports.section import Run, Section
from reports.thermal_mtj import figures_circuit, figures_cost, figures_firing, findings, tables
from reports.thermal_mtj.circuit import DIFFERENTIAL, testbench


def parameters(_: Run) -> Iterator[tuple[str, Parameter]]:
    """(owner, parameter) of junctions, protocol and circuit, read from the objects that the simulations use."""
    bench = testbench(DIFFERENTIAL)
    cycle, conditions = bench.neuron.cycle, bench.conditions
    yield from _junctions(bench.neuron)
    protocol = {
        "set rise": cycle.rise,
        "set plateau": cycle.plateau,
        "set fall": cycle.fall,
        "reset amplitude": cycle.reset_amplitude,
        "reset width, edges included": cycle.reset_width,
        "delay, used for the read": cycle.delay,
        "reset edge": cycle.reset_edge,
        "read edge": cycle.read_edge,
        "probe amplitude": PROBE_AMPLITUDE,
        "pre-pulse amplitude": PRE_PULSE.amplitude,
        "pre-pulse plateau": PRE_PULSE.plateau,
        "pre-pulse edges": PRE_PULSE.rise,
        "probe after pre-heating": PRE_HEAT_PROBE,
        "amplitude of sequence steps": SEQUENCE_AMPLITUDE,
        "saturating amplitude": SATURATING_AMPLITUDE,
    }
    circuit = {
        "set amplitude": conditions.amplitude,
        "read voltage": conditions.v_read,
        "supply of comparators and logic": conditions.v_dd,
        "load on each output line": conditions.output_load_F,
        "gate length, drawn": LENGTH,
        "logic n width": NMOS_WIDTH,
        "logic p width": PMOS_WIDTH,
        "sense inverter n width": MtjSizes().sense_width,
        "sense inverter p width": MtjSizes().sense_pmos,
    }
    for p in read_parameters(Path(__file__).with_name("parameters.toml"), **protocol, **circuit):
        yield "protocol" if p.name in protocol else "circuit", p
    yield from (("laws of temperature", p) for p in (BARRIER, BARRIER_EV, BLOCH, CURIE))


def _junctions(neuron: MtjNeuron) -> Iterator[tuple[str, Parameter]]:
    """Parameters of both junctions and of the reference MTJs; those of the testbench are left out."""
    seen: dict[str, Parameter] = {}
    resistance = ("ohm", "resistance of the fixed P state", "geometric mean of R_P and R_AP: centres the window")
    for half in neuron.halves:
        for p in half.device.parameters:
            if p.name in ("r_series", "initial_ap") or seen.get(p.name) == p:
                continue  # set by the testbench, or the same as in the first junction
            yield (f"{half.label} junction" if p.name in seen else "both junctions"), p
            seen[p.name] = p
        yield f"{half.label} reference MTJ", Parameter("resistance", half.reference_ohm, *resistance, "derived")


SECTION = Section(
    "thermal_mtj",
    "The thermal MTJ neuron",
    "A magnetic tunnel junction whose firing probability follows its own heat: the bare junction, the circuits around "
    "it beside the compact model that a network trains with, and what they cost.",
    figures=(
        figures_firing.thermal,
        figures_firing.against_amplitude,
        figures_firing.heating,
        figures_firing.sequences,
        figures_firing.pulse_response,
        figures_circuit.comparator,
        figures_circuit.differential,
        figures_circuit.window,
        figures_cost.memory_energy,
    ),
    tables=(tables.truth_table, tables.divider_window, tables.sample_energy, tables.left_out),
    findings=findings.FINDINGS,
    headline=findings.HEADLINE,
    parameters=parameters,
)

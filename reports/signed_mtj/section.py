"""Report section on the signed junction and its circuit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from circuits.signed_mtj.testbench import LADDER_UM2, SignedMtjTestbench
from ipcircuit.devices.orthogonal_mtj.design_window import CURIE_K, SIGMA_M, Criteria
from ipcircuit.devices.orthogonal_mtj.device import LARGEST_LONG_SIDE
from ipcircuit.devices.orthogonal_mtj.zheng2026 import BREAKDOWN_V, EXCHANGE_STIFFNESS, PARAMETERS
from ipcircuit.parameters import Parameter, read_parameters
from reports.section import Run, Section
from reports.signed_mtj import figures, findings, tables


def parameters(run: Run) -> Iterator[tuple[str, Parameter]]:
    """The junction's parameters, but for the testbench's fields and initial angles; window and circuit."""
    for p in PARAMETERS:
        if not p.name.startswith(("field_", "initial_")):
            yield "orthogonal junction", p
    criteria, bench = Criteria(), SignedMtjTestbench()
    design, timing = bench.design, bench.conditions.timing
    window = {
        "threshold": criteria.threshold,
        "pulse": criteria.pulse_s,
        "relaxation": criteria.relax_s,
        "relaxed": criteria.relax_level,
        "side_sigma": SIGMA_M,
        "breakdown": BREAKDOWN_V,
        "curie": CURIE_K,
        "exchange": EXCHANGE_STIFFNESS,
        "longest_side": LARGEST_LONG_SIDE,
    }
    circuit = {
        "supply": bench.conditions.v_dd,
        "bridge n": design.bridge_n,
        "bridge p": design.bridge_p,
        "read bias": design.read_bias,
        "spike threshold": design.threshold,
        "input pair": design.sense_width,
        "tail": design.tail_width,
        "drive": timing.slots * timing.slot_s,
        "time step": timing.period_s,
        "ladder area": 1e-12 * LADDER_UM2,
    }
    for p in read_parameters(Path(__file__).with_name("parameters.toml"), **window, **circuit):
        yield f"signed neuron, {'window' if p.name in window else 'circuit'}", p


SECTION = Section(
    "signed_mtj",
    "The signed junction",
    "A magnetic tunnel junction with orthogonal easy axes, whose magnetisation is a membrane of both signs: its "
    "dynamics beside the equation that a network uses, and the free layers that make such a neuron.",
    figures=(figures.membrane, figures.window, figures.waveforms),
    tables=(tables.constants, tables.edges, tables.spike_energy, tables.barrier),
    findings=(
        findings.membrane,
        findings.window,
        findings.resistance,
        findings.spike_energy,
        findings.decision,
        findings.barrier,
    ),
    parameters=parameters,
)

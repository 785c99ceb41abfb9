"""Findings about the ECRAM neuron and its synapse before other neurons."""

from __future__ import annotations

from circuits.ecram_lif.testbench import (
    MIM_DENSITY,
    delay_feedback_lif_ecram_testbench,
    delay_feedback_lif_testbench,
)
from circuits.measurement import Kind
from energy.cost import NeuronCost
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import base_resistance, declare, gate_charge
from ipcircuit.units import si
from reports.ecram_lif.simulations import BIAS, ECRAM, NAMES
from reports.ecram_lif.tables import topology_rows
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Finding, Run
from reports.simulated import characterization

PROSE = Prose(__file__)

NEGLIGIBLE = 0.05  # of the energy per spike: our reading of "negligible", which its source does not quantify
LONG_PULSE = 10e-6  # s, gate pulses that published ECRAMs are written with


def _energy(cost: NeuronCost) -> float:
    energy = cost.scopes["circuit"].energy_per_spike_J
    assert energy is not None  # both fire under their default conditions
    return energy


def spike_energy(run: Run) -> Finding:
    """C2 beside its analytic estimate."""
    cost, stated = characterization(BIAS, run.jobs).cost, published("C2")
    energy, analytic = _energy(cost), cost.details["on paper: energy per spike, J"]
    plain = cost.details["on paper: C V² of the membrane, J"]
    over = {"stated": energy / stated - 1, "analytic": energy / analytic - 1}
    return PROSE.finding("spike_energy", energy=energy, stated=stated, plain=plain, analytic=analytic, over=over)


def plasticity_overhead(run: Run) -> Finding:
    """The claim of a negligible overhead, tested."""
    records = [characterization(name, run.jobs) for name in (BIAS, ECRAM)]
    gate, both = (record.measurement.energy_of(Kind.DEVICE) for record in records)
    energy, energy_both = (_energy(record.cost) for record in records)
    share, both_percent = gate / energy, 100 * both / energy_both
    verdict = "is negligible" if share < NEGLIGIBLE else "is not negligible"
    values = {"share": share, "both_percent": both_percent, "negligible": NEGLIGIBLE}
    return PROSE.finding("plasticity_overhead", gate=gate, energy=energy, verdict=verdict, **values)


def delay_capacitor(run: Run) -> Finding:
    """What the second mode costs besides its gate."""
    plain, delayed = (characterization(name, run.jobs).cost for name in (BIAS, ECRAM))
    extra = _energy(delayed) - _energy(plain)
    gate, percent = delayed.scopes["circuit"].energy_breakdown_J["ECRAM delay gate"], 100 * extra / _energy(plain)
    benches = delay_feedback_lif_testbench(), delay_feedback_lif_ecram_testbench()
    capacitors = [bench.design.delay_capacitance for bench in benches]
    verdict = "more than negligible" if extra > NEGLIGIBLE * _energy(plain) else "negligible"
    values = {"percent": percent, "extra": extra, "gate": gate, "capacitors": capacitors}
    return PROSE.finding("delay_capacitor", verdict=verdict, **values)


def gate_pulse(run: Run) -> Finding:
    """10 µs pulses against 2 pJ."""
    device = declare()
    ohms = base_resistance(device)
    channel = GATE_PULSE.amplitude**2 * LONG_PULSE / ohms
    plateau = GATE_PULSE.plateau + GATE_PULSE.rise
    gate = gate_charge(device, GATE_PULSE) * GATE_PULSE.amplitude * LONG_PULSE / plateau
    stated = published("C2")
    heat = {"channel": channel, "gate": gate, "times": channel / stated}
    return PROSE.finding("gate_pulse", stated=stated, pulse=GATE_PULSE, ohms=ohms, plateau=plateau, **heat)


def capacitor_area(run: Run) -> Finding:
    """What the area is made of."""
    record = characterization(BIAS, run.jobs)
    circuit, cells = record.cost.scopes["circuit"], record.areas["circuit"].logic_um2
    design = delay_feedback_lif_testbench().design
    capacitor = 1e12 * (design.membrane_F + design.delay_capacitance) / MIM_DENSITY
    values = {"times": capacitor / cells, "capacitor": capacitor, "cells": cells, "density": 1e3 * MIM_DENSITY}
    return PROSE.finding("capacitor_area", circuit=circuit, **values)


def static_power(run: Run) -> Finding:
    """Cheapest topology per spike against the cheapest in a system that mostly waits."""
    rows = {row["circuit"]: row for row in topology_rows(run) if row["energy_per_spike_circuit_J"] is not None}
    busy, waiting = (min(rows, key=lambda n: rows[n][f"energy_per_spike_{s}_J"]) for s in ("circuit", "system"))
    counting_idle = ", idle or not" if busy == waiting else f"; counting idle time, the {NAMES[waiting]} does"
    listed = ", ".join(
        f"{NAMES[name]} {si(row['energy_per_spike_circuit_J'], 'J', 3)} and "
        f"{si(row['energy_per_spike_system_J'], 'J', 3)}"
        for name, row in rows.items()
    )
    idle = [si(rows[name]["idle_power_W"], "W", 3) for name in (busy, waiting)]
    return PROSE.finding(
        "static_power", busy=NAMES[busy], counting_idle=counting_idle, listed=listed, idle=idle, waiting=NAMES[waiting]
    )

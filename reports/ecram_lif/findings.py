"""Findings about the ECRAM neuron and its synapse before other neurons."""

from __future__ import annotations

from circuits.ecram_lif.delay_feedback_testbench import (
    delay_feedback_lif_ecram_testbench,
    delay_feedback_lif_testbench,
)
from circuits.ecram_lif.testbench import MIM_DENSITY
from circuits.testbench import Kind
from energy.cost import NeuronCost
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import base_resistance, declare, gate_charge
from ipcircuit.units import si
from reports.ecram_lif.simulations import BIAS, ECRAM, NAMES
from reports.ecram_lif.tables import topology_rows
from reports.ledger.record import published
from reports.section import Finding, Run
from reports.simulated import characterization

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
    return Finding(
        f"A spike of the ECRAM neuron takes {si(energy, 'J', 3)} (published {si(stated, 'J')})",
        f"Simulated, circuit scope, {100 * (energy / stated - 1):+.0f} % from the published figure. The membrane was "
        f"chosen so that its C·V² is {si(plain, 'J', 3)}; the whole analytic estimate is {si(analytic, 'J', 3)}, and "
        f"the simulation lies {100 * (energy / analytic - 1):+.1f} % from it. What remains beyond C·V² is short "
        "circuit, delay and gates: the published figure says little more than how large the membrane is.",
    )


def plasticity_overhead(run: Run) -> Finding:
    """The claim of a negligible overhead, tested."""
    records = [characterization(name, run.jobs) for name in (BIAS, ECRAM)]
    gate, both = (record.measurement.energy_of(Kind.DEVICE) for record in records)
    energy, energy_both = (_energy(record.cost) for record in records)
    share = gate / energy
    verdict = "is negligible" if share < NEGLIGIBLE else "is not negligible"
    return Finding(
        f"The gate pulses behind facilitation take {100 * share:.1f} % of a spike's energy, which {verdict}",
        f"{si(gate, 'J', 3)} of {si(energy, 'J', 3)} go into the gate of the synapse "
        f"({100 * both / energy_both:.1f} % into both gates with an ECRAM in the delay path as well). "
        f"Negligible is read as below {100 * NEGLIGIBLE:g} %; the source gives no number. The gate's ionic "
        "conductance, which sets this energy, is assumed.",
    )


def delay_capacitor(run: Run) -> Finding:
    """What the second mode costs besides its gate."""
    plain, delayed = (characterization(name, run.jobs).cost for name in (BIAS, ECRAM))
    extra = _energy(delayed) - _energy(plain)
    gate = delayed.scopes["circuit"].energy_breakdown_J["ECRAM delay gate"]
    capacitor = delay_feedback_lif_ecram_testbench().design.delay_capacitance
    small = delay_feedback_lif_testbench().design.delay_capacitance
    verdict = "more than negligible" if extra > NEGLIGIBLE * _energy(plain) else "negligible"
    return Finding(
        f"An ECRAM in the delay path costs {100 * extra / _energy(plain):.0f} % more energy, {verdict}",
        f"{si(extra, 'J', 3)} per spike, of which the gate is {si(gate, 'J', 3)}: most is charge of the delay node, "
        f"whose capacitor grows from {si(small, 'F', 3)} to {si(capacitor, 'F', 3)}, because some 30 kΩ, not a small "
        "current, must make 10 ns of it. A more resistive ECRAM would need less.",
    )


def gate_pulse(run: Run) -> Finding:
    """10 µs pulses against 2 pJ."""
    device = declare()
    channel = GATE_PULSE.amplitude**2 * LONG_PULSE / base_resistance(device)
    plateau = GATE_PULSE.plateau + GATE_PULSE.rise
    gate = gate_charge(device, GATE_PULSE) * GATE_PULSE.amplitude * LONG_PULSE / plateau
    stated = published("C2")
    return Finding(
        f"Gate pulses of 10 µs and {si(stated, 'J')} per spike exclude each other",
        f"At {GATE_PULSE.amplitude:g} V a channel of {si(base_resistance(device), 'Ω', 3)} turns "
        f"{si(channel, 'J', 3)} into heat during one 10 µs pulse, {channel / stated:.0f} times the published energy "
        f"of a whole spike, and the gate {si(gate, 'J', 3)}. So the pulse is assumed to be the neuron's own spike, "
        f"{1e9 * plateau:g} ns, and 10 µs only the fast relaxation.",
    )


def capacitor_area(run: Run) -> Finding:
    """What the area is made of."""
    circuit = characterization(BIAS, run.jobs).cost.scopes["circuit"]
    cells = sum(area for name, area in circuit.area_breakdown_um2.items() if "overhang" not in name)
    design = delay_feedback_lif_testbench().design
    capacitor = 1e12 * (design.membrane_F + design.delay_capacitance) / MIM_DENSITY
    return Finding(
        f"The membrane capacitor is {capacitor / cells:.0f} times as large as the ECRAM neuron's transistors",
        f"{capacitor:.0f} µm² of capacitor (at an assumed {1e3 * MIM_DENSITY:g} fF/µm²) beside {cells:.1f} µm² of "
        f"cells: the neuron's {circuit.area_um2:.0f} µm² are those of the capacitor, over which the logic fits. "
        "Denser capacitors, or a smaller membrane with less energy per spike, would buy most.",
    )


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
    return Finding(
        f"The {NAMES[busy]} takes least energy per spike{counting_idle}",
        f"Per spike in circuit and system scope: {listed}. With the same synapse and the same capacitor area, what "
        "differs is how far the membrane swings and what flows while nothing happens: "
        f"{idle[0]} in an idle {NAMES[busy]} neuron, {idle[1]} in an idle {NAMES[waiting]} one.",
    )

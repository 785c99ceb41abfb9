"""What the run says about the ECRAM neuron, in words."""

from __future__ import annotations

from circuits.ecram_lif.testbench import MIM_DENSITY
from energy.cost import NeuronCost
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import base_resistance, declare, gate_charge
from ipcircuit.units import si
from reports.ledger.record import published
from reports.page.context import RunContext
from reports.section import Finding

BIAS, ECRAM = "delay_feedback_lif", "delay_feedback_lif_ecram"
NEGLIGIBLE = 0.05  # of the energy per spike: our reading of "negligible", which its source does not quantify
LONG_PULSE = 10e-6  # s, gate pulses that published ECRAMs are written with


def _energy(cost: NeuronCost) -> float:
    energy = cost.scopes["circuit"].energy_per_spike_J
    assert energy is not None  # both fire under their default conditions
    return energy


def _gates(cost: NeuronCost) -> float:
    return sum(e for name, e in cost.scopes["circuit"].energy_breakdown_J.items() if name.startswith("ECRAM"))


def spike_energy(context: RunContext) -> Finding:
    """C2 beside its estimate on paper."""
    cost, stated = context.cost(BIAS), published("C2")
    energy, paper = _energy(cost), float(cost.conditions["on paper: energy per spike, J"])
    plain = float(cost.conditions["on paper: C V² of the membrane, J"])
    return Finding(
        f"A spike of the ECRAM neuron takes {si(energy, 'J', 3)} (published {si(stated, 'J')})",
        f"Simulated, circuit scope, {100 * (energy / stated - 1):+.0f} % from the published figure. The membrane was "
        f"chosen so that its C·V² is {si(plain, 'J', 3)}; the whole estimate on paper is {si(paper, 'J', 3)}, and the "
        f"simulation lies {100 * (energy / paper - 1):+.1f} % from it. What remains beyond C·V² is short circuit, "
        "delay and gates: the published figure says little more than how large the membrane is.",
    )


def plasticity_overhead(context: RunContext) -> Finding:
    """The claim of a negligible overhead, tested."""
    shares = {name: _gates(context.cost(name)) / _energy(context.cost(name)) for name in (BIAS, ECRAM)}
    share = shares[BIAS]
    holds = "is negligible" if share < NEGLIGIBLE else "is not negligible"
    return Finding(
        f"The gate pulses behind facilitation take {100 * share:.1f} % of a spike's energy, which {holds}",
        f"{si(_gates(context.cost(BIAS)), 'J', 3)} of {si(_energy(context.cost(BIAS)), 'J', 3)} go into the gate of "
        f"the synapse ({100 * shares[ECRAM]:.1f} % into both gates with an ECRAM in the delay path as well). "
        f"Negligible is read as below {100 * NEGLIGIBLE:g} %; the source gives no number. The gate's ionic "
        "conductance, "
        "which sets this energy, is assumed.",
    )


def delay_capacitor(context: RunContext) -> Finding:
    """What the second mode costs besides its gate."""
    plain, delayed = context.cost(BIAS), context.cost(ECRAM)
    extra = _energy(delayed) - _energy(plain)
    gate = delayed.scopes["circuit"].energy_breakdown_J["ECRAM delay gate"]
    capacitor = context.ecram.delay_testbench.design.delay_capacitance
    small = context.ecram.testbench.design.delay_capacitance
    verdict = "more than negligible" if extra > NEGLIGIBLE * _energy(plain) else "negligible"
    return Finding(
        f"An ECRAM in the delay path costs {100 * extra / _energy(plain):.0f} % more energy, {verdict}",
        f"{si(extra, 'J', 3)} per spike, of which the gate is {si(gate, 'J', 3)}: most is charge of the delay node, "
        f"whose capacitor grows from {si(small, 'F', 3)} to {si(capacitor, 'F', 3)}, because some 30 kΩ, not a small "
        "current, must make 10 ns of it. A more resistive ECRAM would need less.",
    )


def gate_pulse(context: RunContext) -> Finding:
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
        "of a "
        f"whole spike, and the gate {si(gate, 'J', 3)}. So the pulse is assumed to be the neuron's own spike, "
        f"{1e9 * plateau:g} ns, and 10 µs only the fast relaxation.",
    )


def capacitor_area(context: RunContext) -> Finding:
    """What the area is made of."""
    cost = context.cost(BIAS)
    total = cost.scopes["circuit"].area_um2
    cells = sum(a for n, a in cost.scopes["circuit"].area_breakdown_um2.items() if "overhang" not in n)
    design = context.ecram.testbench.design
    capacitor = 1e12 * (design.membrane_F + design.delay_capacitance) / MIM_DENSITY
    assert total is not None  # counted from the netlist
    return Finding(
        f"The membrane capacitor is {capacitor / cells:.0f} times as large as the ECRAM neuron's transistors",
        f"{capacitor:.0f} µm² of capacitor (at an assumed {1e3 * MIM_DENSITY:g} fF/µm²) beside {cells:.1f} µm² of "
        "cells: "
        f"the neuron's {total:.0f} µm² are those of the capacitor, over which the logic fits. Denser capacitors, or a "
        "smaller membrane with less energy per spike, would buy most.",
    )


MAKERS = (spike_energy, plasticity_overhead, delay_capacitor, gate_pulse, capacitor_area)

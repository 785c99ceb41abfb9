"""The signed neuron's circuit in the claims ledger (row B6) and among the findings."""

from __future__ import annotations

import numpy as np

from circuits.cells.clocked import SENSE_LENGTH
from circuits.signed_mtj.decision_yield import offset_sigma
from circuits.signed_mtj.testbench import SignedMtjTestbench
from energy.cost import NeuronCost
from ipcircuit.technology.targets import MISMATCH
from ipcircuit.units import si
from reports.ledger.evaluate import ClaimContext, Reproduction
from reports.page.context import RunContext
from reports.section import Finding

CIRCUIT = "signed_mtj"
WANTED_SIGMAS = 3.0  # margin over σ that a designer would ask for
_RA = "largest_RA_{}_ohm_m2"


def _number(cost: NeuronCost, name: str) -> float | None:
    value = cost.conditions.get(name)
    return None if value is None else float(value)


def _ra(cost: NeuronCost, where: str) -> float:
    """Largest resistance-area product for 1 TA/m², Ω·µm²."""
    return 1e12 * float(cost.conditions[_RA.format(where)])


def b6_readout(context: ClaimContext) -> Reproduction:
    """Every step is decided rightly: a spike of the input's sign on its own line, and none without input."""
    cost = context.cost(CIRCUIT)
    wrong = _number(cost, "steps_decided_wrongly")
    if wrong is None:
        return Reproduction(None)
    density = float(cost.conditions["drive_current_density_A_m2"])
    return Reproduction(
        wrong == 0,
        "a divider read after each drive, two clocked comparators; divider and thresholds are the source's, the "
        f"circuit is ours. The drive is {1e-12 * density:.2f} TA/m²; 1 TA/m² would need at most "
        f"{_ra(cost, 'at_1_V'):.2f} Ω·µm² with 1 V across the junction, {_ra(cost, 'in_the_bridge'):.2f} behind this "
        f"bridge and {_ra(cost, 'through_a_divider'):.2f} through a divider that halves the supply",
    )


def spike_energy(context: RunContext) -> Finding:
    """Where a spike's energy goes."""
    cost = context.cost(CIRCUIT)
    circuit = cost.scopes["circuit"]
    energy, parts = circuit.energy_per_spike_J, circuit.energy_breakdown_J
    assert energy is not None  # it fires under its default conditions
    readout = parts["divider"] + parts["comparators"]
    positive, negative = (_number(cost, f"energy_per_{sign}_spike_J") for sign in ("positive", "negative"))
    return Finding(
        f"A spike of the signed neuron takes {si(energy, 'J', 3)}, {100 * parts['junction'] / energy:.0f} % of it in "
        "the junction",
        f"{si(positive, 'J', 3)} for a positive, {si(negative, 'J', 3)} for a negative one (the current is smaller at "
        f"high resistance). Bridge and logic take {si(parts['bridge'] + parts['logic'], 'J', 3)}, divider and "
        f"comparators {si(readout, 'J', 3)}. The drive sets the scale: current density, area, supply and a time of two "
        "membrane time constants; a smaller pillar or more damping would lower it, a better circuit hardly. The source "
        "gives no energy.",
    )


def decision(context: RunContext) -> Finding:
    """The window against mismatch."""
    cost, design = context.cost(CIRCUIT), SignedMtjTestbench().design
    names = [f"margin_{line}_{kind}_V" for line in ("plus", "minus") for kind in ("spike", "silent")]
    least = min(float(cost.conditions[name]) for name in names)
    sigma, found = offset_sigma(design), _number(cost, "decision_yield")
    wanted = (MISMATCH.a_vt_V_um * 1e-6 * WANTED_SIGMAS / least) ** 2 / SENSE_LENGTH
    run, _ = context.signed_operation
    middle = (run.margin_plus_V - run.margin_minus_V) / 2  # taps' middle less the divider's output
    moved = float(np.abs(middle[run.stimulus.driven]).mean())
    share = "not obtained" if found is None else f"{100 * found:.0f} %"
    return Finding(
        f"The signed neuron's thresholds have {1e3 * least:.1f} mV of room, {least / sigma:.1f} σ of a comparator",
        f"A read must not turn the membrane, so it is done at {design.read_bias:g} V, and a full drive moves the "
        f"divider by {1e3 * moved:.0f} mV. The comparators' offsets have σ = {1e3 * sigma:.1f} mV (input pairs of "
        f"{1e6 * design.sense_width:g} µm × {1e9 * SENSE_LENGTH:g} nm): to first order {share} of neurons decide both "
        f"signs rightly. Margins of {WANTED_SIGMAS:g} σ would take pairs {1e6 * wanted:.0f} µm wide, or a trim per "
        "neuron. Two skewed inverters, the plainest reading of the source, would not do: their switching point "
        "moves by ±35 mV between corners. Thermal agitation (0.02 to 0.05 in u at 300 K, 1 to 3 mV) comes on top.",
    )


def barrier(context: RunContext) -> Finding:
    """Why the divider is not in the drive's path."""
    cost = context.cost(CIRCUIT)
    return Finding(
        "The divider that reads the junction must stay out of the way when it is driven",
        f"1 TA/m² behind this bridge asks for {_ra(cost, 'in_the_bridge'):.2f} Ω·µm² at {cost.conditions['v_dd_V']:g} "
        f"V; with the reference in series, as the source's sketch has it, for "
        f"{_ra(cost, 'through_a_divider'):.2f} Ω·µm². So the circuit drives through an H-bridge and reads after the "
        f"drive, within {_read_delay():.1f} ns: the membrane forgets with 0.77 ns.",
    )


def _read_delay() -> float:
    timing = SignedMtjTestbench().conditions.timing
    return 1e9 * (timing.settle_s + timing.strobe_s)


MAKERS = (spike_energy, decision, barrier)

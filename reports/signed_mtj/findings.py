"""Findings about the signed junction and its circuit."""

from __future__ import annotations

import numpy as np

from circuits.cells.clocked import SENSE_LENGTH
from circuits.signed_mtj.decision_yield import offset_sigma
from circuits.signed_mtj.testbench import SignedMtjTestbench
from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.devices.orthogonal_mtj.demagnetisation import demagnetisation_factors
from ipcircuit.devices.orthogonal_mtj.design_window_map import REPRESENTATIVE
from ipcircuit.devices.orthogonal_mtj.device import declare, largest_ra, voltage_for
from ipcircuit.devices.orthogonal_mtj.macrospin_limits import exchange_length
from ipcircuit.technology.targets import MISMATCH
from ipcircuit.units import si
from reports.section import Finding, Run
from reports.signed_mtj import simulations
from reports.signed_mtj.simulations import CIRCUIT
from reports.simulated import characterization

NEEDED = 1e12  # A/m², with which the representative design reaches its threshold
WANTED_SIGMAS = 3.0  # margin over σ that a designer would ask for


def membrane(run: Run) -> Finding:
    """B2 and B3."""
    fit, constants = simulations.fits()["fitted"], analytic(declare())
    orthogonal, parallel = (simulations.designs()[name].free.relative for name in ("orthogonal", "parallel"))
    return Finding(
        "The signed neuron's time constant and gain follow from the damping, without a fit",
        f"τ = 1/(αγMs(N_W − N̄)) is {1e9 * constants.tau_s:.2f} ns and the steady state at 1 TA/m² is "
        f"{1e12 * constants.gain:.2f}; fitted to the macrospin they are {1e9 * fit.neuron.tau_s:.2f} ns and "
        f"{1e12 * fit.neuron.gain:.2f}. At 300 K the equation leaves {100 * orthogonal:.0f} % of the orthogonal "
        f"design's variation and {100 * parallel:.0f} % of the parallel one's.",
    )


def window(run: Run) -> Finding:
    """Why 2:9:10."""
    w, length, t = (REPRESENTATIVE[side] for side in ("width", "length", "height"))
    factors = {shape: demagnetisation_factors(w, length, t, shape) for shape in ("cylinder", "prism", "ellipsoid")}
    gaps = {shape: float(n[1] - n[2]) for shape, n in factors.items()}
    device = declare()
    constants = analytic(device)
    return Finding(
        "The window is where length and height are magnetically almost alike",
        "The torque must overcome the anisotropy between L and T before m can turn about the short axis, so the window "
        "is a band along N_L = N_T. The published 2:9:10 lies in it if the pillar is an elliptic cylinder (N_L − N_T = "
        f"{gaps['cylinder']:.4f}), and outside it as a prism ({gaps['prism']:.4f}) or an ellipsoid "
        f"({gaps['ellipsoid']:.4f}). m turns over above {1e-12 * constants.ramp_onset:.2f} TA/m² when the current "
        f"rises slowly, and from {1e-12 * constants.step_onset:.2f} TA/m² on in a step. With sides of up to "
        f"{t / exchange_length(device.values()['ms']):.0f} exchange lengths a macrospin is a bold model.",
    )


def resistance(run: Run) -> Finding:
    """The barrier."""
    device = declare()
    ra, volts, amperes = largest_ra(device, NEEDED), voltage_for(device, NEEDED), NEEDED * device.values()["area"]
    return Finding(
        f"The signed neuron needs a barrier of about {1e12 * ra:.1f} Ω·µm² or less",
        f"1 TA/m² is {1e6 * amperes:.0f} µA through this pillar and takes {volts:.2f} V at 1 Ω·µm²; barriers break "
        f"down near {device.voltage_limit:g} V (assumed). That is the low end of what MgO junctions reach.",
    )


def spike_energy(run: Run) -> Finding:
    """Where a spike's energy goes."""
    record = characterization(CIRCUIT, run.jobs)
    circuit, details = record.cost.scopes["circuit"], record.measurement.details
    energy, parts = circuit.energy_per_spike_J, circuit.energy_breakdown_J
    assert energy is not None  # it fires under its default conditions
    positive, negative = (si(details.get(f"energy_per_{sign}_spike_J"), "J", 3) for sign in ("positive", "negative"))
    return Finding(
        f"A spike of the signed neuron takes {si(energy, 'J', 3)}, {100 * parts['junction'] / energy:.0f} % of it in "
        "the junction",
        f"{positive} for a positive, {negative} for a negative one (the current is smaller at high resistance). Bridge "
        f"and logic take {si(parts['bridge'] + parts['logic'], 'J', 3)}, divider and comparators "
        f"{si(parts['divider'] + parts['comparators'], 'J', 3)}. The drive sets the scale: current density, area, "
        "supply and a time of two membrane time constants; a smaller pillar or more damping would lower it, a better "
        "circuit hardly. The source gives no energy.",
    )


def decision(run: Run) -> Finding:
    """The window against mismatch."""
    details, design = characterization(CIRCUIT, run.jobs).measurement.details, SignedMtjTestbench().design
    least = min(details[f"margin_{line}_{kind}_V"] for line in ("plus", "minus") for kind in ("spike", "silent"))
    sigma, share = offset_sigma(design), details.get("decision_yield")
    wanted = (MISMATCH.a_vt_V_um * 1e-6 * WANTED_SIGMAS / least) ** 2 / SENSE_LENGTH
    response = simulations.operation(run.jobs)
    middle = (response.margin_plus_V - response.margin_minus_V) / 2  # taps' middle less the divider's output
    moved = float(np.abs(middle[response.stimulus.driven]).mean())
    return Finding(
        f"The signed neuron's thresholds have {1e3 * least:.1f} mV of room, {least / sigma:.1f} σ of a comparator",
        f"A read must not turn the membrane, so it is done at {design.read_bias:g} V, and a full drive moves the "
        f"divider by {1e3 * moved:.0f} mV. The comparators' offsets have σ = {1e3 * sigma:.1f} mV (input pairs of "
        f"{1e6 * design.sense_width:g} µm × {1e9 * SENSE_LENGTH:g} nm): to first order "
        f"{'not obtained' if share is None else f'{100 * share:.0f} %'} of neurons decide both signs rightly. Margins "
        f"of {WANTED_SIGMAS:g} σ would take pairs {1e6 * wanted:.0f} µm wide, or a trim per neuron. Two skewed "
        "inverters, the plainest reading of the source, would not do: their switching point moves by ±35 mV between "
        "corners. Thermal agitation (0.02 to 0.05 in u at 300 K, 1 to 3 mV) comes on top.",
    )


def barrier(run: Run) -> Finding:
    """Why the divider is not in the drive's path."""
    details, conditions = characterization(CIRCUIT, run.jobs).measurement.details, SignedMtjTestbench().conditions
    bridge, divider = (1e12 * details[f"largest_RA_{p}_ohm_m2"] for p in ("in_the_bridge", "through_a_divider"))
    delay = 1e9 * (conditions.timing.settle_s + conditions.timing.strobe_s)
    return Finding(
        "The divider that reads the junction must stay out of the way when it is driven",
        f"1 TA/m² behind this bridge asks for {bridge:.2f} Ω·µm² at {conditions.v_dd:g} V; with the reference in "
        f"series, as the source's sketch has it, for {divider:.2f} Ω·µm². So the circuit drives through an H-bridge "
        f"and reads after the drive, within {delay:.1f} ns: the membrane forgets with 0.77 ns.",
    )

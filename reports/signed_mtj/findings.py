"""Findings about the signed junction and its circuit."""

from __future__ import annotations

import numpy as np

from circuits.cells.clocked import SENSE_LENGTH
from circuits.signed_mtj.testbench import SignedMtjTestbench
from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.devices.orthogonal_mtj.demagnetisation import demagnetisation_factors
from ipcircuit.devices.orthogonal_mtj.design_window import REPRESENTATIVE
from ipcircuit.devices.orthogonal_mtj.device import declare, exchange_length, largest_ra, voltage_for
from ipcircuit.technology.catalog import technology
from ipcircuit.units import si
from reports.prose import Prose
from reports.section import Finding, Run
from reports.signed_mtj import simulations
from reports.signed_mtj.simulations import CIRCUIT
from reports.simulated import characterization

PROSE = Prose(__file__)

NEEDED = 1e12  # A/m², with which the representative design reaches its threshold
WANTED_SIGMAS = 3.0  # margin over σ that a designer would ask for


def membrane(run: Run) -> Finding:
    """B2 and B3."""
    fit, constants = simulations.fits()["fitted"], analytic(declare())
    orthogonal, parallel = (simulations.designs()[name].free.relative for name in ("orthogonal", "parallel"))
    gains, left = (1e12 * fit.neuron.gain, 1e12 * constants.gain), {"orthogonal": orthogonal, "parallel": parallel}
    return PROSE.finding("membrane", constants=constants, fit=fit, gains=gains, **left)


def window(run: Run) -> Finding:
    """Why 2:9:10."""
    w, length, t = (REPRESENTATIVE[side] for side in ("width", "length", "height"))
    factors = {shape: demagnetisation_factors(w, length, t, shape) for shape in ("cylinder", "prism", "ellipsoid")}
    gaps = {shape: float(n[1] - n[2]) for shape, n in factors.items()}
    device = declare()
    lengths = t / exchange_length(device.values()["ms"])
    return PROSE.finding("window", gaps=gaps, constants=analytic(device), lengths=lengths)


def resistance(run: Run) -> Finding:
    """The barrier."""
    device = declare()
    ra, volts, amperes = largest_ra(device, NEEDED), voltage_for(device, NEEDED), NEEDED * device.values()["area"]
    return PROSE.finding("resistance", ra_um2=1e12 * ra, amperes=amperes, volts=volts, device=device)


def spike_energy(run: Run) -> Finding:
    """Where a spike's energy goes."""
    record = characterization(CIRCUIT, run.jobs)
    circuit, details = record.cost.scopes["circuit"], record.measurement.details
    energy, parts = circuit.energy_per_spike_J, circuit.energy_breakdown_J
    assert energy is not None  # it fires under its default conditions
    positive, negative = (si(details.get(f"energy_per_{sign}_spike_J"), "J", 3) for sign in ("positive", "negative"))
    values = {"energy": energy, "percent": 100 * parts["junction"] / energy, "positive": positive, "negative": negative}
    read = parts["divider"] + parts["comparators"]
    return PROSE.finding("spike_energy", drive=parts["bridge"] + parts["logic"], read=read, **values)


def decision(run: Run) -> Finding:
    """The window against mismatch."""
    details, design = characterization(CIRCUIT, run.jobs).measurement.details, SignedMtjTestbench().design
    least = min(details[f"margin_{line}_{kind}_V"] for line in ("plus", "minus") for kind in ("spike", "silent"))
    sigma, share = design.offset_sigma, details.get("decision_yield")
    wanted = (technology().a_vt.value * WANTED_SIGMAS / least) ** 2 / SENSE_LENGTH
    response = simulations.operation(run.jobs)
    middle = (response.margin_plus_V - response.margin_minus_V) / 2  # taps' middle less the divider's output
    moved = float(np.abs(middle[response.stimulus.driven]).mean())
    rightly = "not obtained" if share is None else f"{100 * share:.0f} %"
    values = {"least": least, "sigma": sigma, "sigmas": least / sigma, "moved": moved, "rightly": rightly}
    values |= {"length": SENSE_LENGTH, "wanted_sigmas": WANTED_SIGMAS, "wanted": wanted}
    return PROSE.finding("decision", design=design, **values)


def barrier(run: Run) -> Finding:
    """Why the divider is not in the drive's path."""
    details, conditions = characterization(CIRCUIT, run.jobs).measurement.details, SignedMtjTestbench().conditions
    bridge, divider = (1e12 * details[f"largest_RA_{p}_ohm_m2"] for p in ("in_the_bridge", "through_a_divider"))
    delay = 1e9 * (conditions.timing.settle_s + conditions.timing.strobe_s)
    return PROSE.finding("barrier", bridge=bridge, conditions=conditions, divider=divider, delay=delay)

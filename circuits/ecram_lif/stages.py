"""The discrete LIF neuron's constants, from the device declaration, the design, and sweeps of single stages.

One dc sweep of the membrane voltage holds the stages side by side, without the delay that makes them a loop: the
synapse's switch behind three resistances, and the threshold stage with pull-up and leak. It shows what the hand numbers
leave out: the p switch stops conducting at its threshold, so that an input spike injects 0.47 V/R, nearly whatever
the membrane's voltage, and not (V_DD - V)/R. Two transients of one event each add what stages need to follow.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.cells.static import NMOS, PMOS
from circuits.conditions import Conditions, dc_deck
from circuits.ecram_lif.delay_feedback import LONG, SMALL, LifDesign, Switch, ThresholdStage
from circuits.ecram_lif.kinetics import FIRED, add_threshold_stage, threshold_table
from circuits.ecram_lif.neuron import NeuronDesign
from circuits.ecram_lif.plasticity import NOMINAL, SETTLE, clamp_job, resistance_step, spike_charges
from circuits.ecram_lif.response import START, Stimulus, evaluate_lif, lif_job
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE, STEP_OHM
from ipcircuit.devices.ecram.device import base_resistance
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, simulate, transient
from ipcircuit.spice.transient import Sweep, Transient

FRACTIONS = (0.6, 0.8, 1.0)  # of the resistance at rest, at which the switch is swept
HELD = 0.85  # of the threshold: the membrane at which the charge of an input spike is measured besides 0 V
OVER, SPIKE_TIME = 0.03, 0.3e-6  # V above the threshold at which the current that makes one spike ends; s for the spike


def stage_sweep(design: LifDesign, conditions: Conditions) -> Sweep:
    """Currents of the stages against the membrane voltage: ``i(vpull)``, ``i(vleak)``, ``i(voff)`` of the synapse's
    closed switch, ``i(vs<n>)`` of the n-th of `FRACTIONS`; and ``bar``, the threshold stage's output."""
    circuit = Circuit("delay_feedback_lif, stages")
    for cell in (
        ThresholdStage(),
        Switch("pull_up_switch", PMOS, design.pull_up_width),
        Switch("synapse_switch", PMOS, 500e-9),
        Switch("leak_switch", NMOS, SMALL, LONG),
        Switch("reset_switch", NMOS, design.reset_width),
    ):
        circuit.subcircuit(cell)
    circuit.V("m", "membrane", 0, 0)
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    design.add_bias(circuit, conditions.v_dd)
    add_threshold_stage(circuit)
    circuit.V("leak", "membrane", "down", 0)
    circuit.X("leak", "leak_switch", 0, "down", "leak", 0)
    circuit.X("reset", "reset_switch", 0, "down", 0, 0)
    for i, fraction in enumerate(FRACTIONS):
        circuit.V(f"s{i}", "vdd", f"s{i}", 0)
        circuit.R(f"s{i}", f"s{i}", f"c{i}", fraction * base_resistance(design.synapse))
        circuit.X(f"s{i}", "synapse_switch", f"c{i}", "membrane", 0, "vdd")
    circuit.V("off", "vdd", "off", 0)
    circuit.R("off", "off", "coff", base_resistance(design.synapse))
    circuit.X("off", "synapse_switch", "coff", "membrane", "vdd", "vdd")
    saved = ("bar", "i(vpull)", "i(vleak)", "i(voff)", *(f"i(vs{i})" for i in range(len(FRACTIONS))))
    deck = dc_deck(circuit, conditions, "Vm", 0.0, 0.7 * conditions.v_dd, 5e-4)
    sweep = simulate(Job("delay_feedback_lif", f"stages, {conditions.label()}", deck, saved))
    assert isinstance(sweep, Sweep)
    return sweep


def take_off(sweep: Sweep) -> tuple[float, float]:
    """Membrane voltage (V) at which pull-up and leak balance, and over which the pull-up's current grows by e (V).

    Raises:
        InputError: no balance within the sweep; in hot, fast corners the pull-up's off-current exceeds the leak.
    """
    volts, pull, net = sweep.sweep, sweep["i(vpull)"], sweep["i(vpull)"] - sweep["i(vleak)"]
    balances = np.flatnonzero((net[:-1] < 0) & (net[1:] >= 0))
    if not balances.size:
        message, pulled = (
            "pull-up and leak balance nowhere: no resting state to reduce",
            f"pull-up {pull[0]:.3g} A at 0 V",
        )
        raise InputError(message, where="stage_sweep", found=pulled, allowed="below the leak: a larger leak_A")
    i = int(balances[-1])
    threshold = float(volts[i] - net[i] * (volts[i + 1] - volts[i]) / (net[i + 1] - net[i]))
    return threshold, float((volts[i + 1] - volts[i]) / math.log(pull[i + 1] / pull[i]))


def injection(sweep: Sweep, ohms: np.ndarray, threshold_V: float) -> tuple[float, float, float, float, float]:
    """drive (V), coupling, curvature (1/V) and series resistance (ohm) with I (R + series) = drive - coupling V -
    curvature V² up to the threshold, and the largest relative error of that current."""
    below = sweep.sweep <= threshold_V
    volts = np.tile(sweep.sweep[below], len(ohms))
    current = np.concatenate([sweep[f"i(vs{i})"][below] for i in range(len(ohms))])
    resistor = np.repeat(ohms, int(below.sum()))
    columns = np.stack([np.ones_like(volts), -volts, -(volts**2), -current * 1e4], 1)
    fit = np.linalg.lstsq(columns, current * resistor, rcond=None)[0]
    drive, coupling, curvature, series = (float(x) for x in fit)
    error = (drive - coupling * volts - curvature * volts**2) / (resistor + series * 1e4) / current - 1
    return drive, coupling, curvature, series * 1e4, float(np.abs(error).max())


@cache
def switch_ohm(design: NeuronDesign, conditions: Conditions = NOMINAL) -> float:
    """What the synapse's switch adds to the channel (ohm), from the dc sweep: the p transistor near its threshold.

    The switch is the same cell in every topology, and behind it the membrane's voltage is given.
    """
    sweep = stage_sweep(LifDesign(synapse=design.synapse), conditions)
    return injection(sweep, base_resistance(design.synapse) * np.array(FRACTIONS), take_off(sweep)[0])[3]


def leak_line(sweep: Sweep, threshold_V: float) -> tuple[float, float]:
    """Net leak at 0 V (A) and its rise (A/V), a line between 0.1 V and 50 mV below the threshold."""
    inside = (sweep.sweep > 0.1) & (sweep.sweep < threshold_V - 0.05)
    slope, level = np.polyfit(sweep.sweep[inside], (sweep["i(vleak)"] - sweep["i(vpull)"])[inside], 1)
    return float(level), max(float(slope), 0.0)


@cache
def reduce_lif(design: LifDesign, conditions: Conditions) -> LifNeuronParameters:
    """The discrete neuron of a design; nothing in it is fitted to a spike train or to a response that is checked."""
    p, sweep = design.synapse.values(), stage_sweep(design, conditions)
    base, (threshold, slope) = base_resistance(design.synapse), take_off(sweep)
    drive, coupling, curvature, series, _ = injection(sweep, base * np.array(FRACTIONS), threshold)
    leak, leak_per_V = leak_line(sweep, threshold)
    if leak <= 0:
        message, net = "the pull-up's off-current exceeds the leak: no resting state to reduce", f"{leak:.3g} A at 0 V"
        raise InputError(message, where="stage_sweep", found=f"net leak {net}", allowed="a larger leak_A")
    # The gate falls from the supply to ground: the ions move as for a negative pulse.
    effect = -p["volatile"] * p["sign"]
    charge, change = _one_pulse(design, conditions)
    step_ohm = change / effect if effect else STEP_OHM
    path = base + series + effect * step_ohm / 2
    pulse, held = charge * path / drive, HELD * threshold
    # At a higher membrane the edges of a spike conduct for less than the sweep, which knows no edges, says.
    left_V = _one_pulse(design, conditions, held)[0] * path / pulse
    coupling = (drive - curvature * held**2 - left_V) / held
    if coupling <= 0:
        message = "the current of an input spike does not fall as the membrane rises: no compact model describes it"
        where, found = f"input stage, {conditions.label()}", f"coupling {coupling:.3g}"
        raise InputError(message, where=where, found=found, allowed="above 0; a lower v_dd")
    current = (drive - coupling * threshold - curvature * threshold**2) / (base + series)
    refractory, latency, reset, membrane_F = _one_spike(
        design, conditions, current, leak + leak_per_V * threshold / 2, threshold
    )
    return LifNeuronParameters(
        membrane_F=membrane_F,
        drive_V=drive,
        coupling=coupling,
        curvature=curvature,
        series_ohm=series,
        base_ohm=base,
        step_ohm=step_ohm,
        limit_ohm=p["r_volatile_max"],
        effect=effect,
        shares=(1 - p["slow_share"], p["slow_share"]),
        taus_s=(p["tau_fast"], p["tau_slow"]),
        pulse_s=pulse,
        threshold_V=threshold,
        take_off_V=slope,
        leak_A=leak,
        leak_per_V=leak_per_V,
        thermal_V=8.617333e-5 * (conditions.temperature_C + 273.15),
        latency_s=latency,
        refractory_s=refractory,
        origin="ECRAM declaration, design, dc sweeps and one ramp of single stages, one clamped input spike, one spike "
        "by a current",
        reset_V=reset,
        stage=threshold_table(design, conditions, sweep, threshold),
    )


def _one_pulse(design: LifDesign, conditions: Conditions, held_V: float = 0.0) -> tuple[float, float]:
    """Charge (C) of one input spike into a membrane held at a voltage, and what it changes in the channel (ohm).

    The input inverter steepens the spike's edges, so that ions move for longer than by the declaration's pulse, and the
    p switch conducts for less, its source being at 0.6 V.
    """
    run = transient(clamp_job(design, conditions, (START,), held_V))
    leak = run.at("i(vclamp)", START - 1e-9) * (GATE_PULSE.duration + SETTLE)
    return float(spike_charges(run, (START,))[0]) - leak, resistance_step(run)


def _one_spike(
    design: LifDesign, conditions: Conditions, current_A: float, leak_A: float, threshold_V: float
) -> tuple[float, float, float, float]:
    """A spike made by a current like that of an input spike, which ends as the membrane takes off.

    Returns:
        Output's rise to the end of the reset (s), threshold stage to output's rise (s), membrane after the reset (V),
        and its capacitance with what transistors add (F).
    """
    end = START + design.membrane_F * (threshold_V + OVER) / current_A
    stimulus = Stimulus(end + SPIKE_TIME + 4 * (design.delay_s + design.refractory_s), (), current_A, ((START, end),))
    job = lif_job(design, conditions, stimulus, "one spike")
    run = transient(replace(job, save=(*job.save, "xneuron.spike_bar")))
    response = evaluate_lif(design, conditions, stimulus, run)
    if response.refractory_s is None:
        raise InputError("the neuron does not fire", where="one spike", found=f"{current_A:g} A")
    fell = run.crossings("xneuron.spike_bar", FIRED * conditions.v_dd, up=False)
    spike = float(response.spikes_s[0])
    left = run.at("membrane", spike + response.refractory_s + SETTLE)
    return response.refractory_s, spike - float(fell[0]), left, _capacitance(run, current_A - leak_A, threshold_V)


def _capacitance(run: Transient, current_A: float, threshold_V: float) -> float:
    """Membrane's charge over its rise up to 50 mV below the threshold, under a current less the leak (F)."""
    low, high = (float(run.crossings("membrane", v, up=True)[0]) for v in (0.05, threshold_V - 0.05))
    return current_A * (high - low) / (threshold_V - 0.1)

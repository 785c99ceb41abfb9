"""The comparator by itself: its threshold, and the supply power of an idle neuron."""

from __future__ import annotations

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.cells.static import ThresholdComparator
from circuits.conditions import Analysis, dc_deck, transient_deck
from circuits.thermal_mtj.comparator import SENSE_NMOS, SENSE_PMOS
from circuits.thermal_mtj.conditions import ThermalMtjConditions
from circuits.thermal_mtj.cycle import add_replica, tag
from circuits.thermal_mtj.neuron import MtjNeuron
from ipcircuit.errors import InputError
from ipcircuit.pulses import Idle, waveform
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.transient import Sweep, Transient

_IDLE = 20e-9  # s; the operating point at its start is already the idle state


def threshold_job(conditions: ThermalMtjConditions) -> Job:
    """Sweep the comparator's input from 0 to V_DD."""
    circuit = Circuit("comparator threshold")
    circuit.subcircuit(ThresholdComparator(SENSE_NMOS, SENSE_PMOS))
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("sweep", "divider", 0, 0)
    circuit.X("comparator", "threshold_comparator", "divider", "out", "vdd", 0)
    deck = dc_deck(circuit, conditions, "Vsweep", 0.0, conditions.v_dd, 1e-3)
    return Job("comparator", f"threshold, {conditions.label()}", deck, ("out",))


def threshold(conditions: ThermalMtjConditions, run: Sweep) -> float:
    """Input voltage (V) at which the output crosses V_DD/2.

    Raises:
        InputError: it never does: transistors that cannot work under these conditions.
    """
    level = run["out"] - conditions.v_dd / 2
    crossings = np.flatnonzero(np.signbit(level[1:]) != np.signbit(level[:-1]))
    if not crossings.size:
        raise InputError("the comparator's output never crosses half the supply", where=conditions.label())
    crossing = int(crossings[0])
    x0, x1, y0, y1 = run.sweep[crossing], run.sweep[crossing + 1], level[crossing], level[crossing + 1]
    return float(x0 - y0 * (x1 - x0) / (y1 - y0))


def idle_job(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Job:
    """The neuron with its input at 0 V."""
    circuit = Circuit(f"{neuron.name}: idle")
    rest = tuple(False for _ in neuron.halves)
    add_replica(circuit, neuron, "sampled", rest, conditions, waveform([Idle(_IDLE)]), tag(rest))
    deck = transient_deck(circuit, conditions, Analysis(_IDLE))
    return Job(neuron.name, f"idle, {conditions.label()}", deck, (f"i(vdd_{tag(rest)})",))


def idle_power(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient) -> float:
    """Mean supply power (W) over the idle run."""
    rest = tuple(False for _ in neuron.halves)
    return -conditions.v_dd * run.integral(f"i(vdd_{tag(rest)})") / _IDLE

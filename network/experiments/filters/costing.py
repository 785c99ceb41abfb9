"""Costs of the models on interval patterns: a bank of ECRAM filters, a digital timer, an LSTM, each with its readout.

Events of the bank are those of the experiment of the report. Every model has a digital readout of 32-bit floats.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from energy.break_even.costing import Costing
from energy.break_even.costs.circuit import circuit_energy
from energy.break_even.costs.digital import AXES, scale
from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.characterize import characterize, configured_at
from energy.digital import RecurrentCell, cell_breakdown
from energy.surroundings import access_energy
from ipcircuit.errors import InputError
from ipcircuit.parameters import Reader
from network.experiments.filters import models
from network.experiments.filters.account import readout_energy, timer_energy
from network.experiments.filters.experiment import BANKS, LSTM, TIMER, FilterOptions, FilterResult, run_filters

NAME = "filters"
CIRCUIT = "delay_feedback_lif"
ON_CHIP = tuple(axis for axis in AXES if axis not in ("precision", "batch"))


@cache
def costing() -> Costing:
    """Costs of the temporal filters' task."""
    about = {"timer_digital": "digital timer with a histogram", "lstm_digital": "LSTM of 8 units on a digital chip"}
    builders = {"timer_digital": _timer, "lstm_digital": _lstm}
    return Costing(NAME, "interval patterns that a spike counter cannot tell apart", _bank, builders, (CIRCUIT,), about)


@cache
def _result() -> FilterResult:
    return run_filters(FilterOptions.quick(), characterize(configured_at(CIRCUIT)))


def _readout(read: Reader, scenario: Scenario, features: int, counted: float) -> Any:
    task, access = _result().options.task, access_energy(scenario.sram_bytes, read)
    node = scale(read, scenario.technology)
    return readout_energy(features, len(task.intervals_s), counted, read, node, access)


def _accuracy(model: str) -> dict[str, Any]:
    return {"accuracy": _result().row(model).accuracy}


def _bank(circuit: str, scenario: Scenario) -> Cost:
    """The plastic bank: events at the circuit's prices, its idle neurons, and the readout on a digital chip."""
    if circuit != CIRCUIT:
        raise InputError("the bank is of another circuit", where="device", found=circuit, allowed=CIRCUIT)
    study, one = _result(), circuit_energy(CIRCUIT, scenario.scope)
    row, neurons = study.row(BANKS[0]), len(study.options.scales)
    total, readout, outputs = row.energy_J[scenario.scope], row.readout_J, row.output_events
    if total is None or readout is None or outputs is None:
        raise InputError("no energy in this scope", where=BANKS[0], found=scenario.scope)
    idle_s = neurons * study.options.task.duration_s
    events = total - readout - idle_s * one.designed.idle_power()

    def energy_J(read: Reader) -> Any:
        now = one.at(read)
        waiting = idle_s * now.idle_power(scenario.neurons_per_driver)
        return events * now.moved + waiting + _readout(read, scenario, neurons, outputs)

    name, axes = f"{BANKS[0]} of {neurons} neurons", ("scope", *ON_CHIP)
    return cost(name, "simulated", energy_J, axes=axes, fixed=one.fixed, conditions=_accuracy(BANKS[0]))


def _timer(scenario: Scenario) -> Cost:
    task = _result().options.task

    def energy_J(read: Reader) -> Any:
        node = scale(read, scenario.technology)
        return timer_energy(task.spikes, task.steps, read, node) + _readout(read, scenario, models.BINS, 0.0)

    return cost(f"{TIMER}, {scenario.technology}", "assumed", energy_J, axes=ON_CHIP, conditions=_accuracy(TIMER))


def _lstm(scenario: Scenario) -> Cost:
    task = _result().options.task
    cell = RecurrentCell("LSTM", 1, models.HIDDEN, task.steps // models.FRAME_STEPS)

    def energy_J(read: Reader) -> Any:
        access = access_energy(scenario.sram_bytes, read)
        parts = cell_breakdown(cell, scenario.precision, read, access_J=access, batch=scenario.batch)
        layer = sum(parts.values()) * scale(read, scenario.technology)
        return layer + _readout(read, scenario, models.HIDDEN, float(task.spikes))

    name = f"{LSTM.removesuffix(' (digital)')} digital {scenario.precision}, {scenario.technology}"
    return cost(name, "assumed", energy_J, axes=AXES, conditions=_accuracy(LSTM))

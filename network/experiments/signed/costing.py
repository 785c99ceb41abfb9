"""Costs of the signed network's neurons, from the stored runs: on the junction's circuit, and on a digital chip.

Every step of every neuron is clocked and read, as the experiment counts it. Synapses are not in either energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from energy.break_even.costing import Costing
from network.accounting.costing.neurons import NeuronRuns
from network.accounting.counting.events import LayerEvents
from network.experiments.signed.stored import shipped_study
from network.neurons.billing import Billing

BILLING = Billing("signed", "signed_mtj")
TRIALS = 1_000_000  # that the stored means stand for, as counts are whole


@cache
def digits() -> Costing:
    """Costs on handwritten digits."""
    return _costing("digits")


@cache
def gestures() -> Costing:
    """Costs on synthetic gestures."""
    return _costing("gestures")


def _costing(task: str) -> Costing:
    (study,) = (row for row in shipped_study()["tasks"] if row["task"] == task)
    runs = [[_layer(row, study["steps"]) for row in run["spikes"]] for run in study["runs"]]
    (device,) = (row for row in study["variants"] if row["variant"] == "device")
    scores = {"accuracy": device["swapped_accuracy"]["mean"] / 100}
    neurons = NeuronRuns("signed neurons", runs, None, runs[0][0].units, study["steps"], scores)
    about = {"neurons_digital": "the same neurons on a digital chip"}
    summary = f"neurons of the signed network on {task}, from stored runs"
    return Costing(f"signed_{task}", summary, neurons.on, {"neurons_digital": neurons.digital}, ("signed_mtj",), about)


def _layer(row: Mapping[str, Any], steps: int) -> LayerEvents:
    """A layer's events from its spikes per sample and per neuron and step."""
    positive, negative = row["positive_per_sample"], row["negative_per_sample"]
    updates = (positive + negative) / (row["positive_rate"] + row["negative_rate"])
    units, spikes = round(updates / steps), round((positive + negative) * TRIALS)
    counts = {"operations": units * steps * TRIALS, "spikes": spikes, "negative_spikes": round(negative * TRIALS)}
    return LayerEvents(row["layer"], BILLING, steps, units, 1, TRIALS, **counts)

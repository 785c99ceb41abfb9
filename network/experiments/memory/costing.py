"""Costs of the networks on working-memory tasks, from the stored runs: the memory's energy of a trial.

Memory is the layers that hold a state (heat, membrane, recurrent cell); synapses and other neurons are not in it. On
n-back the energy hardly depends on n, the accuracy does: energies at the same accuracy are those of the fronts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from energy.break_even.costing import Builder, Costing
from energy.break_even.costs.digital import recurrent_cost
from energy.digital import RecurrentCell
from network.accounting.costing.neurons import NeuronRuns
from network.experiments.memory.memory import MemoryResults, layers_of, load_results
from network.experiments.runs import Cell, Record, mean_scores
from network.training.store import part_of

N = 2  # steps back, of `nback`
CELLS = {
    "nback": {"n": N},
    "recall": {},
    "interference": {"similarity": "high"},
}
SUMMARIES = {
    "nback": f"memory of {N}-back, from stored runs",
    "recall": "memory of free recall, from stored runs",
    "interference": "memory of the interference task, from stored runs",
}
NETWORKS: Mapping[str, tuple[str, Mapping[str, Any], str]] = {  # beside the device: model, its options, in words
    "lif": ("lif", {}, "LIF neurons at the input"),
    "lif_both": ("lif", {"leaky_hidden": True}, "LIF neurons in both layers"),
}


@cache
def nback() -> Costing:
    """Costs of n-back."""
    return _costing("nback")


@cache
def recall() -> Costing:
    """Costs of free recall."""
    return _costing("recall")


@cache
def interference() -> Costing:
    """Costs of the interference task."""
    return _costing("interference")


def _costing(task: str) -> Costing:
    results = _results()
    device = _memory(results, task, "ipnet", {}, "IPNet")
    assert device is not None  # the shipped runs have it for each task
    builders, about = dict[str, Builder](), dict[str, str]()
    for kind in ("LSTM", "GRU"):
        name, cell, scores = (
            kind.lower(),
            RecurrentCell(kind, *_size(results, task)),
            _scores(results, task, kind.lower()),
        )
        builders[f"{name}_digital"] = partial(recurrent_cost, cell, scores=scores)
        about[f"{name}_digital"] = f"{kind} of equal size on a digital chip{'' if scores else '; not trained on this'}"
    for name, (model, options, words) in NETWORKS.items():
        if (runs := _memory(results, task, model, options, words)) is not None:
            builders |= {name: runs.cost, f"{name}_digital": runs.digital}
            about |= {name: f"{words}, on its circuit", f"{name}_digital": f"{words}, on a digital chip"}
    neurons = device.neurons or 1
    return Costing(task, SUMMARIES[task], device.on, builders, ("differential",), about, neurons)


def _memory(results: MemoryResults, task: str, model: str, options: Mapping[str, Any], words: str) -> NeuronRuns | None:
    """Layers with memory of a network's stored runs; None: it was not trained on the task."""
    records = _records(results, task, model, options)
    if not records:
        return None
    layers = [[layer for layer in layers_of(r).values() if layer.part == "memory"] for r in records]
    first = next(iter(layers_of(records[0]).values()))
    parallel = {layer.neurons for run in layers for layer in run}
    neurons = parallel.pop() if len(parallel) == 1 and parallel != {1} else None
    scores = _scores(results, task, model, options)
    return NeuronRuns(words, layers, neurons, first.units, first.steps, scores)


def _records(results: MemoryResults, task: str, model: str, options: Mapping[str, Any]) -> list[Record]:
    cell = Cell("", task, model, CELLS[task], options)
    return [r for r in results.records if cell.holds(r)]


def _scores(
    results: MemoryResults, task: str, model: str, options: Mapping[str, Any] | None = None
) -> dict[str, float]:
    """Mean scores of a network over its seeds; empty: it was not trained."""
    return mean_scores(_records(results, task, model, options or {}))


def _size(results: MemoryResults, task: str) -> tuple[int, int, int]:
    """Inputs, hidden units and steps of the task's networks."""
    record = _records(results, task, "ipnet", {})[0]
    inputs, hidden, _ = part_of(record, "topology")
    return inputs, hidden, next(iter(layers_of(record).values())).steps


_results = cache(load_results)

"""Costs of the networks on event vision, from stored runs in both orders of time: the memory's energy of a sample."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, cast

from energy.break_even.costing import Builder, Costing
from energy.break_even.costs.digital import recurrent_cost
from energy.digital import RecurrentCell
from ipcircuit.errors import InputError
from network.accounting.costing.neurons import NeuronRuns
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.sizes import recurrent_sizes
from network.accounting.counting.stand_in import Frames
from network.experiments.runs import Record, mean_scores
from network.experiments.vision.cells import IPNET, LSTM, cell
from network.experiments.vision.experiment import VisionResults, load_results
from network.training.store import part_of

LIF = "lif18"
RECURRENT = {LSTM: "LSTM", "resnet18_rnn": "RNN"}


@cache
def synthetic() -> Costing:
    """Costs on synthetic gestures."""
    return _costing("gestures", "synthetic", "synthetic gestures")


@cache
def nmnist() -> Costing:
    """Costs on N-MNIST."""
    return _costing("nmnist", "nmnist", "N-MNIST")


def _costing(task: str, stored: str, words: str) -> Costing:
    results = _results(stored)
    device, builders, about = _neurons(results, IPNET, "IPNet18"), dict[str, Builder](), dict[str, str]()
    for model, kind in RECURRENT.items():
        builders[f"{kind.lower()}_digital"] = partial(
            recurrent_cost, _cell(results, model, kind), scores=mean_scores(_records(results, model))
        )
        about[f"{kind.lower()}_digital"] = f"{kind} of the trained size on a digital chip"
    lif = _neurons(results, LIF, "LIF neurons at the input")
    builders |= {"lif": lif.cost, "lif_digital": lif.digital}
    about |= {"lif": f"{lif.system}, on their circuit", "lif_digital": f"{lif.system}, on a digital chip"}
    summary = f"memory of {words} in both orders of time, from stored runs"
    return Costing(task, summary, device.on, builders, ("differential",), about, device.neurons or 1)


def _records(results: VisionResults, model: str) -> list[Record]:
    preset = results.preset
    chosen = cell(preset, "4c", model, preset.both_orders())
    if records := [r for r in results.records if chosen.holds(r)]:
        return records
    raise InputError("no stored run in both orders", where=preset.task.get("set", "gesture"), found=model)


def _neurons(results: VisionResults, model: str, words: str) -> NeuronRuns:
    records = _records(results, model)
    runs = [[LayerEvents.from_json(layer) for layer in part_of(r, "layers")] for r in records]
    memory = [[layer for layer in layers if layer.part == "memory"] for layers in runs]
    parallel = {layer.neurons for layers in memory for layer in layers}
    neurons = parallel.pop() if len(parallel) == 1 and parallel != {1} else None
    return NeuronRuns(words, memory, neurons, memory[0][0].units, memory[0][0].steps, mean_scores(records))


def _cell(results: VisionResults, model: str, kind: str) -> RecurrentCell:
    """The recurrent layer at its trained size, from the network itself."""
    record = _records(results, model)[0]
    first = LayerEvents.from_json(part_of(record, "layers")[0])
    steps = results.preset.task["steps"]
    size = round((first.units / 2) ** 0.5)
    frames = Frames(2, size, steps, 2)  # the number of classes bears on the readout alone
    inputs, hidden = recurrent_sizes(model, frames, record["model_options"])
    return RecurrentCell(cast(Any, kind), inputs, hidden, steps)


_results = cache(load_results)

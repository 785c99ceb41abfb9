"""Costs of the networks that steer, from the stored runs with four frames of history: the memory's energy of a sample.

The runs have one N; on the axis of N the energy goes in proportion, the error that belongs to it is that of the runs.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Literal

from energy.break_even.costing import Builder, Costing
from energy.break_even.costs.digital import recurrent_cost
from energy.digital import RecurrentCell
from network.accounting.costing.neurons import NeuronRuns
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.sizes import recurrent_sizes
from network.experiments.runs import Cell, Record, mean_scores
from network.experiments.steering.experiment import FRAMES, SMALL, load_steering
from network.training.experiment import make_task
from network.training.store import part_of

Kind = Literal["LSTM", "GRU"]
NAME = "steering"
OPTIONS = {"steps": FRAMES}


@cache
def costing() -> Costing:
    """The task's costs."""
    _, recurrent, plastic = SMALL
    device = _device(plastic)
    inputs, hidden = recurrent_sizes(recurrent, make_task(NAME, OPTIONS), {})
    trained: dict[Kind, dict[str, float]] = {"LSTM": mean_scores(_records(recurrent)), "GRU": {}}
    builders, about = dict[str, Builder](), dict[str, str]()
    for kind, scores in trained.items():
        name = f"{kind.lower()}_digital"
        builders[name] = partial(recurrent_cost, RecurrentCell(kind, inputs, hidden, FRAMES), scores=scores)
        size = "of the trained size" if scores else "of equal size"
        about[name] = f"{kind} {size} on a digital chip{'' if scores else '; not trained on this'}"
    summary = f"memory of steering from {FRAMES} frames, from stored runs"
    return Costing(NAME, summary, device.on, builders, ("differential",), about, device.neurons or 1)


def _records(model: str) -> list[Record]:
    cell = Cell("", NAME, model, OPTIONS)
    return [record for record in load_steering().records if cell.holds(record)]


def _device(model: str) -> NeuronRuns:
    """Layers with memory of the stored runs."""
    records = _records(model)
    runs = [[LayerEvents.from_json(layer) for layer in part_of(r, "layers")] for r in records]
    memory = [[layer for layer in layers if layer.part == "memory"] for layers in runs]
    (neurons,) = {layer.neurons for layers in memory for layer in layers}
    first = memory[0][0]
    return NeuronRuns("IPNet", memory, neurons, first.units, first.steps, mean_scores(records))

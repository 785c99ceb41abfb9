"""The energy of a circuit's neurons as a metric of NeuroBench (checked with 2.3.0).

metric = neuron_energy_metric(cost)
Benchmark(SNNTorchModel(network), data, [], [], [[Footprint], [SynapticOperations, metric]]).run()
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from energy.cost import SCOPES, NeuronCost
from energy.event_prices import event_prices
from energy.surroundings import Synapses
from ipcircuit.errors import InputError, MissingDependencyError
from network.accounting.counting.counter import EventCounter
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.recurrent import RECURRENT
from network.accounting.counting.weights import Synapses as Weights
from network.accounting.counting.weights import output_numbers
from network.accounting.price_list import price_lines


def neuron_energy_metric(cost: NeuronCost, synapses: Synapses = "digital", precision: str = "int8") -> type[Any]:
    """A class for the workload metrics of NeuroBench's `Benchmark`, whose neurons are those of a circuit.

    Its result is per sample: `circuit`, `basis`, `scopes` with the `neurons_J`, `synapses_J` and `total_J` of each, and
    `spikes`. NeuroBench turns an exception of a metric into a result of 0; here energies that were not obtained are
    None, and `problem` says why.

    Args:
        cost: of the circuit, as `characterize` gives it.
        synapses, precision: as `network.accounting.price_list.price_lines`.

    Raises:
        MissingDependencyError: NeuroBench is not installed.
    """
    try:
        from neurobench.metrics.abstract import AccumulatedMetric
    except ImportError as error:
        raise MissingDependencyError(f"the metric needs neurobench ({error}): pip install neurobench") from error

    class NeuronEnergy(AccumulatedMetric):
        """Energy per sample in three accounting scopes."""

        def __init__(self) -> None:
            super().__init__(requires_hooks=True)
            self.reset()

        def reset(self) -> None:
            """Start anew."""
            self.counted = _Counted()

        def __call__(self, model: Any, preds: Any, data: Any) -> dict[str, Any]:
            """Count a batch that the model has just run."""
            self.counted.add(model, data[0])
            return self.compute()

        def compute(self) -> dict[str, Any]:
            """Result of all batches so far."""
            try:
                return _energies(self.counted.rows(), cost, synapses, precision)
            except InputError as error:
                nothing = {scope: dict.fromkeys(("neurons_J", "synapses_J", "total_J")) for scope in SCOPES}
                return {"circuit": cost.circuit, "basis": cost.basis, "scopes": nothing, "problem": str(error)}

    return NeuronEnergy


class _Counted:
    """Counts of the batches so far, from what NeuroBench's hooks keep of each."""

    def __init__(self) -> None:
        self.counter: EventCounter | None = None
        self.problem: InputError | None = None

    def add(self, model: Any, inputs: torch.Tensor) -> None:
        """Add a batch; `inputs` (samples, time, features)."""
        network = model.__net__()
        if self.counter is None:
            self.counter = EventCounter(network, whole=False, managed=True)
        counter = self.counter
        steps, batch = (inputs.shape[1] if inputs.dim() > 1 else 1), inputs.shape[0]
        counter.layout.begin(steps, batch)
        seen: set[nn.Module] = set()
        for hook in model.connection_hooks:
            seen.add(hook.layer)
            for given in hook.inputs:
                self._count(hook.layer, given, None, 1 if len(hook.inputs) > 1 else steps, batch)
        for hook in model.activation_hooks:
            seen.add(hook.layer)
            calls = list(zip(hook.activation_inputs, hook.activation_outputs, strict=True))
            for given, output in calls:
                self._count(hook.layer, given, output, 1 if len(calls) > 1 else steps, batch)
        self.problem = self.problem or _unseen(counter, seen)

    def _count(self, layer: nn.Module, given: tuple[Any, ...], output: Any, steps: int, batch: int) -> None:
        counter = self.counter
        assert counter is not None  # made by the caller
        if (count := counter.of(layer)) is not None:
            counter.layout.call = steps, batch
            if isinstance(layer, Weights):
                output = torch.empty(output_numbers(layer, given[0]), device="meta")
            count(layer, given, output)

    def rows(self) -> dict[str, LayerEvents]:
        """Rows of the layers. Raises InputError: something that NeuroBench's hooks do not see, or nothing spiked."""
        if self.problem is not None:
            raise self.problem
        rows = {} if self.counter is None else self.counter.rows
        if not any(row.spikes for row in rows.values()):
            raise InputError("no neuron of the network has spiked", where="network")
        return rows


def _unseen(counter: EventCounter, seen: set[nn.Module]) -> InputError | None:
    """Why the counts would not be whole."""
    for module, name in counter.names.items():
        kind = type(module).__name__
        if isinstance(module, RECURRENT):
            return InputError(f"the metric does not count {kind}; `ipcircuit cost` does", where=name)
        if module in counter.neurons:
            if module not in seen:
                return InputError(
                    f"NeuroBench does not see {kind}: model.add_activation_module({kind}) before the benchmark",
                    where=name,
                )
            if any(p.dim() > 1 for p in module.parameters(recurse=False)):
                return InputError(f"{kind} holds weights that NeuroBench does not see", where=name)
        elif isinstance(module, Weights) and module not in seen:
            return InputError(f"NeuroBench does not see {kind}", where=name)
    return None


def _energies(rows: dict[str, LayerEvents], cost: NeuronCost, synapses: Synapses, precision: str) -> dict[str, Any]:
    """Energies per sample of counted rows."""
    circuits = {name: cost.circuit for name, row in rows.items() if row.billing is not None}
    lines = price_lines(rows, circuits, {cost.circuit: event_prices(cost)}, synapses=synapses, precision=precision)
    scopes = {}
    for scope in SCOPES:
        neurons = [line.energy_J for line in lines if line.layer in circuits and line.scope == scope]
        weights = [line.energy_J for line in lines if line.layer not in circuits]
        parts = {"neurons_J": _sum(neurons), "synapses_J": _sum(weights), "total_J": _sum([*neurons, *weights])}
        scopes[scope] = parts
    spikes = sum(row.per_trial(row.spikes) for row in rows.values())
    return {"circuit": cost.circuit, "basis": cost.basis, "scopes": scopes, "spikes": spikes, "problem": None}


def _sum(energies: list[float | None]) -> float | None:
    known = [energy for energy in energies if energy is not None]
    return math.fsum(known) if known and len(known) == len(energies) else None

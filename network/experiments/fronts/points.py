"""Energies of stored runs by the one accounting of a trial, in every scope.

Two accounts. ``memory``: the layers that hold a state. ``network``: everything, also the other neurons, the synapses
(of every network as a digital estimate) and, where frames are replayed to a memory that fades, their buffer.

Spikes of a network in 8-bit integers are those of the same network as it was trained.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from energy.buffer import buffer_energy
from energy.cost import SCOPES
from network.accounting.balance import frame_buffer
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.stand_in import Frames
from network.accounting.trial import trial_energy
from network.experiments.fronts.prices import Prices
from network.experiments.fronts.view import ACCOUNTS, INTEGERS, Account, View
from network.experiments.runs import Record
from network.tasks.gesture import SYNTHETIC, Gesture
from network.training.experiment import load_model, make_task
from network.training.settings import Identity
from network.training.store import part_of, score_of


@dataclass(frozen=True)
class Bill:
    """Energy of a trial of one run, J, by account, scope and precision; None: not obtained.

    Attributes:
        neurons_J: of that, by circuit: what the spread of its price bears on.
    """

    energy_J: Mapping[tuple[Account, str, str], float | None]
    neurons_J: Mapping[tuple[Account, str], Mapping[str, float]]

    def of(self, view: View) -> float | None:
        """Energy in a view."""
        return self.energy_J.get((view.account, view.scope, view.precision))

    def ends(self, view: View, prices: Prices) -> tuple[float, float]:
        """Interval of the energy over the energy, from the spreads of the circuits, as if all were off together."""
        total = self.of(view)
        parts = self.neurons_J.get((view.account, view.scope), {})
        if not total or not parts:
            return 1.0, 1.0
        moved = [math.fsum(e * (prices.ends(c, view.scope)[i] - 1) for c, e in parts.items()) for i in (0, 1)]
        return 1 + moved[0] / total, 1 + moved[1] / total


def layers_of(record: Record) -> dict[str, LayerEvents]:
    """Counted events of a stored run by layer."""
    return {layer.layer: layer for layer in map(LayerEvents.from_json, part_of(record, "layers"))}


def bill(record: Record, prices: Prices, *, digital: bool = False) -> Bill:
    """Energies of a stored run: from its counted events, or those that it states (`energies_J`) itself.

    Args:
        digital: its neurons are on a digital chip, as are those of networks whose layers have no circuit.

    Raises:
        InputError: a run without counted events.
    """
    if (stated := record.get("energies_J")) is not None:
        return _stated(stated)
    layers = layers_of(record)
    digital = digital or all(layer.billing is None for layer in layers.values())
    costs = {name: cost for name, layer in layers.items() if (cost := prices.cost(layer)) is not None}
    network = _network(record) if digital else None
    fading = not digital and any(layer.part == "memory" for layer in layers.values())
    buffered = fading and _has_events(record["task"], json.dumps(record["task_options"], sort_keys=True))
    buffer = buffer_energy(frame_buffer(layers, "bitmap")) if buffered else None
    energy = trial_energy(layers, costs, network, is_lstm=digital, buffer=buffer)
    energies: dict[tuple[Account, str, str], float | None] = {}
    for row in energy["balance"]:
        for scope in SCOPES if row["scope"] is None else (row["scope"],):
            energies["network", scope, row["precision"]] = row["total_J"]
            energies["memory", scope, row["precision"]] = row["memory_J"] or None  # 0: it has no memory of its own
    neurons = [row for row in energy["layers"] if row["circuit"] is not None]
    shares: dict[tuple[Account, str], dict[str, float]] = {}
    for row in neurons:
        accounts: tuple[Account, ...] = ACCOUNTS if row["part"] == "memory" else ("network",)
        for account in accounts:
            by_circuit = shares.setdefault((account, row["scope"]), {})
            by_circuit[row["circuit"]] = by_circuit.get(row["circuit"], 0.0) + (row["energy_per_trial_J"] or 0.0)
    return Bill(energies, shares)


def _stated(energies: Mapping[Account, Mapping[str, Mapping[str, float]]]) -> Bill:
    by_key: dict[tuple[Account, str, str], float | None] = {
        (account, scope, precision): energy
        for account, scopes in energies.items()
        for scope, precisions in scopes.items()
        for precision, energy in precisions.items()
    }
    return Bill(by_key, {})


@cache
def _task(task: str, options: str) -> Any:
    return make_task(task, json.loads(options))


def _has_events(task: str, options: str) -> bool:
    """Whether a task's inputs come from an event camera."""
    return _task(task, options).events


def _network(record: Record) -> nn.Module:
    """The network of a run, for its sizes alone."""
    task, options = (json.dumps(record[name], sort_keys=True) for name in ("task_options", "model_options"))
    return _built(record["task"], task, record["model"], options)


@cache
def _built(task: str, task_options: str, model: str, options: str) -> nn.Module:
    chosen: Any = _task(task, task_options)
    if isinstance(chosen, Gesture) and chosen.set != SYNTHETIC:  # recordings are not at hand; classes change no memory
        chosen = Frames(2, chosen.pixels, chosen.steps)
    with torch.device("meta"):
        return load_model(model).builder(chosen, json.loads(options))()


def score_in(record: Record, name: str, precision: str) -> float | None:
    """Score of a run at a precision; None: it was not tried in integers."""
    if precision == "fp32":
        return score_of(record, name)
    if record.get(INTEGERS) is None:
        return None
    return float(part_of(record, INTEGERS, "scores", name))


def run_name(record: Record) -> str:
    """Name of a run's folder."""
    options = record["task_options"], record["model_options"]
    return Identity(record["task"], record["model"], record["seed"], *options).label

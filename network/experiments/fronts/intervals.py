"""Fronts on the task of the temporal filters: interval patterns that a spike counter cannot tell apart.

Banks of one to five filters, of ECRAM synapses and of neurons without plasticity; a digital timer with a histogram of
two to eight bins; LSTM and GRU. Each seed draws new training and test samples, as the experiment `filters` does. A
record holds scores at both precisions and energies by scope, from the cost record of the simulated neuron.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from circuits.catalog import load
from circuits.ecram_lif.temporal_filter import BRANCHES, SCALES
from energy.characterize import characterize
from energy.cost import SCOPES
from energy.digital import PRECISIONS, RecurrentCell, digital_energy
from network.experiments.filters import models
from network.experiments.filters.account import (
    EventCost,
    bank_energy,
    count_events,
    event_costs,
    readout_energy,
    timer_energy,
)
from network.experiments.filters.bank import BankOutput, TemporalFilterBank
from network.experiments.filters.experiment import FilterOptions
from network.experiments.filters.rates import neuron_parameters
from network.experiments.filters.task import IntervalTask, Samples, make_samples
from network.experiments.fronts.plan import BenchTask
from network.experiments.fronts.untrained import Energies, write_untrained
from network.quantised.integer import in_integers
from network.threads import Progress, one_thread
from network.training.outputs import evaluate
from network.training.settings import Identity
from network.training.store import RunStore

KEY = "intervals"
TASK = BenchTask("interval patterns", KEY, "accuracy", 0.25)
CIRCUIT = "delay_feedback_lif"
UNITS, BINS = (4, 8, 16, 32, 64, 128, 256), (2, 4, 8)
BANKS = {"device": "plastic bank", "LIF, one layer": "non-plastic LIF", "no plasticity": "ablated bank"}  # by family
KINDS: Mapping[str, type[nn.LSTM | nn.GRU]] = {"LSTM": nn.LSTM, "GRU": nn.GRU}
TIMER = "digital circuit"
FAMILIES = (*BANKS, TIMER, *KINDS)
Scores = Mapping[str, float]  # by precision


def run_intervals(
    store: RunStore,
    seeds: Sequence[int],
    options: FilterOptions | None = None,
    families: Sequence[str] | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> None:
    """Train and try every model with the seeds that the store lacks.

    Args:
        options: sizes of the samples and filters. families: names of `FAMILIES`; None is all.

    Raises:
        InputError: a folder that cannot be written.
        SimulationError: the neuron could not be simulated.
    """
    chosen, wanted = options or FilterOptions(), [f for f in FAMILIES if families is None or f in families]
    missing = [seed for seed in seeds if any(not _path(store, one, seed).is_file() for one in identities(wanted))]
    if not missing:
        return
    neuron = neuron_parameters()
    costs = event_costs(characterize(load(CIRCUIT)), neuron)
    pairs = models.bank_pairs(neuron, chosen.scales)
    bank = TemporalFilterBank([pair for name in BANKS.values() for pair in pairs[name]], chosen.task.dt_s)
    for number, seed in enumerate(missing, 1):
        sizes = chosen.train, chosen.test
        train, test = (make_samples(chosen.task, n, 2 * seed + i) for i, n in enumerate(sizes))
        with one_thread():
            for model, size, scores, energies in _tried(chosen.task, train, test, seed, bank, costs, wanted):
                own, integers = ({"accuracy": scores[precision]} for precision in ("fp32", "int8"))
                write_untrained(store, _identity(model, size, seed), own, integers, energies, command)
        if progress is not None:
            progress(number, len(missing))


def identities(families: Sequence[str] = FAMILIES) -> list[tuple[str, Mapping[str, int]]]:
    """Model and options of every network of some families."""
    found: list[tuple[str, Mapping[str, int]]] = []
    for family in families:
        if family in BANKS:
            found += [(BANKS[family], {"filters": k}) for k in range(1, len(SCALES) + 1)]
        elif family == TIMER:
            found += [("interval timer", {"bins": bins}) for bins in BINS]
        else:
            found += [(family.lower(), {"units": units}) for units in UNITS]
    return found


def family_of(model: str) -> str:
    """Family of a stored run's model."""
    return next((f for f, name in BANKS.items() if name == model), {k.lower(): k for k in KINDS}.get(model, TIMER))


def _identity(model: str, size: Mapping[str, int], seed: int) -> Identity:
    return Identity(KEY, model, seed, {}, dict(size))


def _path(store: RunStore, one: tuple[str, Mapping[str, int]], seed: int) -> Any:
    return store.folder / _identity(*one, seed).label / "run.json"


def _tried(
    task: IntervalTask,
    train: Samples,
    test: Samples,
    seed: int,
    bank: TemporalFilterBank,
    costs: Mapping[str, EventCost],
    families: Sequence[str],
) -> Iterator[tuple[str, Mapping[str, int], Scores, Energies]]:
    """Every network of some families with one seed's samples: model, size, scores, energies."""
    if any(family in BANKS for family in families):
        yield from _banks(task, train, test, bank, costs, families)
    if TIMER in families:
        for bins in BINS:
            learnt, tried = (models.interval_histograms(task, samples, bins) for samples in (train, test))
            read: dict[str, float] = {
                p: readout_energy(bins, len(task.intervals_s), 0.0, precision=p) for p in PRECISIONS
            }
            timer: float = timer_energy(task.spikes, task.steps)
            yield (
                "interval timer",
                {"bins": bins},
                _read(learnt, tried, train, test),
                _digital(dict.fromkeys(read, timer), read),
            )
    frames = models.frames_task(train, test)
    for family in (name for name in families if name in KINDS):
        for units in UNITS:
            yield family.lower(), {"units": units}, *_recurrent(task, frames, seed, family, units)


def _banks(
    task: IntervalTask,
    train: Samples,
    test: Samples,
    bank: TemporalFilterBank,
    costs: Mapping[str, EventCost],
    families: Sequence[str],
) -> Iterator[tuple[str, Mapping[str, int], Scores, Energies]]:
    trains = torch.as_tensor(np.concatenate((train.trains, test.trains), axis=1)).float()
    with torch.no_grad():
        whole, _ = bank(trains)
    filters = whole.spikes.shape[-1] // len(BANKS)
    for number, (family, name) in enumerate(BANKS.items()):
        if family not in families:
            continue
        for k in range(1, filters + 1):
            places = number * filters + np.linspace(0, filters - 1, k + 2)[1:-1].round().astype(int)
            output = BankOutput(*(part[..., places] for part in whole))
            counts, events = output.spikes.sum(0)[:, 0].numpy(), count_events(trains, output)
            scores = _read(counts[: len(train.labels)], counts[len(train.labels) :], train, test)
            own = {
                s: bank_energy(costs[s], events, branches=len(BRANCHES), neurons=k, duration_s=task.duration_s)
                for s in SCOPES
            }
            read = {p: readout_energy(k, len(task.intervals_s), events.outputs, precision=p) for p in PRECISIONS}
            memory = {s: dict.fromkeys(PRECISIONS, own[s]) for s in SCOPES}
            total = {s: {p: own[s] + read[p] for p in PRECISIONS} for s in SCOPES}
            yield name, {"filters": k}, scores, {"memory": memory, "network": total}


def _read(learnt: np.ndarray, tried: np.ndarray, train: Samples, test: Samples) -> Scores:
    """Accuracy of a readout of features at both precisions."""
    readout = models.fit_readout(learnt, train.labels)
    return {
        "fp32": readout.accuracy(tried, test.labels),
        "int8": readout.integer_accuracy(tried, test.labels),
    }


def _digital(memory: Mapping[str, float], read: Mapping[str, float]) -> Energies:
    """Energies that are the same in every scope, by precision."""
    total = {p: memory[p] + read[p] for p in PRECISIONS}
    return {"memory": {s: dict(memory) for s in SCOPES}, "network": {s: dict(total) for s in SCOPES}}


def _recurrent(
    task: IntervalTask, frames: models.IntervalFrames, seed: int, family: str, units: int
) -> tuple[Scores, Energies]:
    classes = len(task.intervals_s)
    trained = models.trained_network(frames, classes, seed, units, KINDS[family])
    twin = in_integers(trained.model, frames.training.inputs)
    integers = evaluate(frames, twin, len(frames.test.targets))
    scores = {"fp32": trained.scores["accuracy"], "int8": integers["accuracy"]}
    kind: Any = family
    cell = RecurrentCell(kind, 1, units, task.steps // models.FRAME_STEPS)
    memory = {p: digital_energy(cell, p).energy_per_sample_28nm_J for p in PRECISIONS}
    read = {p: readout_energy(units, classes, float(task.spikes), precision=p) for p in PRECISIONS}
    return scores, _digital(memory, read)

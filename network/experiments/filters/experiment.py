"""The task behind claim C6: what are filters good for that prefer the rates of their constants?

Several models learn the same task (`network.experiments.filters.task`), on which a spike counter is at chance: a bank
of temporal filters, the same bank with the volatile part off, non-plastic neurons of different resistance, an LSTM, and
the digital device that the task is made for, a timer with a histogram. Each seed draws new training and test samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from circuits.ecram_lif.temporal_filter import BRANCHES, SCALES
from energy.characterize import Characterization
from energy.cost import SCOPES
from energy.digital import NODE_SCALE, RecurrentCell, digital_energy
from ipcircuit.kept import kept
from ipcircuit.records import Count, record
from ipcircuit.statistics import mean_interval
from network.experiments.filters import models
from network.experiments.filters.account import (
    EventCost,
    Events,
    bank_energy,
    count_events,
    event_costs,
    readout_energy,
    timer_energy,
)
from network.experiments.filters.bank import BankOutput, TemporalFilterBank
from network.experiments.filters.rates import neuron_parameters
from network.experiments.filters.task import IntervalTask, Samples, make_samples, spike_counts
from network.threads import Progress

SAMPLES_TOGETHER = 1000  # in one run of the banks: a step of few samples takes as long as one of many
BANKS = ("plastic bank", "ablated bank", "non-plastic LIF")
COUNTER, TIMER, LSTM, GPU = "spike counter", "interval timer (digital)", "LSTM (digital)", "LSTM (GPU)"


@record
class FilterOptions:
    """Sizes of the experiment.

    Attributes:
        seed: of the first repetition; the others follow it.
        repetitions: independent draws of training and test samples.
        train, test: samples of each.
    """

    seed: Count = 0
    repetitions: Annotated[int, Field(ge=2)] = 8
    train: Annotated[int, Field(ge=40)] = 400
    test: Annotated[int, Field(ge=40)] = 400
    task: IntervalTask = field(default_factory=IntervalTask)
    scales: Annotated[tuple[float, ...], Field(min_length=1)] = SCALES

    @classmethod
    def quick(cls, seed: int = 0) -> FilterOptions:
        """Three repetitions of few samples, for the report."""
        return cls(seed, repetitions=3, train=120, test=120)


@dataclass(frozen=True)
class ModelRow:
    """One model. Accuracies by repetition; energies per sample, J, None where not obtained.

    Attributes:
        energy_J: by accounting scope for circuits; digital systems have the same in each.
        readout_J: of that, the digital readout (28 nm, scale assumed).
        input_events, output_events: per sample, over all neurons; None for what has no neurons.
    """

    model: str
    basis: str
    accuracies: tuple[float, ...]
    energy_J: dict[str, float | None]
    readout_J: float | None
    input_events: float | None
    output_events: float | None
    note: str

    @property
    def accuracy(self) -> float | None:
        """Mean over the repetitions."""
        return float(np.mean(self.accuracies)) if self.accuracies else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Student's 95 % interval of the mean, within 0 … 1."""
        if len(self.accuracies) < 2:
            return None
        _, low, high = mean_interval(self.accuracies)
        return max(0.0, low or 0.0), min(1.0, high or 1.0)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with mean and interval."""
        return {**asdict(self), "accuracy": self.accuracy, "interval": self.interval}


@dataclass(frozen=True)
class FilterResult:
    """Rows of all models, and the options that they were obtained with."""

    options: FilterOptions
    rows: tuple[ModelRow, ...]

    def row(self, model: str) -> ModelRow:
        """The row of a model."""
        return next(row for row in self.rows if row.model == model)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {
            "options": asdict(self.options),
            "chance": self.options.task.chance,
            "models": [row.to_json() for row in self.rows],
        }


def run_filters(options: FilterOptions, record: Characterization, progress: Progress | None = None) -> FilterResult:
    """Train and test every model; from the cache where it holds the result (see `ipcircuit.kept`).

    Args:
        record: cost record of ``delay_feedback_lif``, for the energies.
    """
    return kept("filters' task", lambda: _run(options, record, progress), options, record.cost)


def _run(options: FilterOptions, record: Characterization, progress: Progress | None) -> FilterResult:
    neuron = neuron_parameters()
    pairs = models.bank_pairs(neuron, options.scales)
    accuracies: dict[str, list[float]] = {name: [] for name in (*BANKS, COUNTER, TIMER, LSTM)}
    events: dict[str, list[Events]] = {name: [] for name in BANKS}
    bank = TemporalFilterBank([pair for name in BANKS for pair in pairs[name]], options.task.dt_s)
    seeds = range(options.seed, options.seed + options.repetitions)
    sizes = options.train, options.test
    data = [[make_samples(options.task, n, 2 * seed + i) for i, n in enumerate(sizes)] for seed in seeds]
    for repetition, (trains, whole) in enumerate(_responses(bank, data)):
        train, test = data[repetition]
        for i, name in enumerate(BANKS):
            mine = slice(i * len(options.scales), (i + 1) * len(options.scales))
            output = BankOutput(*(part[..., mine] for part in whole))
            accuracies[name].append(_accuracy(output.spikes.sum(0)[:, 0].numpy(), train, test))
            events[name].append(count_events(trains, output))
        for name, score in _score_digital(options.task, train, test, seeds[repetition]).items():
            accuracies[name].append(score)
        if progress is not None:
            progress(repetition + 1, options.repetitions)
    costs = event_costs(record, neuron)
    rows = [_bank_row(name, options, accuracies[name], events[name], costs) for name in BANKS]
    return FilterResult(options, (*rows, *_digital_rows(options, accuracies)))


def _responses(
    bank: TemporalFilterBank, data: Sequence[Sequence[Samples]]
) -> Iterator[tuple[torch.Tensor, BankOutput]]:
    """Trains of each repetition and the response of all filters; several repetitions run side by side."""
    size = sum(samples.trains.shape[1] for samples in data[0])
    together = max(1, SAMPLES_TOGETHER // size)
    for first in range(0, len(data), together):
        parts = [samples.trains for group in data[first : first + together] for samples in group]
        trains = torch.as_tensor(np.concatenate(parts, axis=1)).float()
        with torch.no_grad():
            output, _ = bank(trains)
        for start in range(0, trains.shape[1], size):
            mine = slice(start, start + size)
            yield trains[:, mine].contiguous(), BankOutput(*(part[:, mine].contiguous() for part in output))


def _accuracy(features: np.ndarray, train: Samples, test: Samples) -> float:
    """Accuracy on the test samples of a readout of features (training and test samples, features)."""
    learnt = len(train.labels)
    return models.fit_readout(features[:learnt], train.labels).accuracy(features[learnt:], test.labels)


def _score_digital(task: IntervalTask, train: Samples, test: Samples, seed: int) -> dict[str, float]:
    counts, histograms = [], []
    for samples in (train, test):
        counts.append(spike_counts(samples))
        histograms.append(models.interval_histograms(task, samples))
    return {
        COUNTER: _accuracy(np.concatenate(counts), train, test),
        TIMER: _accuracy(np.concatenate(histograms), train, test),
        LSTM: models.lstm_accuracy(train, test, len(task.intervals_s), seed),
    }


def _bank_row(
    name: str, options: FilterOptions, scores: Sequence[float], events: Sequence[Events], costs: dict[str, EventCost]
) -> ModelRow:
    neurons, classes = len(options.scales), len(options.task.intervals_s)
    mean = Events(*(float(np.mean([getattr(e, f) for e in events])) for f in ("inputs", "conductance_S", "outputs")))
    readout = readout_energy(neurons, classes, mean.outputs)
    energy: dict[str, float | None] = {
        scope: readout
        + bank_energy(costs[scope], mean, branches=len(BRANCHES), neurons=neurons, duration_s=options.task.duration_s)
        for scope in SCOPES
    }
    note = f"{neurons} neurons; events times the simulated neuron's cost, and a digital readout"
    return ModelRow(name, "simulated", tuple(scores), energy, readout, mean.inputs, mean.outputs, note)


def _digital_rows(options: FilterOptions, accuracies: dict[str, list[float]]) -> list[ModelRow]:
    task, classes = options.task, len(options.task.intervals_s)
    counted = readout_energy(1, classes, task.spikes)
    read = readout_energy(models.BINS, classes, 0.0)
    cell = RecurrentCell("LSTM", 1, models.HIDDEN, task.steps // models.FRAME_STEPS)
    head = readout_energy(models.HIDDEN, classes, float(task.spikes))
    lstm = digital_energy(cell)
    scale = f"45 nm table scaled by {NODE_SCALE.value:.3g} (assumed)"

    def row(name: str, energy: float, readout: float, note: str) -> ModelRow:
        return ModelRow(
            name, "assumed", tuple(accuracies[name]), dict.fromkeys(SCOPES, energy), readout, None, None, note
        )

    return [
        row(COUNTER, counted, counted, f"all samples have as many spikes: chance; {scale}"),
        row(
            TIMER,
            timer_energy(task.spikes, task.steps) + read,
            read,
            f"{models.BINS} bins in registers, one tick per step; {scale}; a lower bound",
        ),
        row(
            LSTM,
            lstm.energy_per_sample_28nm_J + head,
            head,
            f"{models.HIDDEN} hidden, {cell.frames} frames, 32 bit; {scale}, as tabled "
            f"{lstm.energy_per_sample_45nm_J:.3g} J; a lower bound",
        ),
        ModelRow(GPU, "measured", (), dict.fromkeys(SCOPES), None, None, None, "not measured here (no GPU)"),
    ]

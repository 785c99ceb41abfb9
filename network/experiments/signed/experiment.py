"""Ideal against device neurons in the same network: accuracy, gap with interval, and what the gap depends on.

For each seed a network is trained with ideal neurons. Then its neurons are exchanged with unchanged weights, as the
source does (swapped), and the network is trained on with them for a few epochs (fine-tuned); the ideal network is
trained on as long, so that a fine-tuned gap compares equal efforts. Gaps are paired by seed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from torch import nn

from energy.cost import SCOPES, NeuronCost
from ipcircuit.errors import InputError
from ipcircuit.journal import Journal
from ipcircuit.statistics import mean_interval
from network.accounting.counting.count import counted_events
from network.accounting.counting.events import LayerEvents
from network.accounting.prices import neuron_energy
from network.experiments.signed.exchange import (
    Variant,
    accuracy,
    correct,
    replace_neurons,
    swapped_accuracy,
    with_neurons,
)
from network.experiments.signed.plan import Plan
from network.experiments.signed.tasks import Benchmark
from network.neurons.signed_mtj.layer import Firing, SignedLIF
from network.threads import Progress, in_processes
from network.training.loop import initialised


def trained(benchmark: Benchmark, plan: Plan, seed: int) -> nn.Module:
    """A network trained with ideal neurons, on a benchmark with its split; same seed, same network."""
    network = initialised(lambda: benchmark.build(lambda _: SignedLIF(plan.ideal, Firing())), seed)
    benchmark.train(network, benchmark.schedule, seed)
    return network


def tuned_accuracy(network: nn.Module, variant: Variant, benchmark: Benchmark, seed: int) -> float:
    """Accuracy after training on with the variant's neurons: with its noise, but without its spread.

    A chip's spread is not known where a network is trained; it is judged on chips with that spread.
    """
    copy = with_neurons(network, Variant(variant.name, variant.dynamics, variant.noise), seed)
    benchmark.train(copy, benchmark.tuning, seed + 1)
    replace_neurons(copy, variant)
    return swapped_accuracy(copy, variant, benchmark.task.split.test, benchmark.task.steps)


def run_seed(benchmark: Benchmark, plan: Plan, seed: int, cost: NeuronCost | None = None) -> dict[str, Any]:
    """Everything of one seed, as plain values; accuracies 0 … 1."""
    drawn = benchmark.seeded(seed)
    network, variants, task = trained(drawn, plan, seed), plan.variants(), drawn.task

    def swapped(variant: Variant) -> float:
        return swapped_accuracy(network, variant, task.split.test, task.steps)

    def tuned(variant: Variant) -> float:
        return tuned_accuracy(network, variant, drawn, seed)

    tune = plan.tune_sweep and benchmark.embedded  # on a real set each would take hours
    wells = [Variant("", plan.with_well(well)) for well in plan.wells]
    device = variants[2]
    noisy = [Variant("", device.dynamics, noise) for noise in plan.noises]
    with counted_events(counted := with_neurons(network, device)) as events:
        correct(counted, task.split.test, task.steps)
    return {
        "seed": seed,
        "training_accuracy": accuracy(network, task.split.train, task.steps),
        "swapped": {v.name: swapped(v) for v in variants},
        "tuned": {v.name: tuned(v) for v in variants},
        "fit_sweep": [{"swapped": swapped(v), "tuned": tuned(v) if tune else None} for v in wells],
        "noise_sweep": [swapped(v) for v in noisy],
        "spikes": spike_table(events),
        "energy": None if cost is None else energy_by_scope(events, cost),
    }


def energy_by_scope(events: Mapping[str, LayerEvents], cost: NeuronCost) -> list[dict[str, Any]]:
    """Energy per sample, in each accounting scope, of all layers of neurons together; synapses are not in it.

    Every step is clocked and read, every input is driven in full (their strength is not counted), each at its price
    (`energy.event_prices`). What the cost record lacks is None.

    Args:
        events: by layer, all over the same samples.
        cost: of one neuron.

    Raises:
        InputError: no layers, or layers that saw different numbers of samples.
    """
    layers = {name: layer for name, layer in events.items() if layer.billing is not None}
    samples = {layer.trials for layer in layers.values()}
    if len(samples) != 1 or 0 in samples:
        raise InputError("layers must have run on the same samples", where="events", found=sorted(samples))
    n = samples.pop()
    spikes, updates = (sum(getattr(e, name) for e in layers.values()) / n for name in ("spikes", "operations"))
    rows = neuron_energy(layers, dict.fromkeys(layers, cost))
    known = {name: [row["energy_per_trial_J"] for row in rows if row["scope"] == name] for name in SCOPES}
    return [
        {
            "scope": name,
            "circuit": cost.circuit,
            "basis": cost.basis,
            "spikes_per_sample": spikes,
            "updates_per_sample": updates,
            "energy_per_sample_J": None if None in energies else math.fsum(energies),
        }
        for name, energies in known.items()
    ]


def spike_table(events: Mapping[str, LayerEvents]) -> list[dict[str, Any]]:
    """Positive and negative spikes per neuron and step, and per sample, of each layer of neurons."""
    rows = []
    for layer in events.values():
        if layer.billing is not None:
            spikes = {"positive": layer.spikes - layer.negative_spikes, "negative": layer.negative_spikes}
            rates = {f"{sign}_rate": count / layer.operations for sign, count in spikes.items()}
            per_sample = {f"{sign}_per_sample": layer.per_trial(count) for sign, count in spikes.items()}
            rows.append({"layer": layer.layer, **rates, **per_sample})
    return rows


def run_task(
    benchmark: Benchmark,
    plan: Plan,
    cost: NeuronCost | None = None,
    progress: Progress | None = None,
    n_jobs: int = 1,
    journal: Journal[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """All seeds of a task with means, intervals and paired gaps (see `summarize`).

    Args:
        cost: of one neuron, for the energy of the spikes.
        progress: called with (seeds done, seeds).
        n_jobs: seeds at a time, -1 for one per core; the numbers do not depend on it.
        journal: has the seeds of former runs, and gets those of this one.
    """
    arguments = {f"{benchmark.name}, seed {seed}": (benchmark, plan, seed, cost) for seed in range(plan.seeds)}
    compute = partial(in_processes, run_seed, n_jobs=n_jobs)
    runs = list((journal or Journal(None, {}, dict)).resumed(compute, arguments, progress=progress))
    return {
        "task": benchmark.name,
        "what": benchmark.description,
        "steps": benchmark.task.steps,
        "embedded": benchmark.embedded,
        **summarize(runs, plan),
        "runs": runs,
    }


def run_signed(
    tasks: Sequence[Benchmark],
    plan: Plan | None = None,
    cost: NeuronCost | None = None,
    progress: Progress | None = None,
    n_jobs: int = 1,
    folder: Path | None = None,
) -> dict[str, Any]:
    """The whole experiment as a plain dictionary (`json.dumps` takes it as it is).

    Args:
        tasks: see `network.experiments.signed.tasks.tasks_for`.
        plan: default `Plan()`; `quick_plan()` for minutes.
        progress: called with (trainings done, trainings).
        cost, n_jobs: see `run_task`.
        folder: of the journal of seeds (see `ipcircuit.journal`); default: none.

    Raises:
        InputError: the folder cannot be written, is in use, or holds another experiment.
    """
    chosen = plan or Plan()

    def within(number: int) -> Progress:
        """Seeds of all tasks, for one bar."""
        return lambda done, of: None if progress is None else progress(number * of + done, len(tasks) * of)

    settings = chosen.settings()
    with Journal.opened(folder, {} if folder is None else _configuration(tasks, settings, cost), dict) as journal:
        results = [run_task(task, chosen, cost, within(i), n_jobs, journal) for i, task in enumerate(tasks)]
    return {"settings": settings, "tasks": results}


def _configuration(tasks: Sequence[Benchmark], settings: dict[str, Any], cost: NeuronCost | None) -> dict[str, str]:
    data = hashlib.sha256()
    for benchmark in tasks:
        split = benchmark.seeded(0).task.split
        for samples in (split.train, split.test):
            data.update(samples.values.contiguous().numpy().tobytes() + samples.labels.numpy().tobytes())
    return {
        "command": "study signed",
        **{f"task {b.name}": f"{b.description}, {b.schedule}, {b.tuning}" for b in tasks},
        "settings": json.dumps({name: value for name, value in settings.items() if name != "seeds"}),
        "cost": json.dumps(cost and cost.to_json()),
        "data": data.hexdigest(),
    }


def interval(values: Sequence[float]) -> dict[str, Any]:
    """Mean with Student's 95 % interval; `low` and `high` are None for a single value."""
    mean, low, high = mean_interval(values)
    return {"mean": mean, "low": low, "high": high, "n": len(values)}


def summarize(runs: Sequence[dict[str, Any]], plan: Plan) -> dict[str, Any]:
    """Tables over the seeds of `run_seed`; accuracies in %, gaps in percentage points.

    A gap is the ideal network's accuracy less the other's, of the same seed and the same amount of training.
    """
    return {
        "variants": [_variant(runs, name) for name in runs[0]["swapped"]],
        "fit_sweep": [
            {
                "well": well,
                "onset_in_thresholds": plan.with_well(well).normalised.onset / plan.threshold,
                "fit_error": plan.fit_error(well),
                **{
                    f"{kind}_gap": _gap(runs, kind, [run["fit_sweep"][i][kind] for run in runs])
                    for kind in ("swapped", "tuned")
                },
            }
            for i, well in enumerate(plan.wells)
        ],
        "noise_sweep": [
            {"noise": noise, "swapped_gap": _gap(runs, "swapped", [run["noise_sweep"][i] for run in runs])}
            for i, noise in enumerate(plan.noises)
        ],
        "energy": _energy(runs),
    }


def _energy(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Mean over the runs of each scope's account; None without a cost record."""
    if runs[0]["energy"] is None:
        return None
    return [
        {
            name: value if value is None or isinstance(value, str) else fmean(run["energy"][i][name] for run in runs)
            for name, value in row.items()
        }
        for i, row in enumerate(runs[0]["energy"])
    ]


def _variant(runs: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    row: dict[str, Any] = {"variant": name}
    for kind in ("swapped", "tuned"):
        accuracies = [run[kind][name] for run in runs]
        row[f"{kind}_accuracy"] = interval([100 * value for value in accuracies])
        row[f"{kind}_gap"] = None if name == "ideal" else _gap(runs, kind, accuracies)
    return row


def _gap(runs: Sequence[dict[str, Any]], kind: str, accuracies: Sequence[float | None]) -> dict[str, Any] | None:
    gaps = [
        100 * (run[kind]["ideal"] - value) for run, value in zip(runs, accuracies, strict=True) if value is not None
    ]
    return interval(gaps) if len(gaps) == len(runs) else None

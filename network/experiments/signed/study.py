"""Ideal against device neurons in the same network: accuracy, gap with interval, and what the gap depends on.

For each seed a network is trained with ideal neurons. Then its neurons are exchanged with unchanged weights, as the
source does (swapped), and the network is trained on with them for a few epochs (fine-tuned); the ideal network is
trained on as long, so that a fine-tuned gap compares equal efforts. Gaps are paired by seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from energy.cost import NeuronCost
from network.accounting.events import counted_events
from network.experiments.signed.energy import energy_by_account, spike_table
from network.experiments.signed.exchange import (
    Variant,
    accuracy,
    correct,
    replace_neurons,
    swapped_accuracy,
    with_neurons,
)
from network.experiments.signed.plan import Plan
from network.experiments.signed.summary import summarize
from network.experiments.signed.tasks import Benchmark
from network.neurons.signed_mtj.layer import Firing, SignedLIF
from network.tasks.frames import FrameTask
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
    return {
        "seed": seed,
        "training_accuracy": accuracy(network, task.split.train, task.steps),
        "swapped": {v.name: swapped(v) for v in variants},
        "tuned": {v.name: tuned(v) for v in variants},
        "fit_sweep": [{"swapped": swapped(v), "tuned": tuned(v) if tune else None} for v in wells],
        "noise_sweep": [swapped(v) for v in noisy],
        **_spikes(with_neurons(network, device), task, cost),
    }


def _spikes(network: nn.Module, task: FrameTask, cost: NeuronCost | None) -> dict[str, Any]:
    with counted_events(network) as events:
        correct(network, task.split.test, task.steps)
    return {"spikes": spike_table(events), "energy": None if cost is None else energy_by_account(events, cost)}


def run_task(
    benchmark: Benchmark, plan: Plan, cost: NeuronCost | None = None, progress: Progress | None = None, n_jobs: int = 1
) -> dict[str, Any]:
    """All seeds of a task with means, intervals and paired gaps (see `summarize`).

    Args:
        cost: of one neuron, for the energy of the spikes.
        progress: called with (seeds done, seeds).
        n_jobs: seeds at a time, -1 for one per core; the numbers do not depend on it.
    """
    arguments = [(benchmark, plan, seed, cost) for seed in range(plan.seeds)]
    runs = list(in_processes(run_seed, arguments, n_jobs, progress))
    return {
        "task": benchmark.name,
        "what": benchmark.description,
        "steps": benchmark.task.steps,
        "embedded": benchmark.embedded,
        **summarize(runs, plan),
        "runs": runs,
    }


def run_signed_study(
    tasks: Sequence[Benchmark],
    plan: Plan | None = None,
    cost: NeuronCost | None = None,
    progress: Progress | None = None,
    n_jobs: int = 1,
) -> dict[str, Any]:
    """The whole study as a plain dictionary (`json.dumps` takes it as it is).

    Args:
        tasks: see `network.experiments.signed.tasks.tasks_for`.
        plan: default `Plan()`; `quick_plan()` for minutes.
        progress: called with (trainings done, trainings).
        cost, n_jobs: see `run_task`.
    """
    chosen = plan or Plan()

    def within(number: int) -> Progress:
        """Seeds of all tasks, for one bar."""
        return lambda done, of: None if progress is None else progress(number * of + done, len(tasks) * of)

    results = [run_task(task, chosen, cost, within(i), n_jobs) for i, task in enumerate(tasks)]
    return {"settings": chosen.settings(), "tasks": results}

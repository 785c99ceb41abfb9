"""Ideal against device neurons in the same network: accuracy, gap with interval, and what the gap depends on.

For each seed a network is trained with ideal neurons. Then its neurons are exchanged with unchanged weights, as the
source does (swapped), and the network is trained on with them for a few epochs (fine-tuned); the ideal network is
trained on as long, so that a fine-tuned gap compares equal efforts. Gaps are paired by seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from energy.cost import NeuronCost
from ipcircuit.errors import InputError
from network.signed.device import Pillar
from network.signed.dynamics import LinearDynamics
from network.signed.energy import neuron_energy, spike_table
from network.signed.exchange import Variant, counting, give, swapped_accuracy, with_neurons
from network.signed.fitting import fit_linear, sample_steps, step_error
from network.signed.interval import mean_interval
from network.signed.layer import Firing, SignedLIF, Variation
from network.signed.tasks import Task
from network.signed.train import accuracy, correct, train

Progress = Callable[[int, int], None]
SPREAD = Variation(tau=0.05, gain=0.05, threshold=0.05)
"""Between neurons; assumed: 5 % of each, about what 5 % in a dimension does to the demagnetisation factors."""


@dataclass(frozen=True)
class Plan:
    """What is tried.

    Attributes:
        seeds: trainings.
        dt_s, threshold: time step and threshold of u (assumed: the source states neither).
        pillar: the device.
        in_plane: N_L - N_T of the sweep over the fit error.
        noises: stationary deviations of the membrane, in thresholds, of the sweep over noise.
        tune_sweep: fine-tune in the first sweep too.
    """

    seeds: int = 5
    dt_s: float = 0.5e-9
    threshold: float = 0.4
    pillar: Pillar = field(default_factory=Pillar)
    in_plane: Sequence[float] = (0.0, 0.002, 0.004, 0.006, 0.008, 0.010, 0.014)
    noises: Sequence[float] = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
    tune_sweep: bool = True

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise InputError("needs at least one seed", where="seeds", found=self.seeds)

    @property
    def ideal(self) -> LinearDynamics:
        """The linear neuron with the device's time constant on paper."""
        return LinearDynamics("ideal", self.dt_s, self.pillar.tau_s)

    @property
    def noise(self) -> float:
        """Thermal deviation in thresholds."""
        return self.pillar.sigma / self.threshold

    def variants(self) -> list[Variant]:
        """From the ideal neuron to all that is known against the device."""
        device = self.pillar.dynamics(self.dt_s, self.threshold)
        hot = f"device, {self.pillar.temperature_K:g} K"
        return [
            Variant("ideal", self.ideal),
            Variant("fitted", fit_linear(device, self.ideal).neuron),
            Variant("device", device),
            Variant(hot, device, self.noise),
            Variant(f"{hot}, 5 % spread", device, self.noise, SPREAD),
        ]


def quick_plan(seeds: int = 3) -> Plan:
    """Fewer seeds and points."""
    return Plan(seeds, in_plane=(0.0, 0.004, 0.010), noises=(0.0, 0.1, 0.4), tune_sweep=False)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: small networks are no faster on more, and sums come out the same everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def trained(task: Task, plan: Plan, seed: int) -> nn.Module:
    """A network trained with ideal neurons; same seed, same network."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = task.build(lambda _: SignedLIF(plan.ideal, Firing()))
    train(network, task.split(seed).train, task.steps, task.schedule, seed)
    return network


def run_seed(task: Task, plan: Plan, seed: int, cost: NeuronCost | None = None) -> dict[str, Any]:
    """Everything of one seed, as plain values; accuracies 0 … 1."""
    with one_thread():
        split, network = task.split(seed), trained(task, plan, seed)

        def tuned(variant: Variant) -> float:
            """Trained on with the variant's noise but nominal neurons; judged on chips with their spread."""
            copy = with_neurons(network, Variant(variant.name, variant.dynamics, variant.noise), seed)
            train(copy, split.train, task.steps, task.tuning, seed + 1)
            give(copy, variant)
            return swapped_accuracy(copy, variant, split.test, task.steps)

        variants = plan.variants()
        found: dict[str, Any] = {
            "seed": seed,
            "training_accuracy": accuracy(network, split.train, task.steps),
            "swapped": {v.name: swapped_accuracy(network, v, split.test, task.steps) for v in variants},
            "tuned": {v.name: tuned(v) for v in variants},
        }
        device = variants[2].dynamics
        found["fit_sweep"], found["noise_sweep"] = [], []
        for difference in plan.in_plane:
            variant = Variant("", plan.pillar.with_in_plane(difference).dynamics(plan.dt_s, plan.threshold))
            found["fit_sweep"].append({
                "swapped": swapped_accuracy(network, variant, split.test, task.steps),
                "tuned": tuned(variant) if plan.tune_sweep else None,
            })  # fmt: skip
        for noise in plan.noises:
            variant = Variant("", device, noise)
            found["noise_sweep"].append({"swapped": swapped_accuracy(network, variant, split.test, task.steps)})
        found.update(_spikes(network, variants[2], split.test, task.steps, cost))
    return found


def _spikes(network: nn.Module, variant: Variant, samples: Any, steps: int, cost: NeuronCost | None) -> dict[str, Any]:
    copy = with_neurons(network, variant)
    with counting(copy) as counts:
        correct(copy, samples, steps)
    return {"spikes": spike_table(counts), "energy": None if cost is None else neuron_energy(counts, cost)}


def run_task(
    task: Task, plan: Plan, cost: NeuronCost | None = None, progress: Progress | None = None, n_jobs: int = 1
) -> dict[str, Any]:
    """All seeds of a task with means, intervals and paired gaps (percentage points).

    Args:
        cost: of one neuron, for the energy of the spikes.
        progress: called with (seeds done, seeds).
        n_jobs: seeds at a time; the numbers do not depend on it.
    """
    runs: list[dict[str, Any]] = []
    if n_jobs == 1:
        for seed in range(plan.seeds):
            runs.append(run_seed(task, plan, seed, cost))
            if progress is not None:
                progress(seed + 1, plan.seeds)
    else:
        from joblib import Parallel, delayed

        jobs = (delayed(run_seed)(task, plan, seed, cost) for seed in range(plan.seeds))
        runs = [run for run in Parallel(n_jobs=n_jobs)(jobs) if run is not None]
    return {"task": task.name, "what": task.what, "embedded": task.embedded, "runs": runs, **_summary(runs, plan)}


def _summary(runs: list[dict[str, Any]], plan: Plan) -> dict[str, Any]:
    names = list(runs[0]["swapped"])

    def gap(kind: str, name: str) -> dict[str, Any]:
        return mean_interval([100 * (run[kind]["ideal"] - run[kind][name]) for run in runs]).to_json()

    variants = [
        {
            "variant": name,
            **{
                f"{kind}_accuracy": mean_interval([100 * run[kind][name] for run in runs]).to_json()
                for kind in ("swapped", "tuned")
            },
            **{f"{kind}_gap": None if name == "ideal" else gap(kind, name) for kind in ("swapped", "tuned")},
        }
        for name in names
    ]
    return {"variants": variants, "fit_sweep": _fit_sweep(runs, plan), "noise_sweep": _noise_sweep(runs, plan)}


def _fit_sweep(runs: list[dict[str, Any]], plan: Plan) -> list[dict[str, Any]]:
    rows = []
    for i, difference in enumerate(plan.in_plane):
        pillar = plan.pillar.with_in_plane(difference)
        steps = sample_steps(pillar.dynamics(plan.dt_s, plan.threshold))
        tuned = (
            [100 * (run["tuned"]["ideal"] - run["fit_sweep"][i]["tuned"]) for run in runs] if plan.tune_sweep else []
        )
        rows.append({
            "in_plane_difference": difference, "onset_thresholds": pillar.onset / plan.threshold,
            "fit_error": step_error(steps, plan.ideal),
            "swapped_gap": mean_interval(
                [100 * (run["swapped"]["ideal"] - run["fit_sweep"][i]["swapped"]) for run in runs]
            ).to_json(),
            "tuned_gap": mean_interval(tuned).to_json() if tuned else None,
        })  # fmt: skip
    return rows


def _noise_sweep(runs: list[dict[str, Any]], plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "noise": noise,
            "swapped_gap": mean_interval(
                [100 * (run["swapped"]["ideal"] - run["noise_sweep"][i]["swapped"]) for run in runs]
            ).to_json(),
        }
        for i, noise in enumerate(plan.noises)
    ]


def run_signed_study(
    tasks: Sequence[Task],
    plan: Plan | None = None,
    cost: NeuronCost | None = None,
    progress: Progress | None = None,
    n_jobs: int = 1,
) -> dict[str, Any]:
    """The whole study as a plain dictionary (`json.dumps` takes it as it is).

    Args:
        tasks: see `network.signed.tasks`.
        plan: default `Plan()`; `quick_plan()` for minutes.
        cost, progress, n_jobs: see `run_task`.
    """
    chosen = plan or Plan()
    device = chosen.pillar.dynamics(chosen.dt_s, chosen.threshold)
    fit = fit_linear(device, chosen.ideal)
    return {
        "settings": {
            "seeds": chosen.seeds, "dt_s": chosen.dt_s, "threshold": chosen.threshold, "reset": "zero",
            "tau_s": chosen.pillar.tau_s, "onset": chosen.pillar.onset, "capture": chosen.pillar.capture,
            "thermal_noise": chosen.noise, "temperature_K": chosen.pillar.temperature_K,
            "spread": {"tau": SPREAD.tau, "gain": SPREAD.gain, "threshold": SPREAD.threshold},
            "fitted_leak": fit.neuron.leak, "fitted_gain": fit.neuron.gain,
            "fit_error": fit.error, "unfitted_error": fit.unfitted_error,
        },
        "tasks": [run_task(task, chosen, cost, progress, n_jobs) for task in tasks],
    }  # fmt: skip

"""Rare failures by importance sampling against closed forms, and against plain copies of a circuit.

    python benchmarks/rare_events.py closed-forms [--seeds 20]
    python benchmarks/rare_events.py circuit [-n 20000] [--budget 2000] [--circuit comparator] [--scale 0.55] [-o DIR]

*closed-forms*, without a simulator: limit states of 30 and 100 deviates whose failure probability is known. Beside
each stands subset simulation of Gaussian deviates (Au and Beck, Probab. Eng. Mech. 16, 263, 2001; conditional sampling
of Papaioannou et al., Probab. Eng. Mech. 41, 89, 2015), the alternative that was not taken.

*circuit*: plain copies and importance sampling of one circuit, both at the screening fidelity: they must agree within
their joint interval. All deviates are multiplied by `--scale`, which is to say all spreads are. With a folder, copies
are kept and a run can be cut in pieces.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import chi2, norm

from circuits.catalog import load
from circuits.conditions import Fidelity
from energy.variation.copies.dimensions import dimensions
from energy.variation.copies.fidelity import at_fidelity
from energy.variation.copies.run import opened_store, run_copies
from energy.variation.tails.rare import rare_yield
from ipcircuit.reliability.importance import failure_probability
from ipcircuit.sampling import Sample
from ipcircuit.statistics import wilson_interval

BUDGET = 3000  # evaluations of each estimate of a closed form
Limit = Callable[[np.ndarray], np.ndarray]


def closed_forms() -> list[tuple[str, int, float, Limit]]:
    """Name, deviates, failure probability and limit state."""
    rows: list[tuple[str, int, float, Limit]] = []
    for d in (30, 100):
        u = np.random.default_rng(99).standard_normal(d)
        u /= np.linalg.norm(u)
        for beta in (2.0, 3.0, 4.0):
            rows.append((f"linear, β = {beta:g}", d, norm.sf(beta), lambda z, b=beta, u=u: b - z @ u))
        two = 2 * norm.sf(3)
        rows.append(("two-sided, β = 3", d, two, lambda z, u=u: 3 - np.abs(z @ u)))
        unequal = norm.sf(2.8) + norm.sf(3.3)
        rows.append(("two-sided, β = 2.8 and 3.3", d, unequal, lambda z, u=u: np.minimum(2.8 - z @ u, 3.3 + z @ u)))
        rows.append(("quadratic, χ² of one degree", d, chi2.sf(9, 1), lambda z, u=u: 9 - (z @ u) ** 2))
        rows.append(("sphere, χ² of three degrees", d, chi2.sf(14, 3), lambda z: 14 - np.sum(z[:, :3] ** 2, axis=1)))
    return rows


def subset_simulation(limit: Limit, dimensions: int, seed: int, samples: int = 1000) -> tuple[float, int]:
    """Failure probability and evaluations; levels of probability 0.1."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((samples, dimensions))
    values, probability, evaluations, step = limit(z), 1.0, samples, 0.6
    for _ in range(20):
        order = np.argsort(values, kind="stable")[: samples // 10]
        level = values[order[-1]]
        if level <= 0:
            return probability * float(np.mean(values < 0)), evaluations
        probability /= 10
        state, at, states, ats = z[order], values[order], [], []
        for _ in range(10):
            moved = math.sqrt(1 - step**2) * state + step * rng.standard_normal(state.shape)
            there = limit(moved)
            evaluations += len(moved)
            accepted = there <= level
            state, at = np.where(accepted[:, None], moved, state), np.where(accepted, there, at)
            step = float(np.clip(step * math.exp(accepted.mean() - 0.44), 0.05, 1))
            states.append(state)
            ats.append(at)
        z, values = np.concatenate(states), np.concatenate(ats)
    return 0.0, evaluations


def show_closed_forms(seeds: int) -> None:
    """A row for each limit state."""
    print(f"{seeds} seeds; error: root mean square, relative; inside: share of the 95 % intervals that hold the truth")
    print(
        f"{'limit state':28}{'d':>4}{'truth':>10}{'error':>8}{'inside':>8}{'warned':>8}{'CPU s':>7} | subset simulation"
    )
    for name, d, truth, limit in closed_forms():
        begin = time.process_time()
        found = [failure_probability(limit, d, seed=seed, budget=BUDGET) for seed in range(seeds)]
        cpu = (time.process_time() - begin) / seeds
        errors = [result.estimate.probability / truth - 1 for result in found]
        inside = np.mean([result.estimate.low < truth < result.estimate.high for result in found])
        warned = sum(bool(result.warnings) for result in found)
        others = [subset_simulation(limit, d, seed) for seed in range(seeds)]
        error = np.sqrt(np.mean([(probability / truth - 1) ** 2 for probability, _ in others]))
        print(
            f"{name:28}{d:4}{truth:10.3g}{np.sqrt(np.mean(np.square(errors))):8.1%}{inside:8.0%}{warned:5}/{seeds}"
            f"{cpu:7.2f} | {error:.1%} with {np.mean([n for _, n in others]):.0f} evaluations",
            flush=True,
        )


class Scaled:
    """A testbench whose copies deviate `scale` times as far."""

    def __init__(self, testbench: Any, scale: float) -> None:
        self._testbench, self._scale = testbench, scale
        self._names = dimensions(testbench)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._testbench, name)

    def at_fidelity(self, fidelity: Fidelity) -> Scaled:
        return Scaled(at_fidelity(self._testbench, fidelity), self._scale)

    def _scaled(self, sample: Sample) -> Sample:
        return sample.with_deviates({name: self._scale * sample.normal(name) for name in self._names}, sample.method)

    def sampled(self, sample: Sample) -> Any:
        return self._testbench.sampled(self._scaled(sample) if type(sample) is Sample else sample)

    def measure_copies(self, samples: Any) -> Any:
        return self._testbench.measure_copies([self._scaled(sample) for sample in samples])


def show_circuit(options: argparse.Namespace) -> None:
    """Yield from plain copies and by importance sampling."""
    testbench: Any = Scaled(load(options.circuit), options.scale)
    screening = testbench.at_fidelity(Fidelity.SCREENING)
    folder: Path | None = options.output
    begin = time.process_time()
    found = rare_yield(
        testbench,
        options.budget,
        options.seed,
        fidelity="screening",
        n_jobs=options.jobs,
        folder=None if folder is None else folder / "importance",
    )
    estimate = found.reliability.estimate
    print(
        f"importance sampling: {options.budget} copies, failing {estimate.probability:.4%} "
        f"({estimate.low:.4%} to {estimate.high:.4%}), effective {estimate.failing_effective_sample_size:.0f}, "
        f"as {estimate.plain_rows or 0:.0f} plain copies; {time.process_time() - begin:.0f} s of our own CPU",
        flush=True,
    )
    for way in found.reliability.ways:
        largest = np.argsort(-np.abs(way.point))[:4]
        print(
            f"  way to fail at β = {way.distance:.2f}:",
            ", ".join(f"{found.names[i]} {way.point[i]:+.2f}" for i in largest),
        )
    with opened_store(testbench, None if folder is None else folder / "plain", seed=options.seed) as store:
        samples = [Sample(options.seed, index) for index in range(options.n)]
        outcomes = run_copies(
            screening, samples, driver=found.typical.driver, store=store, n_jobs=options.jobs, decks=False
        )
        works = [outcome.works for outcome in outcomes if outcome.simulated]
    failing = len(works) - sum(works)
    share = failing / len(works)
    low, high = wilson_interval(failing, len(works), 0.95)
    apart = abs(share - estimate.probability) / math.hypot(
        estimate.standard_error, math.sqrt(share * (1 - share) / len(works))
    )
    print(f"plain copies: {len(works)}, failing {failing}, {share:.4%} ({low:.4%} to {high:.4%})")
    print(f"difference: {apart:.2f} joint standard errors")


def main() -> None:
    """Run one of both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("closed-forms", "circuit"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("-n", type=int, default=20_000, help="plain copies")
    parser.add_argument("--budget", type=int, default=2000, help="copies of the importance sampling")
    parser.add_argument("--circuit", default="comparator")
    parser.add_argument("--scale", type=float, default=0.55)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", "-j", type=int, default=None)
    parser.add_argument("--output", "-o", type=Path, default=None, help="folder that keeps the copies")
    options = parser.parse_args()
    show_closed_forms(options.seeds) if options.what == "closed-forms" else show_circuit(options)


if __name__ == "__main__":
    main()

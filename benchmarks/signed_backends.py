"""Whether a network answers alike with the averaged equation and with the macrospin itself.

    python benchmarks/signed_backends.py [--samples N]

Takes a few minutes with the default of 100 samples per embedded task.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import torch

from network.experiments.signed.exchange import Variant, with_neurons
from network.experiments.signed.experiment import trained
from network.experiments.signed.plan import Plan
from network.experiments.signed.tasks import Benchmark, tasks_for
from network.neurons.signed_mtj.macrospin import MacrospinDynamics
from network.threads import one_thread


@dataclass(frozen=True)
class Agreement:
    """Answers of the same network with each kind of neurons.

    Attributes:
        samples: that all saw.
        ideal_right, averaged_right, macrospin_right: right answers.
        same: equal answers of the last two.
    """

    samples: int
    ideal_right: int
    averaged_right: int
    macrospin_right: int
    same: int


def compare_backends(benchmark: Benchmark, plan: Plan, samples: int = 100, seed: int = 0) -> Agreement:
    """Train with ideal neurons, then classify the first test samples with all three; minutes for a hundred samples.

    No noise, no spread; the macrospin starts 0.02 rad off its easy axis after every reset.
    """
    with one_thread(), torch.no_grad():
        drawn = benchmark.seeded(seed)
        with torch.enable_grad():
            network = trained(drawn, plan, seed).eval()
        test, steps = drawn.task.split.test, drawn.task.steps
        frames, labels = test.batch(torch.arange(min(samples, len(test))), steps)
        kinds = (plan.ideal, plan.with_well(1.0), MacrospinDynamics(plan.device, plan.dt_s, plan.threshold))
        ideal, averaged, macrospin = (with_neurons(network, Variant("", d))(frames).argmax(1) for d in kinds)
    right = (int((answers == labels).sum()) for answers in (ideal, averaged, macrospin))
    return Agreement(len(labels), *right, same=int((averaged == macrospin).sum()))


def main() -> None:
    """Print one line per embedded task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100, help="of each task's test set (default 100)")
    samples = parser.parse_args().samples
    for task in tasks_for():
        comparison = compare_backends(task, Plan(), samples)
        print(
            f"{task.name}: of {comparison.samples} samples {comparison.ideal_right} right with ideal neurons, "
            f"{comparison.averaged_right} with the averaged equation, "
            f"{comparison.macrospin_right} with the macrospin; {comparison.same} answers the same"
        )


if __name__ == "__main__":
    main()

"""What counting adds to a network's forward pass, in time and in memory.

    python benchmarks/counting.py [--steps 20] [--rounds 7]

A convolutional spiking network of about a million neuron-steps per batch, fed all steps at once and step by step: the
pass alone and the pass with every layer counted, in turns in one run, each the best of several in CPU seconds, since
the machine may be shared. The goal is an overhead of at most 30 %. Memory: each case in a process of its own at several
numbers of steps, the peak with counting less the peak without.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable

import torch
from torch import nn

GOAL = 0.30
BATCH, SIZE = 2, 32
MEMORY_STEPS = (20, 80, 320)


def network(mode: str, steps: int) -> tuple[object, torch.Tensor]:
    """The network, loaded, and its input; ``m`` takes all steps at once, ``s`` one."""
    from network.foreign.network import LoadedNetwork
    from network.models.frames import OverTime
    from network.neurons.lif import LIFNeuron

    torch.manual_seed(0)

    def over(*layers: nn.Module) -> nn.Module:
        return OverTime(*layers) if mode == "m" else nn.Sequential(*layers)

    def neurons() -> nn.Module:
        return LIFNeuron(step_mode="m" if mode == "m" else "s")

    layers = nn.Sequential(
        *(over(nn.Conv2d(2, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)), neurons(), over(nn.MaxPool2d(2))),
        *(over(nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)), neurons(), over(nn.MaxPool2d(2))),
        *(over(nn.Flatten(), nn.Linear(32 * (SIZE // 4) ** 2, 10)), neurons()),
    )
    with torch.no_grad():
        for parameter in layers.parameters():
            if parameter.dim() > 1:
                parameter.mul_(5)  # or its layers would hardly spike
    x = (torch.rand(steps, BATCH, 2, SIZE, SIZE) < 0.2).float()
    return LoadedNetwork("benchmark", "benchmark", layers), x


def passes(mode: str, steps: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """A pass alone, and one with counting."""
    from network.accounting.count import count_network

    loaded, x = network(mode, steps)

    def alone() -> object:
        with torch.no_grad():
            return loaded.run(x)  # type: ignore[attr-defined]

    return alone, lambda: count_network(loaded, x)  # type: ignore[arg-type]


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def peak_MB(mode: str, steps: int, counting: bool) -> float:
    """Peak memory of a process that runs one pass."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_peak, (mode, steps, counting))


def _peak(mode: str, steps: int, counting: bool) -> float:
    torch.set_num_threads(1)
    for run in passes(mode, 1):  # what both import is not counted
        run()
    passes(mode, steps)[counting]()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for mode, name in (("m", "all steps at once"), ("s", "step by step")):
        alone, counting = passes(mode, options.steps)
        counts = counting()
        updates = sum(layer.updates for layer in counts.neurons)  # type: ignore[attr-defined]
        spikes = sum(layer.spikes for layer in counts.neurons)  # type: ignore[attr-defined]
        both = [(seconds(alone), seconds(counting)) for _ in range(options.rounds)]
        bare, counted = (min(column) for column in zip(*both, strict=True))
        print(
            f"{name}: {updates:,} neuron-steps, {spikes:,} spikes; {1e3 * bare:.1f} ms of CPU time, with counting "
            f"{1e3 * counted:.1f} ms: {100 * (counted / bare - 1):+.0f} % (goal {100 * GOAL:.0f} %)"
        )
        for steps in MEMORY_STEPS:
            bare, counted = (peak_MB(mode, steps, chosen) for chosen in (False, True))
            print(f"  {steps} steps: peak {bare:.0f} MB, with counting {counted:.0f} MB: {counted - bare:+.1f} MB")


if __name__ == "__main__":
    main()

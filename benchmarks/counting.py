"""What counting adds to a network's forward pass, in time and in memory.

    python benchmarks/counting.py [--rounds 40]

Two convolutional spiking networks of about a million neuron-steps per batch: that of Fang et al. (ICCV 2021) for images
of 28 x 28, with 128 channels, and a light one with 16 and 32, in which there is least to do beside counting; fed all
steps at once and step by step. The pass alone and the pass with every layer counted take turns in one run, each the
best of several in CPU seconds, since the machine may be shared. The goal is an overhead of at most 30 %. Memory: the
light network in a process of its own at several numbers of steps, the peak with counting less the peak without.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import resource
import time
from collections.abc import Callable

import torch
from torch import nn

GOAL = 0.30
BATCH = 2
MEMORY_STEPS = (20, 80, 320)


def network(name: str, mode: str, steps: int | None = None) -> tuple[object, torch.Tensor]:
    """A network, loaded, and its input; mode ``m`` takes all steps at once, ``s`` one."""
    from network.foreign.network import LoadedNetwork
    from network.models.frames import OverTime
    from network.neurons.lif import LIFNeuron

    torch.manual_seed(0)
    inputs, channels, size, usual = {"published": (1, (128, 128), 28, 4), "light": (2, (16, 32), 32, 20)}[name]

    def over(*layers: nn.Module) -> nn.Module:
        return OverTime(*layers) if mode == "m" else nn.Sequential(*layers)

    parts: list[nn.Module] = []
    before = inputs
    for number in channels:
        parts += [over(nn.Conv2d(before, number, 3, padding=1, bias=False), nn.BatchNorm2d(number))]
        parts += [LIFNeuron(step_mode="m" if mode == "m" else "s"), over(nn.MaxPool2d(2))]
        before = number
    widths = (before * (size // 4) ** 2, *((2048,) if name == "published" else ()), 10)
    for i, (wide, narrow) in enumerate(itertools.pairwise(widths)):
        parts += [over(*((nn.Flatten(),) if i == 0 else ()), nn.Linear(wide, narrow, bias=False))]
        parts += [LIFNeuron(step_mode="m" if mode == "m" else "s")]
    layers = nn.Sequential(*parts)
    with torch.no_grad():
        for parameter in layers.parameters():
            if parameter.dim() > 1:
                parameter.mul_(5)  # or its layers would hardly spike
    x = (torch.rand(steps or usual, BATCH, inputs, size, size) < 0.2).float()
    return LoadedNetwork("benchmark", "benchmark", layers), x


def passes(name: str, mode: str, steps: int | None = None) -> tuple[Callable[[], object], Callable[[], object]]:
    """A pass alone, and one with counting."""
    from network.accounting.counting.count import count_network

    loaded, x = network(name, mode, steps)

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
    for run in passes("light", mode, 1):  # what both import is not counted
        run()
    passes("light", mode, steps)[counting]()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, mode in itertools.product(("published", "light"), "ms"):
        alone, counting = passes(name, mode)
        counts = counting()
        updates = sum(layer.updates for layer in counts.neurons)  # type: ignore[attr-defined]
        spikes = sum(layer.spikes for layer in counts.neurons)  # type: ignore[attr-defined]
        both = [(seconds(alone), seconds(counting)) for _ in range(options.rounds)]
        bare, counted = (min(column) for column in zip(*both, strict=True))
        print(
            f"{name}, {'all steps at once' if mode == 'm' else 'step by step'}: {updates:,} neuron-steps, {spikes:,} "
            f"spikes; {1e3 * bare:.1f} ms of CPU time, with counting {1e3 * counted:.1f} ms: "
            f"{100 * (counted / bare - 1):+.0f} % (goal {100 * GOAL:.0f} %)"
        )
    for mode, steps in itertools.product("ms", MEMORY_STEPS):
        bare, counted = (peak_MB(mode, steps, chosen) for chosen in (False, True))
        feed = "all steps at once" if mode == "m" else "step by step"
        print(
            f"light, {feed}, {steps} steps: peak {bare:.0f} MB, with counting {counted:.0f} MB ({counted - bare:+.1f})"
        )


if __name__ == "__main__":
    main()

"""Forward and backward of the differential layer beside a plain time loop and a LIF layer of the same shape.

    python benchmarks/differential_layer.py [--shape 50 16 2 128 128] [--neurons 16] [--density 0.089] [--compute cuda]

(a) a loop over the steps that samples with torch.binomial; (b) the multi-step LIFNode of SpikingJelly if it is
installed, otherwise the same neuron in plain torch; last, the layer without its compiled loops. The goal is 10 times
(a) and faster than (b). After a first run the best of several is taken, in CPU seconds too, since the machine may be
shared; the gradient that comes in is made beforehand. Peak memory is what the process grew by, beside the bytes of the
input. The floor is what reading the input, writing the output, reading its gradient and writing the input's takes.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import math
import multiprocessing
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

GOAL = 10.0


def loop_layer(volts: torch.Tensor, neurons: int) -> torch.Tensor:
    """(a) Step by step: compact model, torch.binomial, straight-through gradient."""
    from ipcircuit.compact.thermal_mtj.neuron import firing_probability, next_state, zero_state
    from network.neurons.thermal_mtj.device import load_device

    device = load_device("paper")
    theta = zero_state(device.temporal, volts[0])
    cold = zero_state(device.reference, volts[0])
    steps = []
    for amplitude in volts:
        spikes = []
        for parameters, state in ((device.reference, cold), (device.temporal, theta)):
            p = firing_probability(parameters, state, amplitude)
            drawn = torch.binomial(torch.full_like(p, neurons), p.detach()) / neurons
            spikes.append(p + (drawn - p).detach())
        steps.append(torch.cat([spikes[0], spikes[1] - spikes[0]], 1))
        theta = next_state(device.temporal, theta, amplitude)
    return torch.stack(steps)


def our_layer(volts: torch.Tensor, neurons: int) -> torch.Tensor:
    """The layer of this project."""
    from network.neurons.thermal_mtj.device import load_device
    from network.neurons.thermal_mtj.neurons import DifferentialNeuron

    return DifferentialNeuron(load_device("paper"), neurons=neurons)(volts)


def tensor_layer(volts: torch.Tensor, neurons: int) -> torch.Tensor:
    """The layer of this project without its compiled loops: what runs where numba is not installed."""
    from network.neurons.thermal_mtj import compiled

    compiled.LEAST = volts.numel() + 1
    return our_layer(volts, neurons)


def lif_layer(volts: torch.Tensor, neurons: int) -> torch.Tensor:
    """(b) One LIF neuron per input, all steps."""
    try:
        from spikingjelly.activation_based.neuron import LIFNode  # pyright: ignore[reportMissingImports]
    except ImportError:
        from network.neurons.lif import LIFNeuron

        return LIFNeuron(checked=False)(volts)
    return LIFNode(step_mode="m")(volts)


LAYERS: dict[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    "differential layer": our_layer,
    "(a) loop, torch.binomial": loop_layer,
    "(b) LIF, multi-step": lif_layer,
    "without compiled loops": tensor_layer,
}


def measure(name: str, options: argparse.Namespace, queue: Any) -> None:
    """One forward and backward in a process of its own, so that peaks do not add up."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    amplitude = 0.8 + 0.1 * torch.rand(options.shape)
    volts = torch.where(torch.rand(options.shape) < options.density, amplitude, torch.zeros(()))
    volts = volts.to(options.compute).requires_grad_()
    LAYERS[name](volts[:2, :1].detach(), options.neurons)  # imports, first calls
    del amplitude
    gc.collect()
    cuda = options.compute == "cuda"
    before = 0 if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if cuda:
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.synchronize()
    runs = [one_run(LAYERS[name], volts, options) for _ in range(options.repeats + 1)][1:]
    after = torch.cuda.max_memory_allocated() if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    best = min(runs, key=lambda run: run["wall"] if cuda else run["forward"] + run["backward"])
    queue.put({**best, "memory": after - before, "input": volts.numel() * 4})


def one_run(layer: Callable[[torch.Tensor, int], torch.Tensor], volts: torch.Tensor, options: Any) -> dict[str, float]:
    """CPU seconds forward and backward, wall-clock seconds of both."""

    def now() -> tuple[float, float]:
        if options.compute == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()

    volts.grad = None
    start = now()
    out = layer(volts, options.neurons)
    forward = now()
    gradient = torch.ones_like(out)  # left out of the time: it belongs to the layer above
    middle = now()
    out.backward(gradient)
    end = now()
    return {
        "wall": end[0] - middle[0] + forward[0] - start[0],
        "forward": forward[1] - start[1],
        "backward": end[1] - middle[1],
    }


def floor(shape: list[int], repeats: int) -> float:
    """CPU seconds to read the input and the output's gradient, and to write the output and the input's gradient."""
    size, seconds = math.prod(shape), []
    read, gradient = np.ones(size, np.float32), np.ones(2 * size, np.float32)
    for _ in range(repeats):
        start = time.process_time()
        read.max()
        np.empty(2 * size, np.float32).fill(0)
        gradient.max()
        np.empty(size, np.float32).fill(0)
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Measure all layers and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs="+", default=[50, 16, 2, 128, 128])
    parser.add_argument("--neurons", type=int, default=16)
    parser.add_argument("--density", type=float, default=0.089, help="share of inputs with a pulse (default: as DVS)")
    parser.add_argument("--compute", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    try:
        print(f"(b) is LIFNode of SpikingJelly {importlib.metadata.version('spikingjelly')}")
    except importlib.metadata.PackageNotFoundError:
        print("SpikingJelly is not installed: (b) is its LIF neuron in plain torch")
    print(f"shape {tuple(options.shape)}, N = {options.neurons}, density {options.density:g}, {options.compute}")
    context, rows = multiprocessing.get_context("spawn"), {}
    for name in LAYERS:
        queue = context.Queue()
        process = context.Process(target=measure, args=(name, options, queue))
        process.start()
        rows[name] = row = queue.get()
        process.join()
        memory = f"{row['memory'] / 2**20:8.0f} MiB, {row['memory'] / row['input']:.1f} × input"
        seconds = f"{row['forward']:8.2f} s forward {row['backward']:8.2f} s backward (CPU){row['wall']:9.2f} s wall"
        print(f"{name:28}{seconds}{memory}")
    ours, *others = rows.values()
    key = "wall" if options.compute == "cuda" else "cpu"
    time_of = [row["wall"] if key == "wall" else row["forward"] + row["backward"] for row in (ours, *others)]
    first, second = time_of[1] / time_of[0], time_of[2] / time_of[0]
    print(
        f"{key} time: {first:.1f} times faster than (a), goal {GOAL:g}: {'met' if first >= GOAL else 'missed'};"
        f" {second:.2f} times faster than (b), goal 1: {'met' if second > 1 else 'missed'}"
    )
    if options.compute == "cpu":
        least = floor(options.shape, options.repeats)
        print(f"memory floor {least:.3f} s: the layer takes {time_of[0] / least:.1f} times that")


if __name__ == "__main__":
    main()

"""Energy of any network on a GPU, per sample, measured where there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import torch

from energy.gpu.nvml import Board
from energy.gpu.turns import Progress, Protocol, Workload
from energy.gpu.whole import GpuNetworkEnergy, measure_samples
from network.accounting.gpu.run import free_memory, memory_errors, open_board, run_once, tf32_operations
from network.accounting.gpu.structure import structure_of
from network.foreign.network import LoadedNetwork


def measure_network(
    network: LoadedNetwork,
    inputs: torch.Tensor,
    protocol: Protocol | None = None,
    *,
    inputs_name: str = "inputs",
    precision: str = "fp32",
    device: str = "cuda",
    board: Board | None = None,
    progress: Progress | None = None,
) -> GpuNetworkEnergy:
    """Energy per sample of a whole network in inference, at every batch size of the protocol.

    Args:
        network: it is moved to `device`.
        inputs: (time, samples, *features); a larger batch repeats samples.
        protocol: of windows and batch sizes; by default 1, 2, 4 … to the optimum of throughput.
        inputs_name: for the record.
        precision: ``fp32``, or ``bf16`` by autocast.
        device: ``cuda``; another one for tests. board: open it yourself for another NVML.

    Raises:
        InputError: inputs that the network does not take, or out of memory at the first batch size.
        MissingDependencyError: no CUDA, no NVML, or a GPU without an energy counter. Never 0 J.
    """
    chosen = protocol or Protocol()
    with board or open_board(device) as opened:
        network.to(device).with_mode(False)
        with torch.inference_mode():
            network.run(inputs[:, :1].to(device))  # what does not fit the network is told before minutes of work
        return GpuNetworkEnergy(
            network=network.name,
            source=network.source,
            inputs=inputs_name,
            steps=inputs.shape[0],
            fed=network.feed if network.feed in ("steps", "repeats") else "whole",
            gpu=opened.name,
            driver=opened.driver,
            torch=str(torch.__version__),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            power_limit_W=opened.power_limit_W(),
            precision="bf16" if precision == "bf16" else "fp32",
            tf32=tf32_operations(),
            protocol=chosen,
            energies=measure_samples(opened, _workloads(network, inputs, device, precision), chosen, progress),
            structure=structure_of(network, inputs),
        )


def _workloads(network: LoadedNetwork, inputs: torch.Tensor, device: str, precision: str) -> Callable[[int], Workload]:
    """Of a batch size the inference of that many samples, which lie on the device."""

    def make(samples: int) -> Workload:
        free_memory()
        with memory_errors():
            batch = network.checked(inputs[:, torch.arange(samples) % inputs.shape[1]].to(device))
        return partial(run_once, _from_rest(network), batch, device, precision)

    return make


def _from_rest(network: LoadedNetwork) -> Callable[[torch.Tensor], object]:
    """One inference. A network that takes all steps in one call is called without the check of its input."""
    if network.feed == "steps":
        return network.run

    def call(inputs: torch.Tensor) -> object:
        network.reset()
        return network.module(network.fed(inputs))

    return call

"""Energy that the memory of a network adds on a GPU, measured where there is one: recurrent networks and R(2+1)D."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import torch
from torch import nn

from energy.compare import EventWorkload
from energy.gpu.baselines import GpuEnergy, SampleShape
from energy.gpu.increment import Increments, measure_increments
from energy.gpu.nvml import Board
from energy.gpu.turns import Progress, Protocol, Workload
from ipcircuit.errors import InputError
from network.accounting.counting.stand_in import Frames
from network.accounting.gpu.run import free_memory, memory_errors, open_board, run_once, tf32_operations
from network.models.memory import LSTM
from network.tasks.task import Task

BACKBONE, MEMORIES = "resnet18", ("resnet18_rnn", "resnet18_lstm", "r2plus1d18")
WITHOUT_MEMORY, WITH_LSTM = "without memory", "LSTM network"
LSTM_PROTOCOL = Protocol(batches=(1, 256))  # a trial at a time, as a device works, and enough to fill a GPU better
DENSITY = EventWorkload().density
SEED = 0  # of weights and frames; neither bears on the energy of dense arithmetic


def measure_networks(
    board: Board,
    networks: Mapping[str, nn.Module],
    backbone: str,
    inputs: Callable[[int], torch.Tensor],
    protocol: Protocol,
    *,
    device: str = "cuda",
    precision: str = "fp32",
    progress: Progress | None = None,
) -> Increments:
    """Increment of each network over the backbone in inference, all on the same inputs.

    Args:
        board: open, of the GPU that `device` means.
        networks: by name, the backbone among them.
        inputs: of a number of samples.
        precision: ``fp32``, or ``bf16`` by autocast.

    Raises:
        InputError: out of memory at the first batch size.
        MissingDependencyError: the counter cannot be read. Never 0 J.
    """
    on_device = {name: network.to(device).eval() for name, network in networks.items()}
    ready: dict[int, torch.Tensor] = {}

    def make(name: str, samples: int) -> Workload:
        if samples not in ready:
            ready.clear()
            free_memory()
            with memory_errors():
                ready[samples] = inputs(samples).to(device)
        return partial(run_once, on_device[name], ready[samples], device, precision)

    models = [name for name in networks if name != backbone]
    return measure_increments(board, make, backbone, models, protocol, progress)


def measure_memories(
    shape: SampleShape,
    protocol: Protocol,
    *,
    models: tuple[str, ...] = MEMORIES,
    precision: str = "fp32",
    device: str = "cuda",
    board: Board | None = None,
    progress: Progress | None = None,
) -> GpuEnergy:
    """Increments of recurrent networks and R(2+1)D over the frame-wise ResNet18, on random event frames.

    Raises:
        InputError: frames that are not square, or out of memory at the first batch size.
        MissingDependencyError: no CUDA, no NVML, or a GPU without an energy counter.
    """
    if shape.height != shape.width:
        raise InputError("networks take square frames", where="shape", found=(shape.height, shape.width))
    task = Frames(shape.channels, shape.width, shape.frames, shape.outputs)
    with board or open_board(device) as opened:
        torch.manual_seed(SEED)
        networks = {name: _network(name, task) for name in (BACKBONE, *models)}
        increments = measure_networks(
            *(opened, networks, BACKBONE, partial(_event_frames, shape), protocol),
            device=device,
            precision=precision,
            progress=progress,
        )
        return GpuEnergy(
            gpu=opened.name,
            driver=opened.driver,
            torch=str(torch.__version__),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            power_limit_W=opened.power_limit_W(),
            shape=shape,
            precision="bf16" if precision == "bf16" else "fp32",
            tf32=tf32_operations(),
            backbone=BACKBONE,
            models=models,
            protocol=protocol,
            increments=increments,
        )


def _network(name: str, task: Frames) -> nn.Module:
    """A network of the registry at full width, untrained."""
    from network.training.experiment import load_model

    stand_in: Any = task
    return load_model(name).builder(stand_in, {"width": 1.0})()


def _event_frames(shape: SampleShape, samples: int) -> torch.Tensor:
    """Frames (time, samples, channels, height, width) of the published density, at random; a few samples, repeated."""
    distinct = min(samples, 16)
    size = shape.frames, distinct, shape.channels, shape.height, shape.width
    frames = (torch.rand(size, generator=torch.Generator().manual_seed(SEED)) < DENSITY).float()
    return frames.repeat(1, -(-samples // distinct), 1, 1, 1)[:, :samples]


def measure_lstm(
    task: Task,
    protocol: Protocol = LSTM_PROTOCOL,
    *,
    device: str = "cuda",
    board: Board | None = None,
    progress: Progress | None = None,
) -> tuple[str, Increments]:
    """Name of the GPU, and what a task's LSTM network adds to a memoryless one of the same sizes (a linear layer and
    ReLU in place of the LSTM).

    Raises:
        InputError: a task that the LSTM does not take.
        MissingDependencyError: no CUDA, no NVML, or a GPU without an energy counter. Never 0 J.
    """
    network = LSTM.builder(task)()
    cell, readout = network.get_submodule("memory"), network.get_submodule("output_synapses")
    assert isinstance(cell, nn.LSTM)
    assert isinstance(readout, nn.Linear)
    layers = nn.Linear(cell.input_size, cell.hidden_size), nn.ReLU(), nn.Linear(cell.hidden_size, readout.out_features)
    networks = {WITHOUT_MEMORY: nn.Sequential(*layers), WITH_LSTM: network}

    def inputs(samples: int) -> torch.Tensor:
        return next(task.batches(samples, torch.Generator().manual_seed(SEED))).inputs

    with board or open_board(device) as opened:
        increments = measure_networks(
            opened, networks, WITHOUT_MEMORY, inputs, protocol, device=device, progress=progress
        )
        return opened.name, increments

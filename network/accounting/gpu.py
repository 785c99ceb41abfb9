"""Energy that the LSTM of a task adds on a GPU, measured where there is one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from energy.gpu import measure_energy
from ipcircuit.errors import MissingDependencyError
from network.models.memory import LSTM
from network.tasks.task import Task

BATCHES = (1, 256)  # a trial at a time, as a device works, and enough of them to fill a GPU better
WINDOW_s = 5.0


@dataclass(frozen=True)
class LstmMeasurement:
    """Board energy per trial, J: the LSTM network, the same without recurrence, and their difference.

    `relative_uncertainty` is that of the difference, from the counter's period; None if the difference is not positive,
    and then nothing is known of the increment either.
    """

    device: str
    batch: int
    network_J: float
    backbone_J: float
    increment_J: float | None
    relative_uncertainty: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def measure_lstm(
    task: Task,
    batches: Sequence[int] = BATCHES,
    *,
    seconds: float = WINDOW_s,
    device: str = "cuda",
    nvml: Any = None,
) -> list[LstmMeasurement]:
    """Inference of a task's LSTM network and of a memoryless one of the same sizes (a linear layer and ReLU in place of
    the LSTM), each for a window of `seconds`, at several batch sizes.

    Raises:
        InputError: a task that the LSTM does not take.
        MissingDependencyError: no CUDA, no NVML, or a GPU without an energy counter. Never 0 J.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise MissingDependencyError("no CUDA device here; the energy of a GPU can only be measured on one")
    network = LSTM.builder(task)().to(device).eval()
    cell, readout = network.get_submodule("memory"), network.get_submodule("output_synapses")
    assert isinstance(cell, nn.LSTM)
    assert isinstance(readout, nn.Linear)
    layers = nn.Linear(cell.input_size, cell.hidden_size), nn.ReLU(), nn.Linear(cell.hidden_size, readout.out_features)
    backbone = nn.Sequential(*layers).to(device)
    wait = torch.cuda.synchronize if device == "cuda" else None
    rows = []
    for size in batches:
        inputs = next(task.batches(size, torch.Generator().manual_seed(0))).inputs.to(device)
        of_network, of_backbone = (
            measure_energy(torch.no_grad()(partial(model, inputs)), seconds, synchronize=wait, nvml=nvml)
            for model in (network, backbone)
        )
        with_memory, without = (measured.energy_per_run_J / size for measured in (of_network, of_backbone))
        difference, known = with_memory - without, with_memory > without
        error = math.hypot(with_memory * of_network.relative_uncertainty, without * of_backbone.relative_uncertainty)
        increment = (difference, error / difference) if known else (None, None)
        rows.append(LstmMeasurement(of_network.device, size, with_memory, without, *increment))
    return rows

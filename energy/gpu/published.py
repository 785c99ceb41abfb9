"""The published GPU increments per operation: whether arithmetic can explain them.

Multiply-accumulates are counted from the shapes of the layers: the recurrent cells as PyTorch defines them, R(2+1)D-18
and ResNet18 as torchvision builds them, with another first layer for two polarities (the source says only that the
first convolution was modified). Not counted: batch normalisation, pooling, activations, and the readout, which differs
by 512 × 22 weights for the recurrent networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, cast

from energy.constants import DATA
from energy.digital import published_cell
from energy.gpu.baselines import SampleShape, load_gpu_baselines
from ipcircuit.parameters import read_parameters

BOARD = read_parameters(DATA / "gpu_boards.toml")
POWER_LIMIT, FP32_RATE, IDLE_POWER = BOARD
FEATURES = 512  # of ResNet18
Size = tuple[int, int, int]  # time, height, width


@dataclass(frozen=True)
class Counted:
    """Multiply-accumulates of a sample, and trained numbers."""

    macs: int = 0
    weights: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(self.macs + other.macs, self.weights + other.weights)

    def __sub__(self, other: Counted) -> Counted:
        return Counted(self.macs - other.macs, self.weights - other.weights)


@dataclass(frozen=True)
class PublishedIncrement:
    """A published increment per operation.

    Attributes:
        energy_J: the published increment of a sample.
        macs, weights: multiply-accumulates of a sample and trained numbers that the memory adds.
        macs_of_lstm, energy_of_lstm: both as shares of the LSTM's.
        arithmetic_J: energy of these multiply-accumulates on a board at its power limit and its highest 32-bit rate.
        time_arithmetic_s: they take at that rate. time_at_limit_s, time_at_idle_s: what the increment would last at
            the power limit, and at idle power.
        time_at_idle_per_frame_s: the latter of one frame: a recurrent step.
    """

    model: str
    gpu: str
    energy_J: float
    macs: int
    weights: int
    energy_per_mac_J: float
    macs_of_lstm: float
    energy_of_lstm: float
    arithmetic_J: float
    arithmetic_share: float
    time_arithmetic_s: float
    time_at_limit_s: float
    time_at_idle_s: float
    time_at_idle_per_frame_s: float

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def published_increments() -> list[PublishedIncrement]:
    """The published increments of RNN, LSTM and R(2+1)D per operation of a published sample."""
    shape = SampleShape()
    counted = {name: _recurrent(name, shape.frames) for name in ("RNN", "LSTM")}
    counted["R(2+1)D"] = r2plus1d18(shape) - resnet18(shape)
    published = {b.model: b for b in load_gpu_baselines()}
    lstm, rate = published["LSTM"].energy_per_sample_J, FP32_RATE.value / 2
    rows = []
    for model, count in counted.items():
        energy, arithmetic = published[model].energy_per_sample_J, count.macs * POWER_LIMIT.value / rate
        rows.append(
            PublishedIncrement(
                model,
                published[model].gpu,
                energy,
                count.macs,
                count.weights,
                energy_per_mac_J=energy / count.macs,
                macs_of_lstm=count.macs / counted["LSTM"].macs,
                energy_of_lstm=energy / lstm,
                arithmetic_J=arithmetic,
                arithmetic_share=arithmetic / energy,
                time_arithmetic_s=count.macs / rate,
                time_at_limit_s=energy / POWER_LIMIT.value,
                time_at_idle_s=energy / IDLE_POWER.value,
                time_at_idle_per_frame_s=energy / IDLE_POWER.value / shape.frames,
            )
        )
    return rows


def _recurrent(kind: str, frames: int) -> Counted:
    cell = published_cell(cast(Any, kind), frames)
    return Counted(frames * cell.macs, cell.weights)


def _convolution(size: Size, inputs: int, outputs: int, kernel: Size, stride: Size) -> tuple[Size, Counted]:
    """A convolution padded by half its kernel, with batch normalisation: size of its output, and what it counts."""
    after = tuple((n + 2 * (k // 2) - k) // s + 1 for n, k, s in zip(size, kernel, stride, strict=True))
    kernels = inputs * outputs * prod(kernel)
    return cast(Size, after), Counted(kernels * prod(after), kernels + 2 * outputs)


def _chain(size: Size, layers: Sequence[tuple[int, int, Size, Size]]) -> tuple[Size, Counted]:
    """Convolutions one after the other."""
    total = Counted()
    for layer in layers:
        size, count = _convolution(size, *layer)
        total += count
    return size, total


def _stages(size: Size, total: Counted, factored: bool) -> Counted:
    """With four stages of two basic blocks behind the stem; `factored` as R(2+1)D does it."""

    def block_layer(inputs: int, outputs: int, stride: int, width: int) -> list[tuple[int, int, Size, Size]]:
        if not factored:
            return [(inputs, outputs, (1, 3, 3), (1, stride, stride))]
        space = inputs, width, (1, 3, 3), (1, stride, stride)
        return [space, (width, outputs, (3, 1, 1), (stride, 1, 1))]

    inputs = 64
    for outputs in (64, 128, 256, 512):
        for number in range(2):
            stride = 2 if outputs != 64 and number == 0 else 1
            width = inputs * outputs * 27 // (inputs * 9 + 3 * outputs)  # as many weights as a 3 × 3 × 3 kernel
            layers = [*block_layer(inputs, outputs, stride, width), *block_layer(outputs, outputs, 1, width)]
            if stride == 2:
                time = stride if factored else 1
                total += _convolution(size, inputs, outputs, (1, 1, 1), (time, stride, stride))[1]
            size, count = _chain(size, layers)
            total, inputs = total + count, outputs
    return total


def resnet18(shape: SampleShape) -> Counted:
    """ResNet18 on every frame, with one readout of their mean."""
    size, stem = _convolution((shape.frames, shape.height, shape.width), shape.channels, 64, (1, 7, 7), (1, 2, 2))
    size, _ = _convolution(size, 1, 1, (1, 3, 3), (1, 2, 2))  # the size after the maximum of 3 × 3
    return _stages(size, stem, factored=False) + _readout(shape)


def r2plus1d18(shape: SampleShape) -> Counted:
    """R(2+1)D-18 on the whole sample."""
    size = shape.frames, shape.height, shape.width
    layers: list[tuple[int, int, Size, Size]] = [
        (shape.channels, 45, (1, 7, 7), (1, 2, 2)),
        (45, 64, (3, 1, 1), (1, 1, 1)),
    ]
    size, stem = _chain(size, layers)
    return _stages(size, stem, factored=True) + _readout(shape)


def _readout(shape: SampleShape) -> Counted:
    return Counted(FEATURES * shape.outputs, (FEATURES + 1) * shape.outputs)

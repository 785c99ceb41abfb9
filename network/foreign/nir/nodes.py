"""Torch modules of NIR's nodes, computed step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign.description import NeuronDescription, Value
from network.foreign.ideal import DescribedNeuron
from network.foreign.nir.dialects import Dialect
from network.neurons.stepping import SteppedLayer

MOST_SIZE = 2**16  # of a kernel, stride, padding or dilation
MOST_DELAY = 10_000  # steps


@dataclass(frozen=True)
class Step:
    """How a step is computed: the dialect and its length in seconds."""

    dialect: Dialect
    dt_s: float

    def share(self, tau: np.ndarray) -> np.ndarray:
        """dt / tau, what a forward Euler step takes of a difference."""
        share = self.dt_s / tau
        if self.dialect.scaled and self.dialect.dt_s is not None and (share > 1).any():
            share = share * self.dialect.dt_s
        return share


@dataclass(frozen=True)
class Node:
    """Fields of one node.

    Attributes:
        where: file and path, for messages.
        kind: its type.
        values: its fields.
    """

    where: str
    kind: str
    values: Mapping[str, Any]

    def array(self, name: str, default: float | None = None, like: np.ndarray | None = None) -> np.ndarray:
        """A field of finite numbers, float64. Raises InputError: missing without a default, or anything else."""
        value = self.values.get(name)
        if value is None and default is not None:
            value = np.full_like(like, default) if like is not None else np.asarray(default)
        try:
            array = np.asarray(value, np.float64)
        except (TypeError, ValueError):
            array = np.asarray(np.nan)
        if value is None or not np.isfinite(array).all() or not array.size:
            found = None if value is None else type(value).__name__
            problem = "missing" if value is None else "no finite numbers"
            raise InputError(problem, where=f"{self.where}: {name}", found=found, allowed=f"numbers, of {self.kind}")
        return array

    def arrays(self, names: str, defaults: Mapping[str, float]) -> list[np.ndarray]:
        """Several fields, each of one number or all of one shape. Raises InputError: of several shapes."""
        first = self.array(names.split()[0])
        arrays = [self.array(name, defaults.get(name), first) for name in names.split()]
        if len({array.shape for array in arrays if array.size > 1}) > 1:
            shapes = [array.shape for array in arrays]
            raise InputError("fields of several shapes", where=self.where, found=shapes, allowed="one shape")
        return arrays

    def whole(self, name: str, axes: int, low: int, default: int | None = None) -> tuple[int, ...]:
        """A whole number for each axis. Raises InputError: none, or out of range."""
        array = self.array(name, default)
        numbers = array.reshape(-1).repeat(axes) if array.size == 1 else array.reshape(-1)
        if (
            len(numbers) != axes
            or (numbers != numbers.round()).any()
            or not low <= numbers.min() <= numbers.max() <= (MOST_SIZE)
        ):
            allowed = f"{axes} whole numbers, {low} … {MOST_SIZE}"
            raise InputError("out of range", where=f"{self.where}: {name}", found=numbers.tolist()[:8], allowed=allowed)
        return tuple(int(number) for number in numbers)


def module_of(node: Node, step: Step, recurrent: bool) -> nn.Module:
    """The module of a node; `recurrent`: its output comes back to it. Raises InputError: of a type without counterpart,
    or with fields that cannot be."""
    if node.kind not in BUILDERS:
        allowed = ", ".join(BUILDERS)
        raise InputError("a NIR node without counterpart", where=node.where, found=node.kind, allowed=allowed)
    return BUILDERS[node.kind](node, step, recurrent)


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(array)).to(torch.get_default_dtype())


def _value(array: np.ndarray) -> Value:
    """One number where it holds for all neurons."""
    return float(array.flat[0]) if (array == array.flat[0]).all() else torch.as_tensor(array)


def _filled(module: nn.Module, weight: np.ndarray, bias: np.ndarray | None) -> nn.Module:
    """A module that was made without memory, with these weights."""
    state = {"weight": _tensor(weight)} | ({} if bias is None else {"bias": _tensor(bias)})
    module.load_state_dict(state, assign=True)
    return module


class StackedLinear(nn.Module):
    """A weight matrix for each of the leading axes: (batch, …, in) to (batch, …, out)."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.einsum("...oi,...i->...o", self.weight, x)
        return out if self.bias is None else out + self.bias


def _linear(node: Node, _: Step, __: bool) -> nn.Module:
    weight = node.array("weight")
    bias = node.array("bias") if node.kind == "Affine" else None
    if weight.ndim < 2 or (bias is not None and bias.shape not in (weight.shape[:-1], (1,), ())):
        found = [weight.shape] if bias is None else [weight.shape, bias.shape]
        raise InputError("weights of the wrong shape", where=node.where, found=found, allowed="(out, in) and (out,)")
    if bias is not None:
        bias = np.broadcast_to(bias, weight.shape[:-1])
    if weight.ndim > 2:
        return StackedLinear(_tensor(weight), None if bias is None else _tensor(bias))
    outputs, inputs = weight.shape
    return _filled(nn.Linear(inputs, outputs, bias is not None, device="meta"), weight, bias)


def _convolution(axes: int, kind: Callable[..., nn.Module]) -> Callable[[Node, Step, bool], nn.Module]:
    def build(node: Node, _: Step, __: bool) -> nn.Module:
        weight = node.array("weight")
        (groups,) = node.whole("groups", 1, 1, 1)
        bias = node.array("bias", 0.0, weight.reshape(len(weight), -1)[:, 0])
        if weight.ndim != axes + 2 or len(weight) % groups or bias.shape != (len(weight),):
            allowed = f"(out, in / groups{', size' * axes}) and (out,)"
            found = [weight.shape, bias.shape]
            raise InputError("weights of the wrong shape", where=node.where, found=found, allowed=allowed)
        stride, dilation = node.whole("stride", axes, 1), node.whole("dilation", axes, 1)
        padding = node.values.get("padding")
        if isinstance(padding, str):
            if padding not in ("same", "valid") or (padding == "same" and max(stride) > 1):
                place = f"{node.where}: padding"
                raise InputError("cannot be", where=place, found=padding, allowed="valid, or same with stride 1")
        else:
            padding = node.whole("padding", axes, 0)
        outputs, inputs, *size = weight.shape
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "device": "meta"}
        return _filled(kind(inputs * groups, outputs, tuple(size), **options), weight, bias)

    return build


def _pool(node: Node, _: Step, __: bool) -> nn.Module:
    sizes: tuple[Any, ...] = tuple(
        node.whole(n, 2, low) for n, low in (("kernel_size", 1), ("stride", 1), ("padding", 0))
    )
    size, stride, padding = sizes
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise InputError("more than half the kernel", where=f"{node.where}: padding", found=padding, allowed=str(size))
    return nn.AvgPool2d(size, stride, padding, divisor_override=1 if node.kind == "SumPool2d" else None)


def _flatten(node: Node, _: Step, __: bool) -> nn.Module:
    """Axes of a sample, without the batch's."""
    axes = []
    for name, default in (("start_dim", 1), ("end_dim", -1)):
        value = float(node.array(name, default))
        if value != round(value) or abs(value) > 64:
            raise InputError("no axis", where=f"{node.where}: {name}", found=value, allowed="a whole number")
        axes.append(int(value) + (value >= 0))
    return nn.Flatten(*axes)


class DelayLine(SteppedLayer):
    """Each input so many steps later; 0 before."""

    def __init__(self, steps: torch.Tensor) -> None:
        super().__init__("s")
        self.register_buffer("steps", steps.long(), persistent=False)
        self.length = int(steps.max()) + 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        past = [x, *(self.state or ())][: self.length]
        self.state = past
        padded = torch.stack([*past, *[torch.zeros_like(x)] * (self.length - len(past))])
        index = self.get_buffer("steps").expand_as(x).unsqueeze(0)
        return padded.gather(0, index)[0]


def _delay(node: Node, step: Step, _: bool) -> nn.Module:
    steps = node.array("delay") / step.dt_s
    if (abs(steps - steps.round()) > 1e-3 * np.maximum(1, abs(steps))).any() or not 0 <= steps.min() <= steps.max() <= (
        MOST_DELAY
    ):
        allowed = f"whole numbers of steps of {step.dt_s:g} s, up to {MOST_DELAY}"
        raise InputError(
            "cannot be", where=f"{node.where}: delay", found=steps.reshape(-1)[:4].tolist(), allowed=allowed
        )
    return DelayLine(torch.as_tensor(steps.round()))


_NEURONS = {  # their fields, that of the membrane's time constant first
    "I": "r",
    "IF": "r v_threshold v_reset",
    "LI": "tau r v_leak",
    "LIF": "tau r v_leak v_threshold v_reset",
    "CubaLI": "tau_mem tau_syn r v_leak w_in",
    "CubaLIF": "tau_mem tau_syn r v_leak v_threshold v_reset w_in",
    "Threshold": "threshold",
}


def _neuron(node: Node, step: Step, recurrent: bool) -> nn.Module:
    names = _NEURONS[node.kind]
    arrays = node.arrays(names, {"v_reset": 0.0, "w_in": 1.0})
    fields = dict(zip(names.split(), arrays, strict=True))
    dialect, cuba = step.dialect, node.kind.startswith("Cuba")
    rate, jump = _shares(node, step, fields)
    spiking = "v_threshold" in fields or node.kind == "Threshold"
    threshold = fields.get("v_threshold", fields.get("threshold"))
    resets = spiking and node.kind != "Threshold"
    gain = fields.get("r", np.asarray(1.0)) * (rate if "v_leak" in fields else _integrated(node, step))
    description = NeuronDescription(
        "nir",
        node.kind,
        node.kind,
        spiking=spiking,
        decay=0.0 if node.kind == "Threshold" else _value(1 - rate),
        input_gain=_value(np.asarray(gain)),
        rest=_value(fields["v_leak"]) if "v_leak" in fields else 0.0,
        threshold=None if threshold is None else _value(threshold),
        synaptic_decay=_value(1 - jump) if cuba else None,
        synaptic_gain=_value(fields["w_in"] * (1.0 if dialect.jumps else jump)) if cuba else 1.0,
        reset="none" if not resets else "subtract" if dialect.subtracts else "zero",
        reset_value=_value(fields["v_reset"]) if resets and not dialect.subtracts else 0.0,
        reset_delayed=resets and dialect.subtracts,
        inclusive=dialect.inclusive,
        refractory_steps=1.0 if resets and dialect.input_lost and (cuba or recurrent) else 0.0,
        dt_s=step.dt_s,
    )
    return DescribedNeuron(description, "s")


def _shares(node: Node, step: Step, fields: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """dt / tau of the membrane and of the synaptic current, 0 where there is none. Raises InputError: above 1."""
    shares = []
    for name in ("tau_mem" if "tau_mem" in fields else "tau", "tau_syn"):
        if name not in fields:
            shares.append(np.asarray(0.0))
            continue
        share = step.share(fields[name]) if (fields[name] > 0).all() else np.asarray(math.inf)
        if not (share <= 1 + 1e-6).all():
            problem = f"a time constant shorter than the step of {step.dt_s:g} s"
            least, allowed = float(fields[name].min()), "dt_s of the network, or the dialect of the tool that wrote it"
            raise InputError(problem, where=f"{node.where}: {name}", found=least, allowed=allowed)
        shares.append(np.minimum(share, 1.0))
    return shares[0], shares[1]


def _integrated(node: Node, step: Step) -> float:
    """Of an input, in a step without a leak: dt of the equation; Norse adds the input as it is."""
    return 1.0 if node.kind == "Threshold" or step.dialect.jumps else step.dt_s


BUILDERS: Mapping[str, Callable[[Node, Step, bool], nn.Module]] = {
    "Input": lambda *_: nn.Identity(),
    "Output": lambda *_: nn.Identity(),
    "Affine": _linear,
    "Linear": _linear,
    "Scale": lambda node, *_: Scale(_tensor(node.array("scale"))),
    "Conv1d": _convolution(1, nn.Conv1d),
    "Conv2d": _convolution(2, nn.Conv2d),
    "SumPool2d": _pool,
    "AvgPool2d": _pool,
    "Flatten": _flatten,
    "Delay": _delay,
    **dict.fromkeys(_NEURONS, _neuron),
}
"""What makes the module of a node, by its type."""


class Scale(nn.Module):
    """Inputs times a factor each."""

    def __init__(self, scale: torch.Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale

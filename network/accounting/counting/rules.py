"""Rules of operators: what torch's own calls cost, by the operator.

A rule gets the mode, which knows the innermost module that runs, the operator's arguments and its output.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from network.accounting.counting.met import accumulate, met_by
from network.accounting.counting.weights import Axis, Fan, fan_along
from network.neurons.content import nonzeros

if TYPE_CHECKING:
    from network.accounting.counting.operators import Operators

Rule = Callable[["Operators", Any, Any], None]
NEURON = "neuron"  # role of a module in the stack


def _product(mode: Operators, left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> None:
    index = mode.weight(left, right)
    if index is None:
        mode.skip("a product of two computed tensors, as in attention")
    elif index == 1:
        mode.synapses(right, left, Fan(None, right.shape[-1]), left.numel() // left.shape[-1], out)
    else:
        mode.synapses(left, right, Fan(None, left.shape[-2]), right.numel() // right.shape[-2], out)


def _linear(mode: Operators, args: Any, out: torch.Tensor) -> None:
    x, weight = args[:2]
    if mode.weight(weight) is None:
        mode.skip("a product of two computed tensors, as in attention")
        return
    row = mode.synapses(weight, x, Fan(None, weight.shape[0]), x.numel() // x.shape[-1], out)
    row.add(biases=out.numel() if len(args) > 2 and args[2] is not None else 0)


def _convolution(mode: Operators, args: Any, out: torch.Tensor) -> None:
    x, weight, bias, stride, padding, dilation, transposed, added, groups = args[:9]
    if mode.weight(weight) is None:
        mode.skip("a convolution with computed weights")
        return
    extra = added if transposed else [None] * len(stride)
    along = tuple(
        Axis(k, s, p, p, d, "zeros", a)
        for k, s, p, d, a in zip(weight.shape[2:], stride, padding, dilation, extra, strict=True)
    )
    outputs = weight.shape[1] if transposed else weight.shape[0] // groups
    row = mode.synapses(weight, x, fan_along(along, tuple(x.shape[2:]), outputs), x.shape[0], out)
    row.add(biases=out.numel() if bias is not None else 0)


def _sum_of_two(mode: Operators, args: Any, out: torch.Tensor, sign: int = 1) -> None:
    x, y = args[:2]
    both = isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor) and x.shape == y.shape and x.numel() > 1
    if not both or mode.within(NEURON) or mode.weight(x, y) is not None:
        return
    if x.data_ptr() == out.data_ptr():
        x = x - sign * y  # as it was before
    row = mode.counter.row(mode.name("additions"), None, form="additions", whole=True, module="add")
    mode.settle(row, x, out)
    met = nonzeros(x.bool() & y.bool())
    nonzero = nonzeros(x) + nonzeros(y)
    row.add(operations=met, additions=met, nonzero=nonzero, dense=x.numel())


def _element_product(mode: Operators, args: Any, out: torch.Tensor) -> None:
    x, y = args[:2]
    if not (isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor)) or mode.stack[-1][2] == NEURON:
        return
    index, (_, module) = mode.weight(x, y), mode.place
    if type(module).__name__ == "RecurrentOneToOne":  # snnTorch: a weight for each neuron's own spikes
        spikes = y if index == 0 else x
        name = mode.place[0]
        mode.counter.seen.add(name)
        row = mode.counter.row(name, module, whole=True)
        mode.settle(row, spikes, out)
        accumulate(row, spikes, Fan(None, 1))
    elif index is not None:
        mode.skip("a product with a fixed or trained tensor")
    elif x.shape == y.shape and x.numel() > 1 and not mode.within(NEURON):
        mode.skip("an element-wise product of two computed tensors")


def _activation(mode: Operators, args: Any, out: torch.Tensor) -> None:
    if mode.within(NEURON):
        return
    row = mode.counter.row(mode.name("activation"), mode.place[1], form="activations")
    mode.settle(row, out, out)
    row.add(nonzero=nonzeros(out), operations=out.numel())


def _reduction(mode: Operators, args: Any, out: Any) -> None:
    """Mean or sum over axes: every number that is not 0 is added once."""
    if not mode.within(NEURON) and isinstance(out, torch.Tensor) and out.numel() < args[0].numel():
        _pooled(mode, args[0], Fan(None, 1), out, "mean", averaged=True)


def _pooled(mode: Operators, x: torch.Tensor, fan: Fan, out: torch.Tensor, what: str, *, averaged: bool) -> None:
    kind: dict[str, Any] = {} if averaged else {"whole": None, "nonzero": None}
    row = mode.counter.row(mode.name(what), mode.place[1], **{"form": "pooling", "whole": True, "parameters": 0} | kind)
    mode.settle(row, x, out)
    dense = fan.dense(x.numel())
    if averaged:
        nonzero = nonzeros(x)
        met = met_by(x, nonzero, fan)
        row.add(nonzero=nonzero, operations=met, additions=met, dense=dense)
    else:  # a maximum looks at all of its window
        row.add(operations=dense, dense=dense)


def _windows(*, averaged: bool, dimensions: int) -> Callable[..., None]:
    def rule(mode: Operators, args: Any, out: Any) -> None:
        x, kernel = args[:2]
        stride = args[2] if len(args) > 2 and args[2] else kernel
        padding = args[3] if len(args) > 3 else 0
        dilation = args[4] if not averaged and len(args) > 4 else 1
        y = out[0] if isinstance(out, tuple) else out
        sizes = tuple(_each(value, dimensions) for value in (kernel, stride, padding, dilation))
        fan = _window_fan(*sizes, tuple(x.shape[-dimensions:]), tuple(y.shape[-dimensions:]))
        _pooled(mode, x, fan, y, "pooling", averaged=averaged)

    return rule


@lru_cache(maxsize=256)
def _window_fan(*sizes: tuple[int, ...]) -> Fan:
    """Windows that each place is in: kernel, stride, padding, dilation, lengths in and out of every axis."""
    along = tuple(
        Axis(k, s, p, (n - 1) * s + d * (k - 1) + 1 - m - p, d) for k, s, p, d, m, n in zip(*sizes, strict=True)
    )
    return fan_along(along, sizes[4])


def _each(value: Any, number: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return values * number if len(values) == 1 else values


def _adaptive(mode: Operators, args: Any, out: Any) -> None:
    x, y = args[0], out[0] if isinstance(out, tuple) else out
    number = len(args[1]) if isinstance(args[1], list | tuple) else 1
    taps = torch.ones((), dtype=torch.long)
    for size, outputs in zip(x.shape[-number:], y.shape[-number:], strict=True):
        reads = [range(i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs)]
        taps = taps[..., None] * torch.bincount(torch.tensor([p for read in reads for p in read]), minlength=size)
    _pooled(mode, x, Fan(taps, 1), y, "pooling", averaged="max" not in str(mode.place[1]).lower())


def _normalised(mode: Operators, args: Any, out: Any) -> None:
    x, training = args[0], next((a for a in args if isinstance(a, bool)), False)
    path, module = mode.place
    if training:
        mode.skip("normalisation by the statistics of its own input")
    elif x.untyped_storage().data_ptr() == mode.weighted and mode.row is not None:
        mode.counter.folded.setdefault(path, type(module).__name__)
        mode.counter.seen.add(path)
        if not mode.row.biases or mode.row.layer in mode.counter.shifted:
            mode.counter.shifted.add(mode.row.layer)
            mode.row.add(biases=x.numel())
    else:
        mode.skip("normalisation that follows no layer with weights")


def _named(reason: str) -> Callable[..., None]:
    def rule(mode: Operators, args: Any, out: Any) -> None:
        if not mode.within(NEURON):
            mode.skip(reason)

    return rule


_ACTIVATIONS = (
    "relu relu_ leaky_relu leaky_relu_ _prelu_kernel elu elu_ hardtanh hardtanh_ threshold threshold_ sigmoid sigmoid_ "
    "tanh tanh_ gelu silu silu_ softplus mish hardswish hardsigmoid log_sigmoid_forward"
)
_ATTENTION = (
    "_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_attention_math "
    "_scaled_dot_product_flash_attention _scaled_dot_product_efficient_attention _native_multi_head_attention "
    "_transformer_encoder_layer_fwd"
)
_NORMALISED = "native_batch_norm cudnn_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training"


def _all(names: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


RULES: dict[str, Rule] = {  # by the operator's name in torch.ops.aten
    **_all("mm bmm", lambda mode, args, out: _product(mode, args[0], args[1], out)),
    **_all("addmm baddbmm", lambda mode, args, out: _product(mode, args[1], args[2], out)),
    "linear": _linear,
    "convolution": _convolution,
    **_all("add add_", _sum_of_two),
    **_all("sub sub_", lambda mode, args, out: _sum_of_two(mode, args, out, -1)),
    **_all("mul mul_", _element_product),
    **_all(_ACTIVATIONS, _activation),
    **_all("mean sum", _reduction),
    "avg_pool1d": _windows(averaged=True, dimensions=1),
    "avg_pool2d": _windows(averaged=True, dimensions=2),
    "avg_pool3d": _windows(averaged=True, dimensions=3),
    "max_pool2d_with_indices": _windows(averaged=False, dimensions=2),
    "max_pool3d_with_indices": _windows(averaged=False, dimensions=3),
    **_all("adaptive_avg_pool1d _adaptive_avg_pool2d _adaptive_avg_pool3d", _adaptive),
    **_all("adaptive_max_pool2d adaptive_max_pool3d", _adaptive),
    **_all(_NORMALISED, _normalised),
    **_all("native_layer_norm native_group_norm _fused_rms_norm", _named("normalisation of each sample")),
    **_all("_softmax _log_softmax", _named("softmax")),
    **_all(_ATTENTION, _named("attention")),
    "embedding": _named("a look-up in a table"),
    **_all("_fft_r2c _fft_c2c _fft_c2r", _named("a Fourier transform")),
    **_all("dot mv addmv addbmm _trilinear", _named("a product that is not counted")),
}

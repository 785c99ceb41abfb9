"""Rules of operators: what torch's own calls cost, by the operator.

A rule gets the mode, which knows the innermost module that runs, the operator's arguments and its output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from network.accounting.counting.weights import Axis, Fan, accumulate, activity, uses

if TYPE_CHECKING:
    from network.accounting.counting.operators import Operators

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
    row = mode.synapses(weight, x, Fan(uses(along, x.shape[2:]), outputs), x.shape[0], out)
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
    met = int(torch.count_nonzero((x != 0) & (y != 0)))
    nonzero = int(torch.count_nonzero(x)) + int(torch.count_nonzero(y))
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
    row.add(nonzero=int(torch.count_nonzero(out)), operations=out.numel())


def _reduction(mode: Operators, args: Any, out: Any) -> None:
    """Mean or sum over axes: every number that is not 0 is added once."""
    if not mode.within(NEURON) and isinstance(out, torch.Tensor) and out.numel() < args[0].numel():
        _pooled(mode, args[0], None, out, "mean", averaged=True)


def _pooled(
    mode: Operators, x: torch.Tensor, taps: torch.Tensor | None, out: torch.Tensor, what: str, *, averaged: bool
) -> None:
    row = mode.counter.row(
        mode.name(what), mode.place[1], form="pooling", whole=True if averaged else None, parameters=0
    )
    mode.settle(row, x, out)
    fan = Fan(taps, 1)
    content = activity((x != 0).float(), fan)
    added = content.met if averaged else 0
    row.add(nonzero=content.nonzero, operations=content.met, additions=added, dense=fan.dense(x.numel()))


def _windows(*, averaged: bool, dimensions: int) -> Callable[..., None]:
    def rule(mode: Operators, args: Any, out: Any) -> None:
        x, kernel = args[:2]
        stride = args[2] if len(args) > 2 and args[2] else kernel
        padding = args[3] if len(args) > 3 else 0
        dilation = args[4] if not averaged and len(args) > 4 else 1
        y = out[0] if isinstance(out, tuple) else out
        sizes = (_each(value, dimensions) for value in (kernel, stride, padding, dilation))
        spatial = zip(*sizes, x.shape[-dimensions:], y.shape[-dimensions:], strict=True)
        along = tuple(Axis(k, s, p, (n - 1) * s + d * (k - 1) + 1 - m - p, d) for k, s, p, d, m, n in spatial)
        _pooled(mode, x, uses(along, x.shape[-dimensions:]), y, "pooling", averaged=averaged)

    return rule


def _each(value: Any, number: int) -> list[int]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    return values * number if len(values) == 1 else values


def _adaptive(mode: Operators, args: Any, out: Any) -> None:
    x, y = args[0], out[0] if isinstance(out, tuple) else out
    number = len(args[1]) if isinstance(args[1], list | tuple) else 1
    taps = torch.ones((), dtype=torch.long)
    for size, outputs in zip(x.shape[-number:], y.shape[-number:], strict=True):
        reads = [range(i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs)]
        taps = taps[..., None] * torch.bincount(torch.tensor([p for read in reads for p in read]), minlength=size)
    _pooled(mode, x, taps, y, "pooling", averaged="max" not in str(mode.place[1]).lower())


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


aten = torch.ops.aten

RULES: dict[Any, Callable[[Operators, Any, Any], None]] = {
    aten.mm: lambda mode, args, out: _product(mode, args[0], args[1], out),
    aten.bmm: lambda mode, args, out: _product(mode, args[0], args[1], out),
    aten.addmm: lambda mode, args, out: _product(mode, args[1], args[2], out),
    aten.baddbmm: lambda mode, args, out: _product(mode, args[1], args[2], out),
    aten.linear: _linear,
    aten.convolution: _convolution,
    **dict.fromkeys((aten.add, aten.add_), _sum_of_two),
    **dict.fromkeys((aten.sub, aten.sub_), lambda mode, args, out: _sum_of_two(mode, args, out, -1)),
    **dict.fromkeys((aten.mul, aten.mul_), _element_product),
    **dict.fromkeys(
        (
            *(
                aten.relu,
                aten.relu_,
                aten.sigmoid,
                aten.sigmoid_,
                aten.tanh,
                aten.tanh_,
                aten.gelu,
                aten.silu,
                aten.silu_,
            ),
            *(aten.leaky_relu, aten.leaky_relu_, aten.elu, aten.elu_, aten.hardtanh, aten.hardtanh_, aten.softplus),
            *(
                aten.hardswish,
                aten.hardsigmoid,
                aten.mish,
                aten.log_sigmoid_forward,
                aten._prelu_kernel,
                aten.threshold,
            ),
        ),
        _activation,
    ),
    **dict.fromkeys((aten.mean, aten.sum), _reduction),
    aten.avg_pool1d: _windows(averaged=True, dimensions=1),
    aten.avg_pool2d: _windows(averaged=True, dimensions=2),
    aten.avg_pool3d: _windows(averaged=True, dimensions=3),
    aten.max_pool2d_with_indices: _windows(averaged=False, dimensions=2),
    aten.max_pool3d_with_indices: _windows(averaged=False, dimensions=3),
    **dict.fromkeys((aten._adaptive_avg_pool2d, aten._adaptive_avg_pool3d, aten.adaptive_avg_pool1d), _adaptive),
    **dict.fromkeys((aten.adaptive_max_pool2d, aten.adaptive_max_pool3d), _adaptive),
    **dict.fromkeys(
        (aten.native_batch_norm, aten._native_batch_norm_legit, aten._native_batch_norm_legit_no_training), _normalised
    ),
    **dict.fromkeys((aten.native_layer_norm, aten.native_group_norm), _named("normalisation of each sample")),
    **dict.fromkeys((aten._softmax, aten._log_softmax), _named("softmax")),
    **dict.fromkeys(
        (
            *(aten._scaled_dot_product_flash_attention_for_cpu, aten._scaled_dot_product_attention_math),
            *(aten._scaled_dot_product_flash_attention, aten._scaled_dot_product_efficient_attention),
            *(aten._native_multi_head_attention, aten._transformer_encoder_layer_fwd),
        ),
        _named("attention"),
    ),
    aten.embedding: _named("a look-up in a table"),
    **dict.fromkeys((aten._fft_r2c, aten._fft_c2c, aten._fft_c2r), _named("a Fourier transform")),
    **dict.fromkeys((aten.dot, aten.mv, aten.addmv, aten.addbmm), _named("a product that is not counted")),
}

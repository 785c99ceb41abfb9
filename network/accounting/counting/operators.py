"""What a network computes between its layers, operator by operator, as torch runs it.

Layers that are modules count by hooks. Here is what they do not show: products with a weight in a module's own code
(recurrent neurons of Norse), sums of two layers' outputs, activations and pooling; and what is not counted is named.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from network.accounting.counting import rules
from network.accounting.counting.met import accumulate
from network.accounting.counting.recurrent import RECURRENT
from network.accounting.counting.rules import NEURON
from network.accounting.counting.weights import Fan, Synapses

if TYPE_CHECKING:
    from network.accounting.counting.counter import EventCounter

_FREE = (  # layers of torch that move numbers, or do nothing at inference
    *(nn.Identity, nn.Flatten, nn.Unflatten, nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle, nn.Fold, nn.Unfold),
    *(nn.modules.dropout._DropoutNd, nn.modules.padding._ConstantPadNd, nn.modules.padding._ReflectionPadNd),
    *(nn.modules.padding._ReplicationPadNd, nn.modules.padding._CircularPadNd),
)
_PLAIN, _LAYER = "plain", "layer"


class Operators(TorchDispatchMode):
    """Counts operators outside of layers that count by themselves, for as long as it is entered."""

    def __init__(self, counter: EventCounter) -> None:
        super().__init__()
        self.counter = counter
        self.stack: list[tuple[str, nn.Module, str]] = []
        self.weighted = 0  # storage of the last sums of weights, and their row: normalisation behind them is folded
        self.row: Any = None
        self._hooks = contextlib.ExitStack()
        self._looks_away: list[Any] = []  # while layers run that count by themselves
        self._rules: dict[Any, Any] = {}
        self._known: set[str] = set()  # leaves that were looked at
        named = [*counter.model.named_parameters(), *counter.model.named_buffers()]
        self.weights = {t.untyped_storage().data_ptr(): (path, t) for path, t in named if t.numel() > 1}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing here is compiled; torch would import its compiler, for seconds, to keep it out."""
        return False

    def __enter__(self) -> Operators:
        for path, module in self.counter.model.named_modules():
            neuron = module in self.counter.neurons
            role = NEURON if neuron else _LAYER if isinstance(module, Synapses | RECURRENT) else _PLAIN
            entry = path, module, role
            closed = role == _LAYER or (neuron and not _weighs(module))
            self._hooks.callback(module.register_forward_pre_hook(self._pusher(entry, closed)).remove)
            self._hooks.callback(module.register_forward_hook(self._popper(closed), always_call=True).remove)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        self._hooks.close()
        super().__exit__(*error)

    def _pusher(self, entry: tuple[str, nn.Module, str], closed: bool) -> Callable[..., None]:
        def push(module: nn.Module, inputs: Any) -> None:
            self.stack.append(entry)
            if closed:  # every operator that is looked at takes some microseconds
                self._looks_away.append(torch._C._DisableTorchDispatch())

        return push

    def _popper(self, closed: bool) -> Callable[..., None]:
        def pop(module: nn.Module, inputs: Any, output: Any) -> None:
            path, _, role = self.stack.pop()
            if role == _LAYER and isinstance(output, torch.Tensor):
                self.weighted = output.untyped_storage().data_ptr()
                self.row = self.counter.rows.get(self.counter.names[module])
            elif role == _PLAIN and path not in self._known:
                self._known.add(path)
                if not any(True for _ in module.children()):
                    self._leaf(path, module, inputs, output)
            if closed:
                self._looks_away.pop()

        return pop

    def _leaf(self, path: str, module: nn.Module, inputs: Any, output: Any) -> None:
        """Name a layer without parts that is known by nothing that it did."""
        known = any(name == path or name.startswith(f"{path}.") for name in self.counter.rows)
        if known or isinstance(module, _FREE) or (inputs and output is inputs[0]):
            return
        if path not in self.counter.seen:
            self.counter.skip(path, type(module).__name__, "a layer that is not known")

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func not in self._rules:
            self._rules[func] = rules.RULES.get(func.overloadpacket.__name__)
        rule = self._rules[func]
        if rule is not None and self.stack:
            rule(self, args, out)
        return out

    def within(self, role: str) -> bool:
        """Whether a module of this role runs."""
        return any(entry[2] == role for entry in self.stack)

    @property
    def place(self) -> tuple[str, nn.Module]:
        """Path and module of the innermost module that runs."""
        path, module, _ = self.stack[-1]
        return path, module

    def name(self, what: str) -> str:
        """Name of a row for what the innermost module does: its own, if it does nothing else."""
        path, module, role = self.stack[-1]
        if path and role == _PLAIN and not any(True for _ in module.children()):
            return path
        return f"{path}.{what}" if path else what

    def weight(self, *tensors: Any) -> int | None:
        """Which of the tensors is a weight of the network."""
        for index, one in enumerate(tensors):
            if isinstance(one, torch.Tensor) and one.untyped_storage().data_ptr() in self.weights:
                return index
        return None

    def settle(self, row: Any, x: torch.Tensor, out: torch.Tensor, pairs: int | None = None) -> None:
        """Add a call of an operator to its row."""
        layout = self.counter.layout
        layout.settle(row, x.shape, layout.pairs(x.shape) if pairs is None else pairs, out.numel(), repeated=False)

    def skip(self, reason: str) -> None:
        """Name the innermost module."""
        path, module = self.place
        self.counter.skip(path, type(module).__name__, reason)

    def synapses(self, weight: torch.Tensor, x: torch.Tensor, fan: Fan, pairs: int, out: torch.Tensor) -> Any:
        """Add a product of a weight to the row of that weight."""
        path, parameter = self.weights[weight.untyped_storage().data_ptr()]
        row = self.counter.row(path.removesuffix(".weight"), self.place[1], parameter, whole=True)
        self.settle(row, x, out, pairs)
        accumulate(row, x, fan)
        self.weighted, self.row = out.untyped_storage().data_ptr(), row
        return row


def _weighs(neuron: nn.Module) -> bool:
    """Whether a layer of neurons has weights of its own, from its input or from its own spikes."""
    own = any(p.dim() > 1 for p in neuron.parameters(recurse=False))
    return own or any(True for part in neuron.children() for _ in part.parameters())

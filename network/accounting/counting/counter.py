"""Counting of every layer's events by hooks, while a network runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.layout import Layout
from network.accounting.counting.met import accumulate
from network.accounting.counting.operators import Operators
from network.accounting.counting.recurrent import RECURRENT, count_recurrent
from network.accounting.counting.weights import AXES, Fan, Synapses, fan
from network.foreign.neurons import adapter_of, describe, spikes_of
from network.models.frames import OverTime
from network.neurons.billing import Billing
from network.neurons.content import nonzeros, spikes


class NotCounted(NamedTuple):
    """Something in a network whose cost is not counted: where, of which class, and why."""

    path: str
    module: str
    reason: str


class EventCounter:
    """Rows of events by layer name, in the order in which the layers run.

    Args:
        model: that will run.
        whole: count activations, additions, pooling and recurrent layers too, and name what is not counted; else the
            layers of neurons and of synapses alone.
        managed: the caller begins the layout's batches itself.
    """

    def __init__(self, model: nn.Module, *, whole: bool, managed: bool = False) -> None:
        self.model, self.whole, self.managed = model, whole, managed
        self.rows: dict[str, LayerEvents] = {}
        self.names = dict(_named(model))
        described = ((module, describe(module)) for module in self.names)
        self.neurons = {module: neuron for module, neuron in described if neuron is not None and neuron.kind != "ReLU"}
        self.not_counted: dict[NotCounted, None] = {}
        self.folded: dict[str, str] = {}  # normalisation that is part of the weights before it, by path
        self.seen: set[str] = set()  # paths of layers that are accounted for without a row of their own
        self.shifted: set[str] = set()  # rows whose biases are those of a folded normalisation
        self.layout = Layout()
        self._owned: set[int] = set()  # parameters that have a row
        self.features: int | None = None  # axes of the model's input in one step, of a managed counter

    @contextlib.contextmanager
    def attached(self) -> Iterator[EventCounter]:
        """Count all that the model does within the block."""
        with contextlib.ExitStack() as stack:
            root = self.model.register_forward_pre_hook(self._begin, prepend=True)
            stack.callback(root.remove)
            stack.callback(self.model.register_forward_hook(self._end, always_call=True).remove)
            for module in self.names:
                if (count := self.of(module)) is not None:
                    stack.callback(module.register_forward_hook(count).remove)
            if self.whole:
                stack.enter_context(Operators(self))  # last: its hooks look at the rows of the others
            yield self

    def row(self, name: str, layer: nn.Module | None, weight: Any = None, **kind: Any) -> LayerEvents:
        """The row of a layer, or of a weight that is none; made with `kind` when it first runs."""
        if name not in self.rows:
            held = [] if layer is None or weight is not None else list(layer.parameters(recurse=False))
            own = [p for p in held if id(p) not in self._owned]
            self._owned |= {id(p) for p in own} | ({id(weight)} if weight is not None else set())
            number = sum(p.numel() for p in own) if weight is None else weight.numel()
            known = {"billing": None, "parameters": number, "nonzero": 0, "dense": 0, "biases": 0, "states": 0} | kind
            known.setdefault("module", None if layer is None else type(layer).__name__)
            self.rows[name] = LayerEvents(name, steps=1, units=0, **known)
        return self.rows[name]

    def skip(self, path: str, module: str, reason: str) -> None:
        """Name something that is not counted, once."""
        self.seen.add(path)
        self.not_counted.setdefault(NotCounted(path, module, reason))

    def _begin(self, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        x = inputs[0] if inputs else None
        if not isinstance(x, torch.Tensor) or x.dim() < 2:
            return
        if self.managed:
            single = self.features is not None and x.dim() == self.features + 1
            both = x.shape[1::-1] if self.layout.batch_first else x.shape[:2]
            self.layout.call = (1, x.shape[0]) if single else (both[0], both[1])
        else:
            self.layout.call = x.shape[0], x.shape[1]
            self.layout.begin(*self.layout.call)

    def _end(self, *_: Any) -> None:
        self.layout.call = None

    def of(self, module: nn.Module) -> Callable[..., None] | None:
        """What counts a call of a module of the network, from the module, its arguments and its output; None: nothing
        is counted of it."""
        name = self.names[module]
        if getattr(module, "billing", None) is not None:
            return self._billed(name)
        if module in self.neurons:
            return self._described(name, module)
        if isinstance(module, Synapses):
            return self._synapses(name)
        if self.whole and isinstance(module, RECURRENT):
            return lambda m, x, y: count_recurrent(self, name, m, x, y)
        return None

    def _billed(self, name: str) -> Callable[..., None]:
        def count(module: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
            single = getattr(module, "step_mode", "m") != "m"
            if single and not self.managed:
                raise InputError(
                    "events are counted over all time steps", where=name, found="step_mode 's'", allowed="m"
                )
            x, y = (t.detach().unsqueeze(0) if single else t.detach() for t in (inputs[0], output))
            neurons = module.parallel_neurons
            row = self.row(name, module, billing=module.billing, neurons=neurons)
            self.layout.settle(row, x.shape, self._pairs(x.shape), y.numel())
            counts = module.count_events(x, y)
            fired = module.billing.event == "spike" and neurons == 1  # its outputs are its spikes
            row.add(**counts._asdict(), nonzero=counts.spikes if fired else nonzeros(y))
            row.states = row.units * neurons if module.billing.memory else 0

        return count

    def _pairs(self, shape: torch.Size) -> int | None:
        return shape[0] * shape[1] if self.layout.samples and len(shape) > 1 else None

    def _described(self, name: str, layer: nn.Module) -> Callable[..., None]:
        neuron, adapter = self.neurons[layer], adapter_of(layer)
        billing = Billing(neuron.kind, None, "spike", neuron.memory)
        each = neuron.memory + (neuron.synaptic_decay is not None) + neuron.adaptation + bool(neuron.refractory_steps)

        def count(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            y = spikes_of(module, output).detach()
            several = adapter is not None and adapter.time_axis(module) == "multi" and y.dim() > 1
            pairs = y.shape[0] * y.shape[1] if several else y.shape[0]
            row = self.row(name, module, billing=billing)
            self.layout.settle(row, y.shape, pairs if self.layout.samples else None, y.numel())
            nonzero, fired, negative = spikes(y) if neuron.spiking else (nonzeros(y), 0, 0)
            x = inputs[0] if inputs and isinstance(inputs[0], torch.Tensor) else y
            row.add(operations=nonzeros(x), spikes=fired, negative_spikes=negative, nonzero=nonzero)
            row.states = row.units * int(each)

        return count

    def _synapses(self, name: str) -> Callable[..., None]:
        fans: dict[torch.Size, Fan] = {}

        def count(module: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
            x = inputs[0].detach()
            weighed = getattr(module, "weighed", None)
            x = x if weighed is None else weighed(x)
            row = self.row(name, module, whole=True)
            shape, pairs = _layer_pairs(module, x, self.layout, whole_steps=weighed is not None, managed=self.managed)
            self.layout.settle(row, shape, pairs, output.numel())
            if x.shape not in fans:
                fans[x.shape] = fan(module, x.shape)
            accumulate(row, x, fans[x.shape])
            row.add(biases=output.numel() if module.bias is not None else 0)

        return count


def _layer_pairs(
    module: Synapses, x: torch.Tensor, layout: Layout, *, whole_steps: bool, managed: bool
) -> tuple[torch.Size, int | None]:
    """An input's shape with time and batch first, and the pairs of a step and a sample in it."""
    shape = x.shape
    if not isinstance(module, nn.Linear):
        number = next(n for kind, n in AXES.items() if isinstance(module, kind))
        if number == 3 and len(shape) == 5 and (not managed or (shape[2], shape[0]) == layout.call):
            own = (shape[2], shape[0]) != layout.call
            return x.movedim(2, 0).shape, None if own else shape[2] * shape[0]
        return shape, layout.pairs(shape, number + 1) if layout.samples else None
    if not layout.samples:
        return shape, None
    if whole_steps:
        return shape, shape[0] * shape[1]
    if len(shape) < 3:
        return shape, layout.pairs(shape, 1)
    pairs = layout.pairs(shape)
    return shape, layout.pairs(shape, 1) if pairs is None and shape[-1] == module.in_features else pairs


def _named(model: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """Modules and the names of their rows: a single layer that runs over time has the name of what runs it."""
    short = {}
    for name, module in model.named_modules():
        if isinstance(module, OverTime):
            inner = [path for path, layer in module.named_modules() if isinstance(layer, Synapses)]
            if len(inner) == 1:
                short[f"{name}.{inner[0]}" if name else inner[0]] = name
    for name, module in model.named_modules():
        yield module, short.get(name, name)

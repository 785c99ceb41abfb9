"""A network of any tool, run over time."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError, cut
from ipcircuit.loading import problem
from network.foreign import neurons
from network.foreign.adapters.adapter import first_tensor
from network.foreign.description import NeuronDescription
from network.foreign.feeding import Feed, feed_of
from network.training.memory import is_shortage

_RAISED = (RuntimeError, ValueError, IndexError, TypeError, MemoryError)  # by layers that do not take an input


@dataclass(eq=False)
class LoadedNetwork:
    """A network that came from somewhere.

    Attributes:
        name: for tables.
        source: where it came from, for reports.
        module: the network, in evaluation mode.
        features: shape of one sample's input in one step, where it is known.
        dt_s: length of a step in seconds, where it is known.
        seed: of what the network's layers draw, from the first run on.
        feed: how the module takes its inputs, see `network.foreign.feeding`; None: found out at the first run.
        notes: what had to be assumed to load it, in words.
    """

    name: str
    source: str
    module: nn.Module
    features: tuple[int, ...] | None = None
    dt_s: float | None = None
    feed: Feed | None = None
    seed: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.module, nn.Module):
            found = type(self.module).__name__
            raise InputError("is no torch module", where=self.source, found=found, allowed="a torch.nn.Module")
        self.module.eval()

    def neurons(self) -> dict[str, NeuronDescription]:
        """Layers of neurons by their path in the module, in the order of its parts."""
        descriptions = ((path, neurons.describe(module)) for path, module in self.module.named_modules())
        return {path: description for path, description in descriptions if description is not None}

    def copy(self) -> LoadedNetwork:
        """The network again, at rest, sharing nothing: its layers may be exchanged."""
        self.reset()
        for module in self._drawing(self._draws):
            object.__setattr__(module, "generator", None)  # the copy draws from its own, the same numbers again
        training = self.module.training
        return replace(self, module=copy.deepcopy(self.module)).with_mode(training)

    def with_mode(self, training: bool) -> LoadedNetwork:
        """Itself, in training or evaluation mode."""
        self.module.train(training)
        return self

    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of one sample's input in one step: `features`, or of a linear or recurrent layer in front; or None."""
        if self.features is not None:
            return self.features
        for module in self.module.modules():
            if isinstance(module, nn.Linear):
                return (module.in_features,)
            if isinstance(module, nn.RNNBase):
                return (module.input_size,)
            if type(module).__name__ in ("Flatten", "Conv1d", "Conv2d", "Conv3d", "Embedding"):
                return None
        return None

    def to(self, device: str) -> LoadedNetwork:
        """Itself, on another device; what its layers draw begins anew there."""
        self.module.to(device)
        self.__dict__.pop("_draws", None)
        return self

    def reset(self) -> None:
        """Put all its neurons at rest; layers without a source of random numbers draw from that of the network."""
        neurons.reset(self.module)
        for module in self._drawing(None):
            object.__setattr__(module, "generator", self._draws)

    @cached_property
    def _draws(self) -> torch.Generator:
        """Goes on from run to run, so that batches are drawn independently."""
        like = next(self.module.parameters(), None)
        return torch.Generator("cpu" if like is None else like.device).manual_seed(self.seed)

    def _drawing(self, generator: torch.Generator | None) -> list[nn.Module]:
        """Layers that draw from a generator; of those with none, such as have no own one beside it."""
        return [
            module
            for module in self.module.modules()
            if hasattr(module, "generator") and module.generator is generator and not hasattr(module, "_generator")
        ]

    def run(self, inputs: torch.Tensor) -> torch.Tensor:
        """Outputs for `inputs` (time, batch, *features), from rest.

        The outputs are (time, batch, *features) as well, unless the network itself sums over time: then what it
        returns. Gradients flow, unless the caller switches them off.

        Raises InputError: inputs of another shape than the network takes (says which), or with NaN or infinity.
        """
        return torch.cat(list(self.slices(inputs, len(inputs)))) if self._stepped(inputs) else self._whole(inputs)

    def slices(self, inputs: torch.Tensor, steps: int = 1) -> Iterator[torch.Tensor]:
        """As `run`, with the outputs of so many steps at a time; memory is that of one slice where the network allows.

        A network that takes all steps in one call, and may look at all of them, yields one output.
        """
        if not self._stepped(inputs):
            yield self._whole(inputs)
            return
        x = self.checked(inputs)
        self.reset()
        state: Any = None
        for start in range(0, len(x), max(1, steps)):
            outputs = []
            for step in x[start : start + max(1, steps)]:
                output, state = self._step(step, state)
                outputs.append(output)
            yield torch.stack(outputs)

    def scores(self, outputs: torch.Tensor) -> torch.Tensor:
        """Sums over time of what `run` returned, (batch, classes): the largest is the network's answer."""
        return outputs.sum(0) if outputs.dim() >= 3 else outputs

    def checked(self, inputs: torch.Tensor) -> torch.Tensor:
        """`inputs` in the network's type and place. Raises InputError as `run`."""
        where = f"input of {self.name}"
        if not isinstance(inputs, torch.Tensor) or inputs.dim() < 3 or inputs.numel() == 0:
            found = tuple(inputs.shape) if isinstance(inputs, torch.Tensor) else type(inputs).__name__
            raise InputError("wrong shape", where=where, found=found, allowed=f"(time, batch, {self._expected()})")
        if self.features is not None and tuple(inputs.shape[2:]) != self.features:
            raise InputError("wrong shape", where=where, found=tuple(inputs.shape), allowed=self._shape())
        like = next((p for p in self.module.parameters() if p.is_floating_point()), None)
        if like is not None:
            x = inputs.to(like.device, like.dtype)
        else:
            x = inputs if inputs.is_floating_point() else inputs.to(torch.get_default_dtype())
        low, high = (float(v) for v in torch.aminmax(x.detach()))
        if not (abs(low) < float("inf") and abs(high) < float("inf")):
            raise InputError("holds NaN or infinity", where=where)
        return x

    def fed(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, *features) in the order of axes that a module of a single call takes."""
        if self.feed == "repeats":
            return x[0]
        return x.transpose(0, 1) if self.feed in ("batch_first", "batch_first_in") else x

    def _stepped(self, inputs: torch.Tensor) -> bool:
        if self.feed is None:
            x = self.checked(inputs)
            feed = feed_of(self.module, x, f"input of {self.name}")
            if isinstance(feed, Exception):
                raise self._wrong_shape(x, feed)
            self.feed = feed
        if self.feed == "repeats" and len(inputs) > 1:
            allowed = "one time step, (1, batch, *features): the network repeats it for all its steps"
            raise InputError(
                "too many steps", where=f"input of {self.name}", found=tuple(inputs.shape), allowed=allowed
            )
        return self.feed == "steps"

    def _whole(self, inputs: torch.Tensor) -> torch.Tensor:
        x = self.checked(inputs)
        self.reset()
        try:
            output = self._tensor(self.module(self.fed(x)))
            timed = output.dim() > 2 and tuple(output.shape[:2]) == (x.shape[1], x.shape[0])
            return output.transpose(0, 1) if self.feed == "batch_first" and timed else output
        except _RAISED as error:
            raise self._wrong_shape(x, error) from error

    def _step(self, x: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """Output and state of one step; a network that is handed its state returns it beside the output."""
        try:
            output = self.module(x) if state is None else self.module(x, state)
        except _RAISED as error:
            raise self._wrong_shape(x.unsqueeze(0), error) from error
        handed = self._takes_state and isinstance(output, tuple) and len(output) == 2
        return self._tensor(output), output[1] if handed else None

    @cached_property
    def _takes_state(self) -> bool:
        """Whether the module is called with an input and a state, by the names of its arguments."""
        try:
            names = list(inspect.signature(self.module.forward).parameters)
        except (TypeError, ValueError):
            return False
        return len(names) == 2 and names[1] in ("state", "states", "hidden", "hx")

    def _tensor(self, output: Any) -> torch.Tensor:
        tensor = first_tensor(output)
        if tensor is None:
            raise InputError("the network returns no tensor", where=self.source, found=type(output).__name__)
        return tensor

    def _wrong_shape(self, x: torch.Tensor, error: Exception) -> InputError:
        if isinstance(error, InputError):
            return error
        if is_shortage(error):
            where, allowed = f"input of {self.name}", "fewer samples, or a smaller network"
            return InputError("more than the memory holds", where=where, found=tuple(x.shape), allowed=allowed)
        return InputError(
            f"the network does not take this input ({cut(problem(error))})",
            where=f"input of {self.name}",
            found=tuple(x.shape),
            allowed=self._shape(),
        )

    def _shape(self) -> str:
        return f"(time, batch, {self._expected()})"

    def _expected(self) -> str:
        """Features of the input in words, from the first layer with weights."""
        if self.features is not None:
            return ", ".join(map(str, self.features))
        for module in self.module.modules():
            if isinstance(module, nn.Linear):
                return f"{module.in_features}"
            if isinstance(module, nn.Conv1d):
                return f"{module.in_channels}, length"
            if isinstance(module, nn.Conv2d):
                return f"{module.in_channels}, height, width"
            if isinstance(module, nn.RNNBase):
                return f"{module.input_size}"
        return "*features"

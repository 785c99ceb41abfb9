"""Running layers without memory on sequences."""

from __future__ import annotations

import torch
from torch import nn


class OverTime(nn.Module):
    """Applies a module to each step of (time, batch, ...) at once, by folding time into the batch.

    Batch normalisation inside it therefore takes its statistics over time and batch.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        self.inner = modules[0] if len(modules) == 1 else nn.Sequential(*modules)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(time, batch, ...) in and out."""
        steps, batch = x.shape[:2]
        y = self.inner(x.flatten(0, 1))
        return y.unflatten(0, (steps, batch))


def repeated(images: torch.Tensor, steps: int) -> torch.Tensor:
    """Images (batch, channels, height, width) as a constant sequence (time, …): direct encoding, a view."""
    return images.unsqueeze(0).expand(steps, *images.shape)


class RateReadout(nn.Linear):
    """Linear readout of spike rates: mean of the inputs (time, batch, …) over time, and over what `dims` names.

    A spike adds its weights whenever it comes, so its accumulations are counted spike by spike.
    """

    def __init__(self, inputs: int, outputs: int, dims: tuple[int, ...] = (0,)) -> None:
        super().__init__(inputs, outputs)
        self.dims = dims

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(time, batch, …) to (batch, outputs)."""
        return super().forward(input.mean(dim=self.dims))

"""LSTM and GRU in integers: weights, inputs, states and gates of 8 bits; sums are wide."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from ipcircuit.errors import InputError
from network.quantised.activation import rounded


class Range(nn.Module):
    """Values rounded to signed integers of `bits` bits over the range that was met in calibration.

    Whole numbers within the integers' own range stay what they are.

    Attributes:
        searching: whether values pass unchanged, and widen the range.
    """

    largest: torch.Tensor
    whole: torch.Tensor

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.levels, self.searching = 2 ** (bits - 1) - 1, False
        self.register_buffer("largest", torch.zeros(()))
        self.register_buffer("whole", torch.ones((), dtype=torch.bool))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape of `x`."""
        if self.searching:
            self.largest = torch.maximum(self.largest, x.detach().abs().max())
            self.whole = self.whole & (x.detach() == x.detach().round()).all()
            return x
        if bool(self.whole) and float(self.largest) <= self.levels:
            return x
        return to_grid(x, self.largest.clamp(min=torch.finfo(x.dtype).tiny) / self.levels, self.levels)


def to_grid(x: torch.Tensor, scale: torch.Tensor | float, levels: int) -> torch.Tensor:
    """`x` as whole multiples of a scale, at most `levels` of either sign."""
    return rounded((x / scale).clamp(-levels, levels)) * scale


class IntegerRecurrent(nn.Module):
    """A torch LSTM or GRU of one layer and direction in integers; it is called and answers as that one is.

    Gates and the hidden state lie within ±1, and are multiples of 1/127 there; the cell state of an LSTM and the inputs
    have ranges that are met in calibration (`Range`).

    Raises:
        InputError: several layers or directions, projections, batches first, or a plain RNN.
    """

    def __init__(self, layer: nn.RNNBase, bits: int) -> None:
        super().__init__()
        if not isinstance(layer, nn.LSTM | nn.GRU):
            raise InputError("no integer form", where="layer", found=type(layer).__name__, allowed="LSTM, GRU")
        if layer.num_layers != 1 or layer.bidirectional or layer.batch_first or layer.proj_size:
            raise InputError("no integer form", where="layer", found=str(layer), allowed="one layer and direction")
        self.is_lstm, self.levels = isinstance(layer, nn.LSTM), 2 ** (bits - 1) - 1
        self.input_size, self.hidden_size = layer.input_size, layer.hidden_size
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            self.register_parameter(name, nn.Parameter(layer.get_parameter(f"{name}_l0").detach().clone()))
        self.input_range, self.cell_range = Range(bits), Range(bits)

    @property
    def ranges(self) -> list[Range]:
        """What calibration finds."""
        return [self.input_range, self.cell_range] if self.is_lstm else [self.input_range]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Outputs (time, batch, hidden) of inputs (time, batch, inputs), from rest."""
        w_ih, w_hh = (self._weight(self.get_parameter(name)) for name in ("weight_ih", "weight_hh"))
        sums = functional.linear(self.input_range(x), w_ih, self.get_parameter("bias_ih"))
        hidden = cell = x.new_zeros((x.shape[1], self.hidden_size))
        outputs = []
        for step in sums:
            back = functional.linear(hidden, w_hh, self.get_parameter("bias_hh"))
            hidden, cell = self._lstm(step + back, cell) if self.is_lstm else (self._gru(step, back, hidden), cell)
            outputs.append(hidden)
        return torch.stack(outputs), None

    def _weight(self, weight: torch.Tensor) -> torch.Tensor:
        scale = weight.detach().abs().amax(1, keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny) / self.levels
        return weight if self.input_range.searching else to_grid(weight, scale, self.levels)

    def _unit(self, x: torch.Tensor) -> torch.Tensor:
        """A gate or a state within ±1."""
        return x if self.input_range.searching else to_grid(x, 1 / self.levels, self.levels)

    def _lstm(self, sums: torch.Tensor, cell: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        i, f, g, o = sums.chunk(4, 1)
        i, f, o, g = (self._unit(gate) for gate in (i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh()))
        cell = self.cell_range(f * cell + i * g)
        return self._unit(o * cell.tanh()), cell

    def _gru(self, sums: torch.Tensor, back: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        (r, z, n), (r_back, z_back, n_back) = sums.chunk(3, 1), back.chunk(3, 1)
        r, z = self._unit((r + r_back).sigmoid()), self._unit((z + z_back).sigmoid())
        n = self._unit((n + r * n_back).tanh())
        return self._unit((1 - z) * n + z * hidden)

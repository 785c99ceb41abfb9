"""Counts of torch's recurrent layers and cells: LSTM, GRU and RNN, with their state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from energy.digital import RecurrentCell
from network.neurons.content import nonzeros

if TYPE_CHECKING:
    from network.accounting.counting.counter import EventCounter

RECURRENT = nn.RNNBase | nn.RNNCellBase
_KINDS: dict[Any, Any] = {nn.LSTM: "LSTM", nn.GRU: "GRU", nn.RNN: "RNN"}
_KINDS |= {nn.LSTMCell: "LSTM", nn.GRUCell: "GRU", nn.RNNCell: "RNN"}


def cell_of(layer: Any, inputs: int | None = None, frames: int = 1) -> RecurrentCell:
    """One layer and direction as the digital estimate takes it, of another number of inputs where that is given."""
    kind = next(name for one, name in _KINDS.items() if isinstance(layer, one))
    return RecurrentCell(kind, inputs or layer.input_size, layer.hidden_size, frames)


def dense_per_step(layer: Any) -> int:
    """Multiply-accumulates of one step and sample: matrices, gates, and projections where there are some."""
    if isinstance(layer, nn.RNNCellBase):
        return cell_of(layer).macs
    directions, projected = 1 + layer.bidirectional, layer.proj_size
    state = projected or layer.hidden_size
    total = 0
    for number in range(layer.num_layers):
        cell = cell_of(layer, layer.input_size if number == 0 else state * directions)
        fewer = cell.gates * cell.hidden * (cell.hidden - state)  # recurrent weights of a projected state
        total += directions * (cell.macs - fewer + cell.hidden * projected)
    return total


def count_recurrent(counter: EventCounter, name: str, layer: Any, inputs: tuple[Any, ...], output: Any) -> None:
    """Add one call. Zeros of the input are skipped; those of the state too in a single layer of one direction, whose
    states are its outputs."""
    x = inputs[0]
    if not isinstance(x, torch.Tensor):
        counter.skip(name, type(layer).__name__, f"input of type {type(x).__name__}")
        return
    given = inputs[1] if len(inputs) > 1 else None
    first = given[0] if isinstance(given, tuple) else given
    is_cell = isinstance(layer, nn.RNNCellBase)
    pairs = x.numel() // layer.input_size
    row = counter.row(name, layer, form="recurrent", whole=False)
    y = output[0] if isinstance(output, tuple) else output
    counter.layout.settle(row, x.shape, pairs, y.numel())
    dense, cell = pairs * dense_per_step(layer), cell_of(layer)
    nonzero = nonzeros(x)
    fan = cell.gates * cell.hidden
    skipped = (x.numel() - nonzero) * fan * (1 if is_cell else 1 + layer.bidirectional)
    if is_cell:
        skipped += fan * (pairs * cell.hidden - _nonzero(first))
    elif layer.num_layers == 1 and not layer.bidirectional:
        time = 1 if layer.batch_first and y.dim() == 3 else 0
        earlier = y.narrow(time, 0, y.shape[time] - 1)
        skipped += fan * (y.numel() - nonzeros(earlier) - _nonzero(first))
    copies = 1 if is_cell else layer.num_layers * (1 + layer.bidirectional)
    row.add(nonzero=nonzero, operations=dense - skipped, additions=dense - skipped, dense=dense)
    row.add(biases=pairs * copies * 2 * fan * bool(layer.bias))
    kept = (getattr(layer, "proj_size", 0) or cell.hidden) + (cell.hidden if cell.kind == "LSTM" else 0)
    row.states = copies * kept


def _nonzero(state: torch.Tensor | None) -> int:
    return 0 if state is None else nonzeros(state)

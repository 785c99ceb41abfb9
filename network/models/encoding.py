"""A task's inputs as set pulses."""

from __future__ import annotations

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.tasks.task import IDLE, ITEM, READ

ITEM_AMPLITUDE, READ_AMPLITUDE = (
    0.85,
    0.83,
)  # V; Liu et al., Fig. S3: the sequence, and the probe that reads it


class PulseEncoding(nn.Module):
    """An item is a set pulse of `item_V`, a read-out one of `read_V`; idle inputs get none and cool.

    The source encodes images as coloured blocks and does not say how a block becomes a voltage: the amplitudes are
    those of its sequence measurement (Fig. S3). A neuron without a pulse cannot fire, so a state is read with a pulse.
    """

    def __init__(self, item_V: float = ITEM_AMPLITUDE, read_V: float = READ_AMPLITUDE) -> None:
        super().__init__()
        if not (item_V > 0 and read_V > 0):
            raise InputError("amplitudes must be positive", where="PulseEncoding", found=(item_V, read_V))
        self.item_V, self.read_V = item_V, read_V

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Volts, shape of `x`."""
        volts = torch.where(x == READ, self.read_V, torch.where(x == ITEM, self.item_V, 0.0)).to(x.dtype)
        if ((x != ITEM) & (x != READ) & (x != IDLE)).any():
            raise InputError(
                "inputs of a task are item, read-out or idle", where="PulseEncoding", allowed=f"{ITEM}, {READ}, {IDLE}"
            )
        return volts

    def extra_repr(self) -> str:
        return f"item_V={self.item_V}, read_V={self.read_V}"

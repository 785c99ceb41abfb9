"""The frame buffer of a burst replay: what it costs to keep a sample's events until the last of them has come.

A junction's heat lasts about a microsecond, while frames come every tenth of a second: in real time nothing would be
remembered. The experiment records a sample and replays it in one burst, and the store in between is part of its
energy. Events are kept in SRAM as a bitmap, a bit per input, or as a list of addresses; either way in words of 64 bits,
each written once and read once, at the published energy of one access.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from energy.constants import DATA, NODE_SCALE, SRAM_READ
from energy.digital import SRAM_WORD_BYTES
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, read_parameters
from ipcircuit.records import PositiveCount, record

ACCESSES, LEAKAGE, INTERVAL = read_parameters(DATA / "frame_buffer.toml")
STORAGES = ("bitmap", "addresses")
WORD_BITS = 8 * SRAM_WORD_BYTES


@record
class FrameBuffer:
    """Frames of one sample and how they are kept.

    Attributes:
        inputs: bits of a frame: channels x height x width.
        frames: per sample.
        storage: ``bitmap``, all bits; ``addresses``, active ones only, as many addresses to a word as fit.
        density: share of inputs that are active; needed for addresses.

    Raises:
        InputError: naming the field.
    """

    inputs: PositiveCount
    frames: PositiveCount
    storage: Literal["bitmap", "addresses"] = "bitmap"
    density: Annotated[float, Field(ge=0, le=1)] | None = None

    def __post_init__(self) -> None:
        if self.storage == "addresses" and self.density is None:
            raise InputError("a list of addresses needs the share of active inputs", where="density")

    @property
    def words(self) -> float:
        """Words of a frame; of addresses the mean."""
        if self.density is None or self.storage == "bitmap":
            return math.ceil(self.inputs / WORD_BITS)
        address_bits = max(1, math.ceil(math.log2(self.inputs)))
        return self.density * self.inputs / (WORD_BITS // address_bits)

    @property
    def bits(self) -> float:
        """Of all words that hold one sample."""
        return self.words * self.frames * WORD_BITS


@dataclass(frozen=True)
class BufferEstimate:
    """Energy of the buffer per sample, J.

    Attributes:
        accesses: of words, written and read.
        access_28nm_J, access_45nm_J: of all accesses, scaled and unscaled.
        standby_J: leakage of all bits while the sample is recorded.
    """

    buffer: FrameBuffer
    accesses: float
    access_28nm_J: float
    access_45nm_J: float
    standby_J: float
    parameters: tuple[Parameter, ...]

    @property
    def energy_28nm_J(self) -> float:
        """Accesses and standby."""
        return self.access_28nm_J + self.standby_J

    @property
    def energy_45nm_J(self) -> float:
        """The same with unscaled accesses."""
        return self.access_45nm_J + self.standby_J


def buffer_energy(
    buffer: FrameBuffer,
    *,
    accesses: Parameter = ACCESSES,
    leakage: Parameter = LEAKAGE,
    interval: Parameter = INTERVAL,
    node_scale: Parameter = NODE_SCALE,
) -> BufferEstimate:
    """Energy of writing, keeping and reading one sample."""
    count = accesses.value * buffer.words * buffer.frames
    energy = count * SRAM_READ.value
    standby = buffer.bits * leakage.value * buffer.frames * interval.value
    used = (SRAM_READ, node_scale, accesses, leakage, interval)
    return BufferEstimate(buffer, count, energy * node_scale.value, energy, standby, used)

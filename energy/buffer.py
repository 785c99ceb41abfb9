"""The frame buffer of a burst replay: what it costs to keep a sample's events until the last of them has come.

A junction's heat lasts about a microsecond, while frames come every tenth of a second: in real time nothing would be
remembered. The experiment records a sample and replays it in one burst, and the store in between is part of its
energy. Events are kept in SRAM as a bitmap, a bit per input, or as a list of addresses; either way in words of 64 bits,
each written once and read once, at the published energy of one access.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

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
        return stored_words(self.inputs, self.storage, self.density)

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


def stored_words(inputs: int, storage: str, density: Any = None) -> Any:
    """Words of a frame; of addresses the mean at a share of active inputs, a number or an array of them."""
    if density is None or storage == "bitmap":
        return math.ceil(inputs / WORD_BITS)
    address_bits = max(1, math.ceil(math.log2(inputs)))
    return density * inputs / (WORD_BITS // address_bits)


def buffer_energy(
    buffer: FrameBuffer,
    *,
    accesses: Parameter = ACCESSES,
    leakage: Parameter = LEAKAGE,
    interval: Parameter = INTERVAL,
    node_scale: Parameter = NODE_SCALE,
) -> BufferEstimate:
    """Energy of writing, keeping and reading one sample."""
    of = stored_energy(
        buffer.words,
        buffer.frames,
        accesses=accesses.value,
        access_J=SRAM_READ.value,
        leakage_W=leakage.value,
        interval_s=interval.value,
    )
    used = (SRAM_READ, node_scale, accesses, leakage, interval)
    count = accesses.value * buffer.words * buffer.frames
    return BufferEstimate(buffer, count, of[0] * node_scale.value, *of, used)


def stored_energy(
    words: Any, frames: int, *, accesses: Any, access_J: Any, leakage_W: Any, interval_s: Any
) -> tuple[Any, Any]:
    """Energy of a sample's accesses (unscaled) and of its standby, J, of numbers or of arrays.

    Args:
        words: of a frame, of which the store holds `frames`. accesses: of each.
        leakage_W: of a bit. interval_s: between frames.
    """
    return accesses * words * frames * access_J, words * frames * WORD_BITS * leakage_W * frames * interval_s

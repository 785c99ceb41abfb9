"""Inference of a network on a digital chip: its operations and memory accesses times published energies.

The tables are for 45 nm; what is scaled to 28 nm by the assumed factor always comes with the unscaled figure. A lower
bound, for every network alike: control, clock, leakage and wires are left out, weights and numbers are packed into
words of SRAM, and one that is read is not kept for its next use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from energy.constants import (
    DATA,
    FP32_ADD,
    FP32_MAC,
    INT8_ADD,
    INT8_MAC,
    NODE_SCALE,
    SRAM_READ,
)
from energy.digital import SRAM_WORD_BYTES
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader, read_parameters, stated
from ipcircuit.records import NonNegative, PositiveCount, record

STATE_BITS, WEIGHT_BITS = read_parameters(DATA / "inference.toml")
LEAVES_OUT = "control, clock, leakage, wires, and reuse of a weight in registers"
MOST_STEPS = 1_000_000


def activation_bits(steps: int) -> int:
    """Bits of an activation that tells as many values as a count of spikes in `steps` time steps, ⌈log2(T + 1)⌉.

    Source: arXiv 2409.08290, Theorem 1 (exact for neurons without leak that subtract the threshold).

    Raises:
        InputError: not a positive whole number.
    """
    if not (isinstance(steps, int) and 1 <= steps <= MOST_STEPS):
        raise InputError("not a number of time steps", where="steps", found=steps, allowed=f"1 … {MOST_STEPS}")
    return math.ceil(math.log2(steps + 1))


@record
class Work:
    """What a network does for one sample; numbers may be means over samples.

    Attributes:
        accumulations: additions of a weight, one for each spike and synapse.
        products: multiply-accumulates of a weight and an activation.
        weight_reads: of single weights.
        state_accesses: of numbers that are kept from step to step, reads and writes.
        updates: of neurons with a state: a multiply-accumulate for the leak, an addition for the comparison.
        moved_bits: of activations and spikes, each bit once where it is written and once where it is read.
    """

    accumulations: NonNegative = 0.0
    products: NonNegative = 0.0
    weight_reads: NonNegative = 0.0
    state_accesses: NonNegative = 0.0
    updates: NonNegative = 0.0
    moved_bits: NonNegative = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Work)))


@record
class ChipPrices:
    """Energies of a digital chip at 45 nm, J.

    Attributes:
        accumulate_J, multiply_J: of an addition, and of a multiply-accumulate, of a weight.
        update_J: of a neuron with a state.
        bit_J: of an SRAM bit, read or written.
        weight_bits, state_bits: of a number.
    """

    accumulate_J: NonNegative
    multiply_J: NonNegative
    update_J: NonNegative
    bit_J: NonNegative
    weight_bits: PositiveCount
    state_bits: PositiveCount

    def breakdown(self, work: Work) -> dict[str, float]:
        """Energy of the work by part, J, unscaled."""
        return work_breakdown(work, asdict(self))


def work_breakdown(work: Work, prices: Mapping[str, Any]) -> dict[str, Any]:
    """Energy of the work by part, J, unscaled, of prices by the names of `ChipPrices`: numbers, or arrays."""
    operations = work.accumulations * prices["accumulate_J"] + work.products * prices["multiply_J"]
    return {
        "operations": operations + work.updates * prices["update_J"],
        "weights": work.weight_reads * prices["weight_bits"] * prices["bit_J"],
        "states": work.state_accesses * prices["state_bits"] * prices["bit_J"],
        "activations": work.moved_bits * prices["bit_J"],
    }


def chip_prices(precision: Literal["fp32", "int8"] | str = "int8", activation: int = 8) -> ChipPrices:
    """Energies of a chip for 32-bit floats, or for integers: 8-bit weights and activations of `activation` bits.

    A multiplier's energy is taken in proportion to the activation's bits, one row of partial products for each
    (assumed). A sum is priced as the table's 8-bit addition, for spiking and quantised networks alike.

    Raises:
        InputError: unknown precision, or a number of bits out of range.
    """
    prices = read_prices(precision, activation)
    bits = {name: round(prices[name]) for name in ("weight_bits", "state_bits")}
    return ChipPrices(**{**prices, **bits})


def read_prices(precision: str, activation: int = 8, read: Reader = stated, access_J: Any = None) -> dict[str, Any]:
    """The same by name, of constants as stated or others: numbers, or arrays. Raises InputError as `chip_prices`.

    Args:
        access_J: of a 64-bit access of the memory; None: of the table's 32 KiB.
    """
    bit = (read(SRAM_READ) if access_J is None else access_J) / (8 * SRAM_WORD_BYTES)
    if precision == "fp32":
        add, mac = read(FP32_ADD), read(FP32_MAC)
        return _priced(add, mac, mac + add, bit, 32, 32)
    if precision != "int8":
        raise InputError("unknown precision", where="precision", found=precision, allowed="fp32, int8")
    if not (isinstance(activation, int) and 1 <= activation <= 32):
        raise InputError("out of range", where="activation bits", found=activation, allowed="1 … 32")
    add, mac = read(INT8_ADD), read(INT8_MAC)
    multiply = (mac - add) * activation / 8 + add
    return _priced(add, multiply, mac + add, bit, read(WEIGHT_BITS), read(STATE_BITS))


def _priced(*prices: Any) -> dict[str, Any]:
    return dict(zip((f.name for f in fields(ChipPrices)), prices, strict=True))


@dataclass(frozen=True)
class InferenceEstimate:
    """Energy of a sample on a digital chip, J; unscaled (45 nm) and scaled (28 nm), and its parts at 28 nm."""

    energy_45nm_J: float
    energy_28nm_J: float
    parts_28nm_J: dict[str, float]


def inference_energy(work: Work, prices: ChipPrices, node_scale: Parameter = NODE_SCALE) -> InferenceEstimate:
    """Energy of the work of one sample."""
    parts = prices.breakdown(work)
    total = math.fsum(parts.values())
    scaled = {name: value * node_scale.value for name, value in parts.items()}
    return InferenceEstimate(total, total * node_scale.value, scaled)

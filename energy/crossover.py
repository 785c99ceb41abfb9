"""Sparsity at which a spiking network costs as much as the quantised network of equal capacity, in closed form.

Per synapse of a layer with n inputs and m outputs, a spiking network of T steps and spike rate s takes

    E_S(s) = T · s · (add + weight + event) + T · step

and a quantised network with b = ⌈log2(T + 1)⌉-bit activations, of which the share q is not 0,

    E_Q = q · multiply(b) + r · weight + b · moved,        r = q where zeros are skipped, else 1.

Both are equal at s* = (E_Q − T · step) / (T · (add + weight + event)); below it the spiking network takes less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from energy.constants import DATA
from energy.inference import Work, activation_bits, chip_prices
from ipcircuit.errors import InputError
from ipcircuit.parameters import read_parameters
from ipcircuit.records import NonNegative, PositiveCount, record

YAN2024 = read_parameters(DATA / "yan2024.toml")
_ADD, _EVENT, _MOVED, _WEIGHT_BIT, _MULTIPLY, PUBLISHED_RATE = YAN2024
STEPS = tuple(range(4, 11))
PUBLISHED_STEPS = 5
WIDTH = 4096  # inputs of a neuron, and neurons of a layer: as the published figure
PUBLISHED_WEIGHT_BITS = 4


@record
class SynapsePrices:
    """Energies per synapse, J.

    Attributes:
        name: of the set.
        add_J, weight_J, event_J: of a spike: its addition, its weight, and its way to the neuron.
        step_J: of a time step without any: state of the neuron, and spikes that are kept as bits.
        multiply_J, multiply_bit_J: of a multiplication, and more for each bit of its activation.
        moved_bit_J: of an activation's bit on its way to the neuron.
        skips_zeros: whether the quantised network reads no weight for an activation of 0.
        active: share q of its activations that is not 0.
    """

    name: str
    add_J: NonNegative
    weight_J: NonNegative
    event_J: NonNegative
    step_J: NonNegative
    multiply_J: NonNegative
    multiply_bit_J: NonNegative
    moved_bit_J: NonNegative
    skips_zeros: bool = True
    active: NonNegative = 1.0

    def spiking_J(self, steps: int, rate: float) -> float:
        """Energy of a sample in the spiking network."""
        return steps * (rate * (self.add_J + self.weight_J + self.event_J) + self.step_J)

    def quantised_J(self, steps: int) -> float:
        """Energy of a sample in the quantised network that tells as many values as `steps` steps."""
        bits = activation_bits(steps)
        weight = self.weight_J * (self.active if self.skips_zeros else 1.0)
        return self.active * (self.multiply_J + bits * self.multiply_bit_J) + weight + bits * self.moved_bit_J


def chip_synapse(
    inputs: int = WIDTH, outputs: int = WIDTH, *, active: float = 1.0, moves: bool = False, name: str | None = None
) -> SynapsePrices:
    """Prices of this project's digital chip for a layer; the node cancels out.

    Args:
        inputs, outputs: n and m; a state is shared by n synapses, a spike or activation that is kept in SRAM by m.
        active: share of the quantised network's activations that is not 0.
        moves: with the published energies of moving spikes and activations over a network on chip.

    Raises:
        InputError: sizes that are not positive, or a share out of 0 … 1.
    """
    if not (isinstance(inputs, int) and isinstance(outputs, int) and min(inputs, outputs) >= 1):
        raise InputError("not a layer's size", where="crossover", found=(inputs, outputs), allowed="1 or more")
    if not 0 <= active <= 1:
        raise InputError("out of range", where="active", found=active, allowed="0 … 1")
    prices, one, two = chip_prices("int8", 8), chip_prices("int8", 1), chip_prices("int8", 2)
    bit = two.multiply_J - one.multiply_J
    neuron = sum(prices.breakdown(Work(state_accesses=2, updates=1)).values())
    kept = sum(prices.breakdown(Work(moved_bits=2)).values())
    return SynapsePrices(
        name or "this chip",
        add_J=prices.accumulate_J,
        weight_J=prices.weight_bits * prices.bit_J,
        event_J=_EVENT.value if moves else 0.0,
        step_J=neuron / inputs + kept / outputs,
        multiply_J=one.multiply_J - bit,
        multiply_bit_J=bit,
        moved_bit_J=kept / outputs + (_MOVED.value if moves else 0.0),
        active=active,
    )


def published_synapse(weight_bits: int = PUBLISHED_WEIGHT_BITS) -> SynapsePrices:
    """Prices of arXiv 2409.08290 at 22 nm, one hop per spike and activation; two of them fitted to its results."""
    return SynapsePrices(
        "arXiv 2409.08290",
        add_J=_ADD.value,
        weight_J=weight_bits * _WEIGHT_BIT.value,
        event_J=_EVENT.value,
        step_J=0.0,
        multiply_J=_MULTIPLY.value,
        multiply_bit_J=0.0,
        moved_bit_J=_MOVED.value,
        skips_zeros=False,
    )


@dataclass(frozen=True)
class Crossover:
    """Spike rate and sparsity at which both networks cost the same.

    Attributes:
        prices: name of their set. steps: T. bits: of an activation.
        spike_rate: spikes per neuron and step; None: the spiking network takes more at any rate.
        sparsity: 1 less the rate.
        spikes_per_active: spikes in all steps for each activation that is not 0.
        published_rate: of the source, where it states one for these steps.
    """

    prices: str
    steps: PositiveCount
    bits: PositiveCount
    spike_rate: float | None
    sparsity: float | None
    spikes_per_active: float | None
    published_rate: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def crossover(prices: SynapsePrices, steps: int, published_rate: float | None = None) -> Crossover:
    """The spike rate of equal cost for one number of time steps; above 1 the spiking network always takes less.

    Raises InputError: steps that are not a positive whole number.
    """
    fixed = prices.spiking_J(steps, 0.0)
    slope = prices.spiking_J(steps, 1.0) - fixed
    rate: float | None = (prices.quantised_J(steps) - fixed) / slope
    rate = rate if rate > 0 else None
    sparsity, each = (None, None) if rate is None else (1 - rate, steps * rate / prices.active)
    return Crossover(prices.name, steps, activation_bits(steps), rate, sparsity, each, published_rate)


def crossovers(steps: Sequence[int] = STEPS, inputs: int = WIDTH, outputs: int = WIDTH) -> list[Crossover]:
    """Crossover at each number of steps with this chip's prices, with the published moves, and with the source's.

    Raises InputError as `chip_synapse` and `crossover`.
    """
    sets = (
        chip_synapse(inputs, outputs, name="this chip, all activations active"),
        chip_synapse(inputs, outputs, active=0.5, name="this chip, half of them 0 and skipped"),
        chip_synapse(inputs, outputs, moves=True, name="this chip, with published moves"),
        published_synapse(),
    )
    return [
        crossover(one, t, PUBLISHED_RATE.value if one is sets[-1] and t == PUBLISHED_STEPS else None)
        for one in sets
        for t in steps
    ]

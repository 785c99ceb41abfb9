"""Prices of what stands around a network's neurons: synapses, moved spikes, and the source of amplitudes.

Synapses are a digital accumulator that reads each weight from SRAM, whose access grows with its size, or an array of
devices that is read by a pulse. No array has been simulated: its prices are by hand from assumed constants.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from energy.constants import DATA, NODE_SCALE, SRAM_READ
from energy.digital import PRECISIONS, SRAM_WORD_BYTES
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader, read_parameters, stated

Synapses = Literal["digital", "array"]
SYNAPSES = get_args(Synapses)
SURROUNDINGS = read_parameters(DATA / "surroundings.toml")
SRAM_SMALL, SRAM_LARGE, DEVICE_OHM, READ_V, READ_S, DEVICES, LINE_F, LINE_V, SENSE = SURROUNDINGS[:9]
WITHIN_TILE, HOP, HOPS, AMPLITUDE_BITS, UNIT_F = SURROUNDINGS[9:]
_SIZES = ((8 * 2**10, SRAM_SMALL), (32 * 2**10, SRAM_READ), (2**20, SRAM_LARGE))  # bytes


@dataclass(frozen=True)
class UnitPrice:
    """Energy of one event around the neurons.

    Attributes:
        part: of the network's energy. event: what is counted.
        energy_J: of one event. parameters: that it is made of.
        formula: the same of parameters as they are read.
    """

    part: str
    event: str
    energy_J: float
    parameters: tuple[Parameter, ...]
    formula: Callable[[Reader], Any]

    @classmethod
    def of(cls, part: str, event: str, formula: Callable[[Reader], Any]) -> UnitPrice:
        """The price of a formula; its parameters are those that it reads, in order."""
        used = dict[str, Parameter]()

        def read(parameter: Parameter) -> float:
            used[parameter.name] = parameter
            return parameter.value

        return cls(part, event, formula(read), tuple(used.values()), formula)

    @property
    def basis(self) -> str:
        """``assumed`` if one of its parameters is, else that of the first."""
        bases = [p.basis for p in self.parameters]
        return "assumed" if "assumed" in bases else bases[0]

    @property
    def source(self) -> str:
        """Sources of its parameters, once each; of what is assumed the names."""
        published = dict.fromkeys(p.source for p in self.parameters if p.basis != "assumed")
        assumed = ", ".join(p.name for p in self.parameters if p.basis == "assumed")
        return "; ".join((*published, *([f"assumed: {assumed}"] if assumed else [])))


def sram_access(size_bytes: float) -> UnitPrice:
    """A 64-bit access of an SRAM of a size at 28 nm (scale assumed).

    Between the sizes of the table along straight lines in logarithms, about the square root of the size; below 8 KiB as
    at 8 KiB, above 1 MiB as a bank of 1 MiB.

    Raises:
        InputError: no size.
    """
    return UnitPrice.of("synapses", "64-bit access", lambda read: access_energy(size_bytes, read) * read(NODE_SCALE))


def access_energy(size_bytes: float, read: Reader = stated) -> Any:
    """The same at 45 nm, J, of the table's energies as stated or others. Raises InputError: no size."""
    first, second, share = _between(size_bytes)
    if share in (0, 1):  # reads no energy that does not bear on it
        return read(second if share else first)
    return read(first) ** (1 - share) * read(second) ** share


def _between(size_bytes: float) -> tuple[Parameter, Parameter, float]:
    """The two sizes of the table around one, and how far it is from the first to the second."""
    if not 0 < size_bytes < math.inf:
        raise InputError("not a size", where="SRAM", found=size_bytes, allowed="bytes, above 0")
    size = min(max(size_bytes, _SIZES[0][0]), _SIZES[-1][0])
    (low, first), (high, second) = next(pair for pair in itertools.pairwise(_SIZES) if size <= pair[1][0])
    return first, second, math.log(size / low) / math.log(high / low)


def digital_synapse(weights: int | None, precision: str = "int8", *, graded: bool) -> tuple[UnitPrice, UnitPrice]:
    """Reading a weight, and adding it (graded: multiplying it with an input that is no whole number first).

    Args:
        weights: in the layer's own memory; None: not known, then as of 32 KiB.

    Raises:
        InputError: unknown precision.
    """
    if precision not in PRECISIONS:
        raise InputError("unknown precision", where="precision", found=precision, allowed=", ".join(PRECISIONS))
    mac, add, width = PRECISIONS[precision]
    access = sram_access(weights * width if weights else _SIZES[1][0]).formula
    operation = mac if graded else add
    what = "multiply-accumulate" if graded else "accumulation"
    return (
        UnitPrice.of("synapses", "weight read", lambda read: access(read) * width / SRAM_WORD_BYTES),
        UnitPrice.of("synapses", what, lambda read: read(operation) * read(NODE_SCALE)),
    )


def array_synapse() -> tuple[UnitPrice, UnitPrice, UnitPrice]:
    """An array of devices: the read pulse through a weight, its share of the row's line, a column's sense amplifier.

    The first two are per weight that an input spike meets, the last per output and time step.
    """
    return (
        UnitPrice.of(
            "synapses",
            "read pulse through a weight",
            lambda read: read(DEVICES) * read(READ_V) ** 2 / read(DEVICE_OHM) * read(READ_S),
        ),
        UnitPrice.of("synapses", "row line, per weight", lambda read: read(DEVICES) * read(LINE_F) * read(LINE_V) ** 2),
        UnitPrice.of("synapses", "sense amplifier", lambda read: read(SENSE)),
    )


def moved_spike(hops: float | None = None) -> UnitPrice:
    """An output spike on its way to the next layer, as an address event; published for 14 nm, not scaled.

    Raises:
        InputError: a negative number of hops.
    """
    if hops is not None and not 0 <= hops < math.inf:
        raise InputError("not a number of hops", where="hops", found=hops, allowed=">= 0")
    number = HOPS if hops is None else HOPS.with_value(hops)
    return UnitPrice.of("moved spikes", "address event", lambda read: read(WITHIN_TILE) + read(number) * read(HOP))


def amplitude_source(supply_V: float) -> UnitPrice:
    """One conversion of a number into an amplitude or a width, by a capacitive converter at a supply (V)."""
    return UnitPrice.of(
        "amplitude source", "conversion", lambda read: 2 ** read(AMPLITUDE_BITS) * read(UNIT_F) * supply_V**2
    )

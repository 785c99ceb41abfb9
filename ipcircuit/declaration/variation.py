"""How one copy of a device differs from another: relative spreads of its parameters, declared with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ipcircuit.errors import InputError
from ipcircuit.parameters import Basis
from ipcircuit.sampling import Sample

if TYPE_CHECKING:
    from ipcircuit.declaration.device import Device


@dataclass(frozen=True)
class Variation:
    """One cause of spread between devices.

    Attributes:
        name: the cause, in the field's words.
        parameters: what it scales, all by the same factor exp(sigma · z) of a standard normal z.
        sigma: standard deviation of the factor's logarithm; for small ones the relative standard deviation.
        source: paper and place, or the reason for an assumption.
        basis: how the value was obtained.
    """

    name: str
    parameters: tuple[str, ...]
    sigma: float
    source: str
    basis: Basis

    def __post_init__(self) -> None:
        if not 0 <= self.sigma < 1:
            raise InputError("spread out of range", where=f"variation {self.name}", found=self.sigma, allowed="0 … 1")


def varied(device: Device, sample: Sample, instance: str) -> Device:
    """The copy of a device that `sample` has at `instance` (a name of its place in the circuit).

    Raises:
        InputError: a parameter leaves the range in which the model holds.
    """
    values = device.values()
    for variation in device.variations:
        factor = math.exp(variation.sigma * sample.normal(f"{instance}.{variation.name}"))
        values |= {name: factor * values[name] for name in variation.parameters}
    changed = {name for variation in device.variations for name in variation.parameters}
    return device.with_parameters(**{name: values[name] for name in changed})

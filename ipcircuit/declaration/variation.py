"""Relative spread of a device's parameters between copies, declared with the device."""

from __future__ import annotations

from dataclasses import dataclass

from ipcircuit.errors import InputError
from ipcircuit.parameters import Basis


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

"""What a laboratory measures on a device, declared by the device: conditions, the measured quantity, its prediction.

A device names its observables lazily (`Device.observables`), so that a plug-in's device or a user's own brings its own
and the fit knows no family by name. A prediction comes from the device's declaration, never from a second copy of its
equations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from ipcircuit.declaration.device import Device

SMALLEST = math.ulp(0.0)  #: as a minimum: above 0
#: device, parameter values and conditions by name, all SI; see `Observable.predict`.
Predict = Callable[["Device", Mapping[str, Any], Mapping[str, np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Quantity:
    """A number in a data file: `unit` is SI (``""`` for a pure number), `minimum` and `maximum` are inclusive.

    `default` is what it is where a data file does not say; None where it must.
    """

    name: str
    unit: str
    description: str
    default: float | None = None
    minimum: float = -math.inf
    maximum: float = math.inf
    whole: bool = False

    @property
    def allowed(self) -> str:
        """The range in words."""
        low = "above 0" if self.minimum == SMALLEST else f"{self.minimum:g}"
        return f"{'whole numbers, ' if self.whole else ''}{low} … {self.maximum:g} {self.unit}".rstrip()

    def holds(self, value: float) -> bool:
        """Whether a value is within the range, and whole where it must be."""
        return self.minimum <= value <= self.maximum and (not self.whole or value == round(value))


@dataclass(frozen=True)
class Observable:
    """One kind of measurement.

    Attributes:
        name: as a data file calls it.
        summary: one line.
        value: what is measured.
        conditions: under what, by name; a column of the data, or a constant of the protocol.
        predict: the measured quantity for parameter values (scalars, or arrays of shape (k, 1) for k devices at once)
            and conditions (each of shape (n,), one per datum); returns shape (n,) or (k, n), SI.
        counted: the value is a probability that may be given as counts (columns `fired` and `trials`).
    """

    name: str
    summary: str
    value: Quantity
    conditions: tuple[Quantity, ...]
    predict: Predict
    counted: bool = False


def observables_of(device: Device) -> dict[str, Observable]:
    """Observables of a device by name.

    Raises:
        InputError: it declares none.
    """
    target = device.observables
    if isinstance(target, str):
        module, _, attribute = target.partition(":")
        declared = getattr(import_module(module), attribute) if target else ()
    else:
        declared = target()
    if not declared:
        raise InputError("nothing to fit: the device declares no observables", where=device.name)
    return {observable.name: observable for observable in declared}

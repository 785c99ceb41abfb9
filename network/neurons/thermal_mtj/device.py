"""Junctions of a differential neuron as compact models, of the checked circuit or as printed; and their spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any

import torch
from pydantic import Field

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, record

DEVICES = ("circuit", "circuit-one-pole", "liu2025")
FORMER_NAMES = {"paper": "liu2025"}  # in runs stored before 2026-12


@dataclass(frozen=True)
class NeuronDevice:
    """Compact models of the heat-sensitive junction and of the reference, the same junction without heat."""

    name: str
    temporal: ThermalNeuronParameters

    @property
    def reference(self) -> ThermalNeuronParameters:
        """Both junctions share one baseline (Methods); the circuit's reference is 0.2 mV off, below its mismatch."""
        return insensitive(self.temporal)

    def without_plasticity(self) -> NeuronDevice:
        """The same neuron whose heat never reaches the firing midpoint: the ablation."""
        return NeuronDevice(f"{self.name}, no plasticity", insensitive(self.temporal))

    def with_decay(self, *decay: float) -> NeuronDevice:
        """The same neuron with other decay factors per step, one for each thermal pole."""
        return self._changed(f"decay {decay} set by the user", decay=decay)

    def with_slope(self, slope: float) -> NeuronDevice:
        """The same neuron with another slope (1/V) of the firing curves of both junctions; their midpoints stay."""
        return self._changed(f"slope {slope:g} 1/V set by the user", slope=slope)

    def with_period(self, period_s: float) -> NeuronDevice:
        """The same neuron with a pulse every `period_s` s: the junctions wait, and cool, after each cycle.

        A pulse brings the same heat as before, so the heat that the next one finds has cooled for the wait as
        well: every pole's decay is exp(-T/tau), and its heating is less by exp(-wait/tau). Raises InputError:
        shorter than the cycle of the pulses, which cannot be left out.
        """
        t = self.temporal
        if not t.period <= period_s < math.inf:
            problem = "shorter than one cycle of set, read and reset"
            raise InputError(problem, where="period_s", found=period_s, allowed=f"at least {t.period:g} s")
        wait = [math.exp((t.period - period_s) / tau) if tau else 0.0 for tau in t.time_constants()]
        cooled = {
            name: tuple(value * left for value, left in zip(getattr(t, name), wait, strict=True))
            for name in ("decay", "alpha", "beta", "delta")
        }
        return self._changed(f"a pulse every {period_s:g} s", period=period_s, **cooled)

    def _changed(self, note: str, **changes: Any) -> NeuronDevice:
        return NeuronDevice(self.name, replace(self.temporal, origin=f"{self.temporal.origin}; {note}", **changes))


def insensitive(parameters: ThermalNeuronParameters) -> ThermalNeuronParameters:
    """The same firing curve without heating (Eqs. 13-15): one pole that stays at 0."""
    return replace(
        parameters, decay=(0.0,), alpha=(0.0,), beta=(0.0,), delta=(0.0,), origin=f"{parameters.origin}; heating off"
    )


def load_device(name: str = "circuit", parameters: tuple[tuple[str, float], ...] = ()) -> NeuronDevice:
    """A differential neuron's junctions.

    Args:
        name: ``circuit``: reduced from the device declaration as the circuit `differential` drives it, two thermal
            poles, what `ipcircuit check` compares with ngspice; ``circuit-one-pole``: the same with one pole for both;
            ``liu2025``: the printed numbers of the source alone, one pole (also ``paper``, its former name).
        parameters: of the heat-sensitive junction, names and values in place of the declared ones.

    Raises:
        InputError: unknown name, or parameters that the junction cannot have or where no declaration is used.
    """
    return _loaded(FORMER_NAMES.get(name, name), parameters)


@cache
def _loaded(name: str, parameters: tuple[tuple[str, float], ...]) -> NeuronDevice:
    if name == "liu2025" and parameters:
        raise InputError("printed numbers take no parameters of a junction", where="device", found=name)
    if name == "liu2025":
        from ipcircuit.compact.thermal_mtj.published import published_parameters

        return NeuronDevice(name, published_parameters())
    if name not in DEVICES:
        raise InputError("unknown device", where="device", found=name, allowed=", ".join(DEVICES))
    from circuits.thermal_mtj.check import compact_of
    from circuits.thermal_mtj.neuron import SET_BY_CIRCUIT, ThermalMtjConditions, differential

    values = {key: value for key, value in parameters if key not in SET_BY_CIRCUIT}
    neuron, poles = differential().with_device(**values), 1 if name == "circuit-one-pole" else 2
    return NeuronDevice(name, compact_of(neuron, neuron.halves[0], ThermalMtjConditions(), poles))


@record
class DeviceSpread:
    """Deviations of devices from the nominal one; all zero by default. No source gives these: they are for sweeps.

    Attributes:
        midpoint_V: standard deviation of the firing midpoint, V.
        heating: relative standard deviation of the midpoint shift by heat; negative draws count as 0.
        off: share of devices that never fire.
        seed: of the draw.
    """

    midpoint_V: NonNegative = 0.0
    heating: NonNegative = 0.0
    off: Annotated[float, Field(ge=0, le=1)] = 0.0
    seed: int = 0

    def draw(self, neurons: int, features: tuple[int, ...], salt: int = 0) -> dict[str, torch.Tensor]:
        """`midpoint` (V), `heat` (factor) and `works` (1 or 0), each of shape (neurons, *features).

        `salt` keeps the draws of two junctions of one neuron apart.
        """
        generator = torch.Generator().manual_seed(2 * self.seed + salt)
        shape = (neurons, *features)
        midpoint = self.midpoint_V * torch.randn(shape, generator=generator)
        heat = (1 + self.heating * torch.randn(shape, generator=generator)).clamp(min=0)
        works = (torch.rand(shape, generator=generator) >= self.off).float()
        return {"midpoint": midpoint, "heat": heat, "works": works}

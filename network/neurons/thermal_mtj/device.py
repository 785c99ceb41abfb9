"""The two junctions of a differential neuron as compact models: of the circuit that is checked, or as printed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.errors import InputError

DEVICES = ("circuit", "circuit-one-pole", "liu2025")
FORMER_NAMES = {"paper": "liu2025"}  # in runs stored before 2026-12


@dataclass(frozen=True)
class NeuronDevice:
    """Compact models of the heat-sensitive junction and of the reference, which takes no heat."""

    name: str
    temporal: ThermalNeuronParameters
    reference: ThermalNeuronParameters

    def without_plasticity(self) -> NeuronDevice:
        """The same neuron whose heat never reaches the firing midpoint: the ablation."""
        return NeuronDevice(f"{self.name}, no plasticity", insensitive(self.temporal), self.reference)

    def with_decay(self, *decay: float) -> NeuronDevice:
        """The same neuron with other decay factors per step, one for each thermal pole."""
        temporal = replace(self.temporal, decay=decay, origin=f"{self.temporal.origin}; decay {decay} set by the user")
        return NeuronDevice(self.name, temporal, self.reference)

    def with_period(self, period_s: float) -> NeuronDevice:
        """The same neuron with a pulse every `period_s` s: the junctions wait, and cool, after each cycle.

        A pulse brings the same heat as before, so the heat that the next one finds has cooled for the wait as well:
        every pole's decay is exp(-T/tau), and its heating is less by exp(-wait/tau).

        Raises:
            InputError: shorter than the cycle of the pulses, which cannot be left out.
        """
        cycle = self.temporal.period
        if not cycle <= period_s < math.inf:
            raise InputError(
                "shorter than one cycle of set, read and reset",
                where="period_s",
                found=period_s,
                allowed=f"at least {cycle:g} s",
            )
        wait = tuple(math.exp((cycle - period_s) / tau) if tau else 0.0 for tau in self.temporal.time_constants())

        def cooled(values: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(value * left for value, left in zip(values, wait, strict=True))

        t = self.temporal
        temporal = replace(
            t,
            decay=cooled(t.decay),
            alpha=cooled(t.alpha),
            beta=cooled(t.beta),
            delta=cooled(t.delta),
            period=period_s,
            origin=f"{t.origin}; a pulse every {period_s:g} s",
        )
        return NeuronDevice(self.name, temporal, replace(self.reference, period=period_s))

    def with_slope(self, slope: float) -> NeuronDevice:
        """The same neuron with another slope (1/V) of the firing curves of both junctions; their midpoints stay."""
        origin = f"{self.temporal.origin}; slope {slope:g} 1/V set by the user"
        return NeuronDevice(
            self.name, replace(self.temporal, slope=slope, origin=origin), replace(self.reference, slope=slope)
        )


def insensitive(parameters: ThermalNeuronParameters) -> ThermalNeuronParameters:
    """The same firing curve without heating (Eqs. 13-15): one pole that stays at 0."""
    return replace(
        parameters, decay=(0.0,), alpha=(0.0,), beta=(0.0,), delta=(0.0,), origin=f"{parameters.origin}; heating off"
    )


@cache
def load_device(name: str = "circuit") -> NeuronDevice:
    """A differential neuron's junctions.

    Args:
        name: ``circuit``: reduced from the device declaration as the circuit `differential` drives it, two thermal
            poles, what `ipcircuit check` compares with ngspice; ``circuit-one-pole``: the same with one pole for both;
            ``liu2025``: the printed numbers of the source alone, one pole (also ``paper``, its former name).

    Raises:
        InputError: unknown name.
    """
    if name in FORMER_NAMES:
        return load_device(FORMER_NAMES[name])
    if name == "liu2025":
        from ipcircuit.compact.thermal_mtj.published import published_parameters

        return NeuronDevice(name, published_parameters(), insensitive(published_parameters()))
    if name not in DEVICES:
        raise InputError("unknown device", where="device", found=name, allowed=", ".join(DEVICES))
    from circuits.thermal_mtj.check import drive_of
    from circuits.thermal_mtj.neuron import ThermalMtjConditions, differential
    from ipcircuit.compact.thermal_mtj.reduce import reduce

    neuron, poles = differential(), 1 if name == "circuit-one-pole" else 2
    half = neuron.halves[0]
    temporal = reduce(half.device, drive_of(neuron, half, ThermalMtjConditions()), poles).parameters
    # Both junctions share one baseline (Methods). The circuit's reference differs by 0.2 mV, below its mismatch.
    return NeuronDevice(name, temporal, insensitive(temporal))

"""The two junctions of a differential neuron as compact models: of the circuit that is checked, or as printed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from ipcircuit.compact.parameters import ThermalNeuronParameters
from ipcircuit.errors import InputError

DEVICES = ("circuit", "circuit-one-pole", "paper")


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
            ``paper``: seed 1's printed numbers alone, one pole.

    Raises:
        InputError: unknown name.
    """
    if name == "paper":
        from ipcircuit.compact.published import seed_parameters

        return NeuronDevice(name, seed_parameters(), insensitive(seed_parameters()))
    if name not in DEVICES:
        raise InputError("unknown device", where="device", found=name, allowed=", ".join(DEVICES))
    from circuits.deck import Conditions
    from circuits.mtj_check import drive_of
    from circuits.neuron import differential
    from ipcircuit.compact.reduce import reduce

    neuron, poles = differential(), 1 if name == "circuit-one-pole" else 2
    half = neuron.halves[0]
    temporal = reduce(half.device, drive_of(neuron, half, Conditions()), poles).parameters
    # Both junctions share one baseline (Methods). The circuit's reference differs by 0.2 mV, below its mismatch.
    return NeuronDevice(name, temporal, insensitive(temporal))

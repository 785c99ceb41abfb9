"""The resistance at which a filter's neuron turns a change of charge into a change of count.

A neuron that needs between one and two spikes fires on every second one whatever their charge. Only where `spikes`
spikes just fail at rest and just suffice with a facilitated charge does the count follow the filter.
"""

from __future__ import annotations

from scipy.optimize import brentq

from circuits.ecram_lif.temporal_filter import RATIO, TemporalFilter, temporal_filter
from ipcircuit.compact.ecram_lif.neuron import needed_conductance
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.devices.ecram.device import declare
from ipcircuit.errors import InputError
from network.experiments.filters.prediction import contrast
from network.experiments.filters.rates import pair_parameters

SPIKES = 2  # the least at which facilitation decides: 3 input spikes per output spike at rest, 2 when facilitated
LEVEL = 1 / 3  # of the contrast, where the threshold lies; below a half, for bursts end before the response settles
HIGHEST_OHM = 1e6  # search range


def rest_conductance(neuron: LifNeuronParameters, design: TemporalFilter) -> float:
    """Mean conductance (S) of both branches during a spike from rest."""
    return sum(1 / (p.base_ohm + p.series_ohm + p.effect * p.step_ohm / 2) for p in pair_parameters(neuron, design))


def sized_ohms(neuron: LifNeuronParameters, spikes: int = SPIKES, level: float = LEVEL, ratio: float = RATIO) -> float:
    """Resistance (ohm) of the facilitating channel with which `spikes` spikes reach the threshold once the charge has
    risen by `level` of the filter's contrast.

    Raises:
        InputError: no resistance within the device's window does.
    """
    p = declare().values()
    lowest = (p["r_low"] + p["r_volatile_max"]) * (1 + 1e-6)  # the depressing channel rests lower by the change's limit
    needed = needed_conductance(neuron, spikes)

    def excess(ohms: float) -> float:
        design = temporal_filter(1.0, ratio, ohms)
        return (
            rest_conductance(neuron, design) * (1 + level * (contrast(design, neuron.series_ohm) or 0.0)) / needed - 1
        )

    if not excess(lowest) > 0 > excess(HIGHEST_OHM):
        raise InputError("no resistance makes the neuron fire on that many spikes", where="spikes", found=spikes)
    return float(brentq(excess, lowest, HIGHEST_OHM))  # pyright: ignore[reportArgumentType]

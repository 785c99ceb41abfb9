"""Response of filters against input rate, event by event with the compact model that is checked against ngspice.

The train is applied spike by spike until the response has settled: an independent route to what
`network.experiments.filters.prediction` calculates, from whose formulas nothing is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.stages import reduce_lif
from circuits.ecram_lif.temporal_filter import TemporalFilter
from ipcircuit.compact.ecram_lif import neuron as lif_neuron
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.declaration.device import Device
from ipcircuit.devices.ecram.device import base_resistance
from ipcircuit.errors import InputError
from network.experiments.filters.prediction import checked_rates

Pair = tuple[LifNeuronParameters, LifNeuronParameters]
EVENTS = 600  # spikes of a train: some 20 times what saturation takes, 1/(step/limit); `SETTLED` is checked
SETTLED = 1e-3  # largest relative change of the response over the last tenth of the train


def neuron_parameters(conditions: Conditions | None = None) -> LifNeuronParameters:
    """The compact model's constants of the default neuron, reduced from single stages in ngspice (once per process).

    Without the tables of its threshold stage: following the stage in time takes some twenty times as long, and near the
    threshold has no usable gradient. What that costs is seen where the bank stands beside the whole neuron in ngspice.
    """
    return replace(reduce_lif(LifDesign(), conditions or Conditions()), stage=None)


def branch_parameters(neuron: LifNeuronParameters, device: Device) -> LifNeuronParameters:
    """The same neuron with another ECRAM as its synapse; the pulse is the same, so is its step."""
    p = device.values()
    return replace(
        neuron,
        base_ohm=base_resistance(device),
        effect=-p["volatile"] * p["sign"],
        shares=(1 - p["slow_share"], p["slow_share"]),
        taus_s=(p["tau_fast"], p["tau_slow"]),
        limit_ohm=p["r_volatile_max"],
        origin=f"{neuron.origin}; ECRAM of the filter",
    )


def pair_parameters(neuron: LifNeuronParameters, design: TemporalFilter) -> Pair:
    """Compact constants of both branches, the facilitating one first."""
    return branch_parameters(neuron, design.facilitating), branch_parameters(neuron, design.depressing)


def train_charges(filters: Sequence[Sequence[LifNeuronParameters]], intervals_s: torch.Tensor) -> torch.Tensor:
    """Charges (C) of trains given by the interval after each spike, (n, filters, trains), all filters at once."""

    def grid(name: str) -> torch.Tensor:
        values = [[getattr(p, name) for p in branches] for branches in filters]
        return torch.tensor(values, dtype=torch.float64).transpose(0, 1)[:, :, None]

    ohmic = (grid(name) for name in ("base_ohm", "series_ohm", "step_ohm", "limit_ohm", "effect"))
    poles_first = (grid(name).permute(3, 0, 1, 2) for name in ("shares", "taus_s"))
    synapse = lif_neuron.Synapse(*ohmic, *poles_first)
    charge = grid("drive_V") * grid("pulse_s")
    spike = torch.ones((len(filters[0]), len(filters), intervals_s.shape[-1]), dtype=torch.float64)
    poles = torch.zeros((len(synapse.shares), *spike.shape), dtype=torch.float64)
    charges = []
    for interval in intervals_s:
        charges.append((charge / lif_neuron.path_ohm(synapse, poles)).sum(0))
        poles = lif_neuron.next_poles(synapse, poles, spike, interval)
    return torch.stack(charges)


def gains_against_rates(filters: Sequence[Sequence[LifNeuronParameters]], rates_Hz: np.ndarray) -> np.ndarray:
    """Charge of a spike after a long regular train over that of the first, by filter, shape (filters, n).

    Args:
        filters: compact constants of each filter's branches, all with as many.
        rates_Hz: (n,) for all filters, or (filters, n).

    Raises:
        InputError: a rate out of range, or a train that has not settled.
    """
    rates = np.array([checked_rates(row) for row in np.atleast_2d(rates_Hz)])
    intervals = torch.as_tensor(1 / rates).expand(EVENTS, *rates.shape)
    charges = train_charges(filters, intervals)
    moved = float((charges[-1] / charges[-EVENTS // 10] - 1).abs().max())
    if moved > SETTLED:
        raise InputError("the train is too short to settle", where="rates_Hz", found=moved, allowed=f"{SETTLED:g}")
    return (charges[-1] / charges[0]).numpy()


def gain_against_rate(branches: Sequence[LifNeuronParameters], rates_Hz: np.ndarray) -> np.ndarray:
    """`gains_against_rates` of one filter, shape of `rates_Hz` (n,)."""
    return gains_against_rates([branches], rates_Hz)[0]


@dataclass(frozen=True)
class Peak:
    """The rate of the largest response and its height, interpolated."""

    rate_Hz: float
    gain: float


def peak(rates_Hz: np.ndarray, gains: np.ndarray) -> Peak | None:
    """Maximum of a response, by a parabola in the logarithm of the rate through the largest value and its neighbours.

    None where the largest value is at an end of the range: there is no maximum inside.
    """
    i = int(np.argmax(gains))
    if not 0 < i < len(gains) - 1:
        return None
    x, y = np.log(np.asarray(rates_Hz, float)[i - 1 : i + 2]), np.asarray(gains, float)[i - 1 : i + 2]
    a, b, c = np.polyfit(x - x[1], y, 2)
    if not a < 0:
        return None
    return Peak(float(np.exp(x[1] - b / (2 * a))), float(c - b * b / (4 * a)))


def measured_peaks(filters: Sequence[Sequence[LifNeuronParameters]], around_Hz: Sequence[float]) -> list[Peak | None]:
    """Preferred rate of each filter by events, looked for over a hundredfold range around `around_Hz`, 2 % apart."""
    highest = 0.99 / filters[0][0].pulse_s / 1.2  # an interval holds the pulse with its edges
    rates = np.array([np.geomspace(rate / 10, min(rate * 10, highest), 233) for rate in around_Hz])
    return [peak(*row) for row in zip(rates, gains_against_rates(filters, rates), strict=True)]

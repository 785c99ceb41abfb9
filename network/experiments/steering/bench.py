"""A bench of few thermal junctions that stand in for many neurons by turns, with their spread and their temperature.

Liu et al., Methods, "Experimental settings for hardware-in-the-loop": 49 neurons on 7 heat-sensitive junctions, each
used 7 times, and one shared heat-insensitive junction; 32 runs of each sequence are averaged. The junctions are driven
one by one by pulses of a stated voltage, so there is no divider. What the bench computes is the compact neuron's own
equations (`ipcircuit.compact.thermal_mtj.neuron`) with every junction's deviation and the state that the pulses before
really left.

**Temperature.** The declaration of the junction lowers the midpoint by `midpoint_shift` per kelvin, 1.97 mV/K, whether
its own heat or the room brings the kelvin. The neuron's firing curve moves by 1.91 mV/K: it is steeper than the
declared sigmoid, as a pulse heats while it is on, and moves by as much less. Only the product with the thermal
resistance is fitted; the 10 kK/W behind it are assumed, and with them all kelvins here. The heat-insensitive junction
is insensitive because it does not warm; whether a warm room moves it as well nobody has measured: both cases can be set
(`reference_warms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import Field

from ipcircuit.compact.thermal_mtj.neuron import firing_probability, heating, next_state, zero_state
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.devices.thermal_mtj.liu2025 import RESISTANCE_SPREAD, SPREADS, THERMAL_200NM
from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, PositiveCount, record
from network.neurons.thermal_mtj.device import DeviceSpread, NeuronDevice
from network.neurons.thermal_mtj.sample import sample_mean

Order = Literal["sequence", "interleaved"]
DEVICES, REPEATS = 7, 32  # Methods: heat-sensitive junctions; runs of each neuron and frame that are averaged
_VALUES = {parameter.name: parameter.value for parameter in THERMAL_200NM}
LOGIT_PER_K = _VALUES["midpoint_shift"] * _VALUES["k_set"]  # 1/K: of the firing probability, at any amplitude
_SWITCHING = next(cause.sigma for cause in SPREADS if "x0_set" in cause.parameters)
#: As declared, both assumed: switching voltage 2 %, and heat V²/R with the 5 % of the resistance.
DECLARED_SPREAD = DeviceSpread(_SWITCHING * _VALUES["x0_set"], RESISTANCE_SPREAD.sigma)


@record
class Bench:
    """Conditions of a run on devices. The default is the nominal device at the temperature it was measured at.

    Attributes:
        spread: between the junctions; the seed is drawn with. All of it but ``off`` counts.
        warmer_K: rise of the room's temperature over that of the measurement.
        reference_warms: whether that moves the midpoint of the shared reference too.
        recentred: every junction's midpoint was measured at this temperature and is added to its pulses.
        order: ``sequence``: a neuron's frames follow each other, then the junction rests; ``interleaved``: each frame
            goes through all neurons of a junction, so that a neuron finds the heat of those before it.
        wait: cycles of rest between two sequences; None is until cold. Only in ``sequence``, where one neuron's
            repetitions follow each other.
        devices, repeats: junctions; runs that are averaged.
    """

    spread: DeviceSpread = DeviceSpread()
    warmer_K: Annotated[float, Field(ge=-200, le=300)] = 0.0
    reference_warms: bool = False
    recentred: bool = False
    order: Order = "sequence"
    wait: NonNegative | None = None
    devices: PositiveCount = DEVICES
    repeats: PositiveCount = REPEATS

    def __post_init__(self) -> None:
        if self.order == "interleaved" and self.wait is not None:
            raise InputError("counts only where sequences follow each other", where="wait", allowed="order sequence")


@dataclass(frozen=True)
class Junctions:
    """Deviations of the junctions of one bench, V and factors.

    Attributes:
        midpoint: of the heat-sensitive junction that plays each neuron, (units,). reference: of the shared one.
        heat: factor of the heat-sensitive junctions' heat, (units,).
    """

    midpoint: torch.Tensor
    reference: float
    heat: torch.Tensor


def midpoint_per_K(parameters: ThermalNeuronParameters) -> float:
    """Fall of the neuron's firing midpoint by a kelvin of the room, V/K."""
    return LOGIT_PER_K / parameters.slope


def junctions(parameters: ThermalNeuronParameters, bench: Bench, units: int) -> Junctions:
    """Draw the bench's junctions and hand the neurons to them, the first ones to the first. Raises InputError."""
    if units % bench.devices:
        allowed = f"a multiple of {bench.devices}"
        raise InputError("neurons do not fill the junctions", where="units", found=units, allowed=allowed)
    drawn, shared = bench.spread.draw(1, (bench.devices,)), bench.spread.draw(1, (1,), salt=1)
    reuse = units // bench.devices
    fall = bench.warmer_K * midpoint_per_K(parameters)
    midpoint = drawn["midpoint"][0] - fall
    reference = float(shared["midpoint"]) - (fall if bench.reference_warms else 0.0)
    return Junctions(midpoint.repeat_interleave(reuse), reference, drawn["heat"][0].repeat_interleave(reuse))


def play(
    volts: torch.Tensor, device: NeuronDevice, bench: Bench, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Rates of the last frame as the bench measures them.

    Args:
        volts: set amplitudes (frames, batch, units), V, as the network wants them.
        device: nominal junctions.
        generator: of the firing; default torch's own.

    Returns:
        (batch, 2 x units): rates of the reference, and those of the heat-sensitive junctions less these.
    """
    own = junctions(device.temporal, bench, volts.shape[2])
    applied = _shifted(volts, own.midpoint.to(volts)) if bench.recentred else volts
    theta = own.heat.to(volts) * last_heat(device.temporal, applied, bench) - own.midpoint.to(volts)
    fired = firing_probability(device.temporal, theta.unsqueeze(0), applied[-1])
    error = volts.new_full((1, 1, 1), -own.reference)
    probe = _shifted(volts[-1], volts.new_tensor(own.reference)) if bench.recentred else volts[-1]
    reference = firing_probability(device.reference, error, probe)
    fired, reference = (sample_mean(p, bench.repeats, generator) for p in (fired, reference))
    return torch.cat((reference, fired - reference), 1)


def _shifted(volts: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """Pulses with an offset; where there is none, there stays none."""
    return torch.where(volts > 0, volts + by, torch.zeros_like(volts))


def last_heat(parameters: ThermalNeuronParameters, volts: torch.Tensor, bench: Bench) -> torch.Tensor:
    """Midpoint shift (batch, units), V, by the heat that the last frame's pulses find, in the order of the bench.

    Args:
        volts: amplitudes as applied, (frames, batch, units), V.
    """
    if bench.order == "interleaved":
        return _interleaved(parameters, volts, volts.shape[2] // bench.devices)
    state = zero_state(parameters, volts[0]) if bench.wait is None else _left_over(parameters, volts, bench.wait)
    for amplitudes in volts[:-1]:
        state = next_state(parameters, state, amplitudes)
    return state.sum(0)


def _left_over(parameters: ThermalNeuronParameters, volts: torch.Tensor, wait: float) -> torch.Tensor:
    """Heat (poles, batch, units), V, left by an endless row of the same sequence, `wait` cycles after each."""
    state = zero_state(parameters, volts[0])
    for amplitudes in volts:
        state = next_state(parameters, state, amplitudes)
    decay = volts.new_tensor(parameters.decay).reshape(-1, 1, 1)
    return state * decay**wait / (1 - decay ** (len(volts) + wait))


def _interleaved(parameters: ThermalNeuronParameters, volts: torch.Tensor, reuse: int) -> torch.Tensor:
    frames, batch, units = volts.shape
    by_turn = volts.reshape(frames, batch, units // reuse, reuse)
    state, found = zero_state(parameters, by_turn[0, :, :, 0]), []
    for frame in by_turn:
        for turn in range(reuse):
            found.append(state.sum(0))
            state = next_state(parameters, state, frame[:, :, turn])
    return torch.stack(found[-reuse:], 2).reshape(batch, units)


@dataclass(frozen=True)
class CrossTalk:
    """Heat that a neuron finds: of its own previous pulse in either order, and of other neurons where interleaved.

    All midpoint shifts in V, for pulses of one amplitude in every cycle.
    """

    own: float
    own_interleaved: float
    foreign: float


def cross_talk(parameters: ThermalNeuronParameters, volts: float, reuse: int = DEVICES) -> CrossTalk:
    """From the decay constants alone: other neurons' `reuse` - 1 pulses lie between a neuron's two."""
    pulse = heating(parameters, torch.tensor(volts, dtype=torch.float64))
    decay = torch.tensor(parameters.decay, dtype=torch.float64)
    foreign = sum(pulse * decay**age for age in range(reuse - 1))
    own = pulse * decay ** (reuse - 1)
    return CrossTalk(float(pulse.sum()), float(own.sum()), float(torch.as_tensor(foreign).sum()))

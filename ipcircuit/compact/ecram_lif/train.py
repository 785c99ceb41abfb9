"""Energy and length of the delay-feedback LIF neuron's operation under a regular train, for many sets of constants.

The synapse is that of `ipcircuit.compact.ecram_lif.neuron`. The membrane is charged spike by spike and leaks in
between; whether it fires is decided spike by spike, so that a whole number of input spikes comes out. The threshold
stage is reduced to a threshold, and to the lag with which its output follows a membrane above it:

    integral of (V - threshold) dt = lag

Energy of an operation, between the first and the last output spike of the train, over the output spikes in it:

    E = E_spike + n E_input + P_static T                           n input spikes in the time T
        + V_DD C (leaked V + V_last - V_first - missing V) + lingering + late take-off

V_first and V_last are the membrane as the output rises. docs/methods/surrogates.md has the derivation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self

import torch

from ipcircuit.compact.ecram_lif.neuron import Synapse, next_poles, path_ohm
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE

#: End of an input spike after its beginning, half way down, s.
END = GATE_PULSE.rise + GATE_PULSE.plateau + GATE_PULSE.fall / 2
SETTLED = GATE_PULSE.duration + 2e-9  # s after its beginning: the membrane has been charged
#: A membrane that is charged to less than this above the threshold sinks back before the stage has followed it, V.
LEAST_OVER = 0.7e-3
HESITATION = 0.5e-3  # V that the pull-up adds while the stage hesitates
LATEST = 185e-9  # s, of an output spike after its input spike: later ones do not come
RESET = 30e-9  # s from the output's rise to a membrane that is free again
FLATTENING = 4e-3  # V below the threshold, within which the pull-up makes up for the leak
REST_V = (0.0, 0.12, 0.38)  # membranes at which the current into it is given
LINGER_V = (0.0, -0.05, -0.15)  # membrane less threshold, at which the energy of lingering is given
LINGER_FROM = -0.25  # V; below, it is lost in what is static
CLIMB_SHARE = 0.83  # of the climb of a membrane charged at once, by which one charged slowly takes longer
BUFFER_SHARE, BUFFER_TIME = 3.2, 20e-9  # of the output buffer, which a late take-off keeps in its middle
PASSES = 4  # of the implicit midpoint; the third changes the membrane by less than 1 µV


@dataclass(frozen=True)
class TrainParameters:
    """Constants of neuron and train; tensors of one shape, of which each has a value per set.

    Attributes:
        interval_s, count: of the input spikes.
        supply_V, membrane_F: supply and membrane capacitor.
        base_ohm, step_ohm, limit_ohm, effect, slow_share, tau_fast_s, tau_slow_s: synapse, as `LifNeuronParameters`.
        drive_V, drive_slope, drive_bend, switch: of the current I through channel R and switch at V = x supply:
            R I = drive_V + drive_slope x + drive_bend x² - switch sqrt(I).
        pulse_s, pulse_slope_s, pulse_fall_s: length of an input spike, its change with x, and with R over base_ohm.
        rest_0_A, rest_1_A, rest_2_A: current into the membrane at `REST_V`, threshold stage at rest.
        thermal_V: over which the leak saturates.
        reset_V: membrane after the reset.
        threshold_V: membrane from which it reaches the spike by itself.
        lag_Vs: of the threshold stage. pull_V: membrane above the threshold at the output's rise, if charged slowly.
        climb_s, swing_s: of the membrane in a spike, from the output's rise to nine tenths of the supply if charged
            at once, and time constant with which it nears the supply from there.
        width_s: from the output's rise to the reset.
        spike_J: of an output spike with a whole swing. input_J: of an input spike, without
            what it puts on the membrane.
        static_W: of what leaks.
        linger_0_J, linger_1_J, linger_2_J: of the threshold stage from one input spike to the next, at `LINGER_V`.
        buffer_J: of the output buffer in a prompt take-off.
    """

    interval_s: Any
    count: Any
    supply_V: Any
    membrane_F: Any
    base_ohm: Any
    step_ohm: Any
    limit_ohm: Any
    effect: Any
    slow_share: Any
    tau_fast_s: Any
    tau_slow_s: Any
    drive_V: Any
    drive_slope: Any
    drive_bend: Any
    switch: Any
    pulse_s: Any
    pulse_slope_s: Any
    pulse_fall_s: Any
    rest_0_A: Any
    rest_1_A: Any
    rest_2_A: Any
    thermal_V: Any
    reset_V: Any
    threshold_V: Any
    lag_Vs: Any
    pull_V: Any
    climb_s: Any
    swing_s: Any
    width_s: Any
    spike_J: Any
    input_J: Any
    static_W: Any
    linger_0_J: Any
    linger_1_J: Any
    linger_2_J: Any
    buffer_J: Any

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From arrays by name. Others than the fields are left alone."""
        tensors = {f.name: torch.as_tensor(values[f.name], dtype=torch.float64) for f in fields(cls)}
        return cls(**{name: torch.atleast_1d(tensor) for name, tensor in tensors.items()})

    @property
    def synapse(self) -> Synapse:
        """The synapse, without the switch."""
        shares = torch.stack([1 - self.slow_share, self.slow_share])
        taus = torch.stack([self.tau_fast_s, self.tau_slow_s])
        none = torch.zeros_like(self.base_ohm)
        return Synapse(self.base_ohm, none, self.step_ohm, self.limit_ohm, self.effect, shares, taus)


def injected(p: TrainParameters, volts: torch.Tensor, ohms: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
    """What an input spike through a channel (ohm) adds to a membrane (V); `near`: about as much, V."""
    added = near
    for _ in range(PASSES):
        x = (volts + added / 2) / p.supply_V
        length = p.pulse_s + p.pulse_slope_s * x + p.pulse_fall_s * (ohms / p.base_ohm - 1)
        added = length * channel_current(p, x, ohms) / p.membrane_F
    return added


def channel_current(p: Any, x: Any, ohms: Any) -> Any:
    """Current (A) through channel and switch into a membrane at x times the supply; `p` has drive and switch."""
    drive = p.drive_V + (p.drive_slope + p.drive_bend * x) * x
    root = ((p.switch**2 + 4 * ohms * drive) ** 0.5 - p.switch) / (2 * ohms)
    return root * root


class TakeOff(NamedTuple):
    """An output spike: time after its input spike's beginning (s), and membrane above the threshold as it rises (V)."""

    delay: torch.Tensor
    membrane: torch.Tensor


def take_off(p: TrainParameters, over: torch.Tensor, added: torch.Tensor) -> TakeOff:
    """Of a membrane that an input spike, adding `added` (V), takes `over` (V) above the threshold."""
    slope = added / END
    over = torch.minimum(over, added).clamp(min=LEAST_OVER)
    crossed = END - over / slope
    during = crossed + torch.sqrt(2 * p.lag_Vs / slope)  # the stage follows while the membrane is still charged
    after = END + (p.lag_Vs / (over + HESITATION) - (END - crossed) / 2).clamp(min=0.0)
    reached = torch.minimum(over, torch.sqrt(2 * p.lag_Vs * slope))
    return TakeOff(torch.where(during < END, during, after).clamp(max=LATEST), torch.hypot(p.pull_V, reached))


def take_off_energy(p: TrainParameters, delay: torch.Tensor) -> torch.Tensor:
    """What a late take-off costs (J): threshold stage and output buffer near their middles."""
    late = (delay - END).clamp(min=0.0)
    return p.linger_0_J / p.interval_s * late + BUFFER_SHARE * p.buffer_J * late / (late + BUFFER_TIME)


def missing(p: TrainParameters, above: torch.Tensor) -> torch.Tensor:
    """What a spike's membrane lacks of the supply at its reset (V), if `above` the threshold (V) at the output's rise.

    A stage that took off slowly opens the pull-up slowly. From nine tenths of the supply on the membrane nears it as an
    RC does.
    """
    climb = p.climb_s * (1 + CLIMB_SHARE * p.pull_V / above)
    return 0.1 * p.supply_V * torch.exp((climb - p.width_s) / p.swing_s)


def leaked(p: TrainParameters, volts: torch.Tensor) -> torch.Tensor:
    """Fall (V) of a charged membrane until the next input spike; negative where it rises."""
    full = [-torch.expm1(-at / p.thermal_V) for at in REST_V[1:]]
    low, high = (p.rest_0_A - p.rest_1_A) / full[0], (p.rest_0_A - p.rest_2_A) / full[1]
    slope = (high - low) / (REST_V[2] - REST_V[1])
    leak = (low + slope * (volts - REST_V[1])) * -torch.expm1(-volts / p.thermal_V) - p.rest_0_A
    flattened = -torch.expm1(((volts - p.threshold_V) / FLATTENING).clamp(max=0.0))
    return leak * flattened * (p.interval_s - SETTLED) / p.membrane_F


def linger_energy(p: TrainParameters, over: torch.Tensor) -> torch.Tensor:
    """What the threshold stage takes (J) while the membrane waits below its threshold; its logarithm is quadratic."""
    logs, at = [torch.log(e) for e in (p.linger_0_J, p.linger_1_J, p.linger_2_J)], LINGER_V
    first = (logs[1] - logs[0]) / at[1]
    second = ((logs[2] - logs[1]) / (at[2] - at[1]) - first) / at[2]
    x = over.clamp(LINGER_FROM, 0.0)
    return torch.exp(logs[0] + first * x + second * x * (x - at[1]))


class _Tally:
    """Sums between the first and the last output spike, each of shape (n,)."""

    def __init__(self, like: torch.Tensor) -> None:
        self.spikes = self.inputs = self.energy_J = self._pending_J = self._pending = torch.zeros_like(like)
        self.first = self.last = (torch.zeros_like(like),) * 3  # time (s), membrane (V), share of its input spike

    def add(
        self, fired: torch.Tensor, joule: torch.Tensor, spike: tuple[torch.Tensor, ...], after: torch.Tensor
    ) -> None:
        """An input spike, what it costs, the output spike that it makes where it has `fired`, and what this costs."""
        begun = fired & (self.spikes > 0)
        pending, number, none = self._pending_J + joule, self._pending + 1, torch.zeros_like(joule)
        self.energy_J = self.energy_J + torch.where(begun, pending, none)
        self.inputs = self.inputs + torch.where(begun, number, none)
        self._pending_J, self._pending = torch.where(fired, after, pending), torch.where(fired, none, number)
        self.first = _replaced(self.first, fired & (self.spikes == 0), spike)
        self.last = _replaced(self.last, fired, spike)
        self.spikes = self.spikes + fired


def _replaced(old: tuple[torch.Tensor, ...], where: torch.Tensor, new: tuple[torch.Tensor, ...]) -> Any:
    return tuple(torch.where(where, b, a) for a, b in zip(old, new, strict=True))


class TrainOperation(NamedTuple):
    """Mean operation of a train, arrays of shape (n,): without two output spikes NaN.

    Attributes:
        energy_J, period_s: energy and time from one output spike to the next.
        spikes: output spikes of the train. inputs: input spikes per operation.
    """

    energy_J: torch.Tensor
    period_s: torch.Tensor
    spikes: torch.Tensor
    inputs: torch.Tensor


def operation(p: TrainParameters) -> TrainOperation:
    """The operation under the train of the parameters, from rest."""
    volts, synapse = torch.zeros_like(p.supply_V), p.synapse
    poles, spike = volts.new_zeros((2, *volts.shape)), torch.ones_like(volts)
    near, tally = torch.zeros_like(volts), _Tally(volts)
    for n in range(round(float(p.count.max()))):
        near = added = injected(p, volts, path_ohm(synapse, poles), near)
        charged = volts + added
        over = charged - p.threshold_V
        fired, out, fall = over > LEAST_OVER, take_off(p, over, added), leaked(p, charged)
        waiting = linger_energy(p, over) + p.supply_V * p.membrane_F * fall
        joule = torch.where(fired, take_off_energy(p, out.delay), waiting)
        spike_now = (n * p.interval_s + out.delay, out.membrane, (out.delay / END).clamp(max=1.0))
        tally.add(fired, joule, spike_now, -p.supply_V * p.membrane_F * missing(p, out.membrane))
        free = p.reset_V + p.rest_0_A * (p.interval_s - out.delay - RESET) / p.membrane_F
        volts = torch.where(fired, free, charged - fall)
        poles = next_poles(synapse, poles, spike, p.interval_s)
    return _mean(p, tally)


def _mean(p: TrainParameters, tally: _Tally) -> TrainOperation:
    count = torch.where(tally.spikes > 1, tally.spikes - 1, torch.nan)
    time, volts, begun = (b - a for a, b in zip(tally.first, tally.last, strict=True))
    swing = p.supply_V * p.membrane_F * volts / count
    inputs = (tally.inputs + begun) / count
    joule = p.spike_J + swing + inputs * p.input_J + p.static_W * time / count + tally.energy_J / count
    return TrainOperation(joule, time / count, tally.spikes, tally.inputs / count)

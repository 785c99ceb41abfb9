"""Constants of the delay-feedback neuron's operation under its regular train, from the simulated train and dc sweeps.

What the sweep of `circuits.ecram_lif.stages` says of single stages (switch, leak, threshold) is taken from it; the rest
is read off the train. Each is a smooth function of the circuit's parameters, as the number of input spikes to an output
spike is not: a surrogate is fitted to these and counts by `ipcircuit.compact.ecram_lif.train`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from scipy import constants

from circuits.ecram_lif.stages import FRACTIONS, stage_sweep
from circuits.ecram_lif.testbench import ZERO_C_K, DelayFeedbackTestbench
from circuits.measurement import Measurement
from circuits.testbench import Testbench
from ipcircuit.compact.ecram_lif.train import (
    BUFFER_SHARE,
    BUFFER_TIME,
    CLIMB_SHARE,
    END,
    LATEST,
    LINGER_V,
    PASSES,
    RESET,
    REST_V,
    SETTLED,
    TrainParameters,
    channel_current,
    injected,
    operation,
)
from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.ecram.device import MODE, base_resistance, declare, resistance
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import transient
from ipcircuit.spice.transient import Sweep, Transient

TIP_A = 1e-6  # pull-up above the leak from which the membrane runs away within nanoseconds
FIRES_WITHIN = 170e-9  # s: a membrane that takes longer to get there meets the next input spike
BELOW = 0.01  # V below the threshold, from which the pull-up is felt
QUIET = (50e-9, 199e-9)  # s after an input spike: only what is static flows
OVER_PROMPT, SLOW = 6e-3, 100e-9  # V above the threshold and s of delay between which the lag is read off
PULLS_V = np.linspace(5e-3, 80e-3, 301)
LINGER_FITTED, LINGER_WEIGHT = -0.25, 0.1  # V below the threshold that are fitted, and by which their weight falls
GATE_POWER = node_scale(declare(), MODE, "gate_power")


def threshold(sweep: Sweep, membrane_F: float) -> float:
    """Membrane (V) from which it reaches the spike within `FIRES_WITHIN` by itself.

    Raises:
        InputError: the pull-up never exceeds the leak within the sweep.
    """
    volts, net = sweep.sweep, _net(sweep)
    if not (above := np.flatnonzero(net >= TIP_A)).size:
        raise InputError("the pull-up never exceeds the leak", where="stage_sweep", found=float(net.max()))
    tip = float(np.interp(TIP_A, net[above[0] - 1 : above[0] + 1], volts[above[0] - 1 : above[0] + 1]))
    grid = np.linspace(tip - 0.06, tip, 2001)
    into = np.interp(grid, volts, net)
    rising = len(grid) - 1 - np.argmax(into[::-1] <= 0) if (into <= 0).any() else 0  # of which the last does not rise
    middle = (into[rising + 1 :] + into[rising:-1])[::-1] / 2
    time = np.concatenate([[0.0], np.cumsum(membrane_F * np.diff(grid)[0] / np.maximum(middle, 1e-15))])
    return float(np.interp(FIRES_WITHIN, time, grid[rising:][::-1]))


def _net(sweep: Sweep) -> np.ndarray:
    return sweep["i(vpull)"] + sweep["i(voff)"] - sweep["i(vleak)"]


def switch_law(sweep: Sweep, ohms: float, supply_V: float, below_V: float) -> dict[str, float]:
    """Constants of `channel_current` below a membrane voltage, for a channel of `ohms` at rest."""
    inside = sweep.sweep < below_V
    x = np.tile(sweep.sweep[inside] / supply_V, len(FRACTIONS))
    path = np.repeat(ohms * np.array(FRACTIONS), int(inside.sum()))
    current = np.concatenate([sweep[f"i(vs{i})"][inside] for i in range(len(FRACTIONS))])
    columns = np.stack([np.ones_like(x), x, x**2, -np.sqrt(current)], 1)
    found = np.linalg.lstsq(columns / (path * current)[:, None], np.ones_like(x), rcond=None)[0]
    return dict(zip(("drive_V", "drive_slope", "drive_bend", "switch"), map(float, found), strict=True))


@dataclass(frozen=True)
class Train:
    """A simulated train, read input spike by input spike: arrays of shape (count,).

    Attributes:
        run: of the testbench's regular train. supply_V, membrane_F, threshold_V: of the neuron.
        starts_s: of the input spikes.
    """

    run: Transient
    supply_V: float
    membrane_F: float
    threshold_V: float
    starts_s: np.ndarray
    spikes_s: np.ndarray

    def at(self, signal: Any, after_s: float) -> np.ndarray:
        """A signal some time after each input spike's beginning."""
        return np.interp(
            self.starts_s + after_s, self.run.time, self.run[signal] if isinstance(signal, str) else signal
        )

    @cached_property
    def delays(self) -> np.ndarray:
        """Output spike after its input spike (s); NaN where there is none."""
        ends = np.append(self.starts_s[1:], np.inf)
        pairs = list(zip(self.starts_s, ends, strict=True))
        inside = [self.spikes_s[(self.spikes_s > a) & (self.spikes_s <= b)] for a, b in pairs]
        return np.array([s[0] - a if s.size else np.nan for s, a in zip(inside, self.starts_s, strict=True)])

    @cached_property
    def ohms(self) -> np.ndarray:
        """Mean resistance of the channel during each input spike."""
        ohms = resistance(self.run, "xneuron.xsynapse")
        return (self.at(ohms, 0.0) + self.at(ohms, SETTLED)) / 2

    @cached_property
    def before(self) -> np.ndarray:
        """Membrane before each input spike, V."""
        return self.at("membrane", 0.0)

    @cached_property
    def charged(self) -> np.ndarray:
        """Membrane after each input spike, V; it means nothing where it fires."""
        return self.at("membrane", SETTLED)

    @cached_property
    def below(self) -> np.ndarray:
        """Whether the neuron does not fire, the threshold stage rests, and no late reset has taken the input spike."""
        late = np.concatenate([[False], np.nan_to_num(self.delays[:-1]) > LATEST - 35e-9])
        return np.isnan(self.delays) & ~late & (self.charged < self.threshold_V - BELOW)

    def energies(self, meter: str, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """From the supply through an ammeter (J), in each window."""
        return self.supply_V * _integrals(self.run, f"i(v.xneuron.{meter})", starts, stops)


def _integrals(run: Transient, signal: str, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    y = run[signal]
    total = np.concatenate([[0.0], np.cumsum(np.diff(run.time) * (y[1:] + y[:-1]) / 2)])
    return np.interp(stops, run.time, total) - np.interp(starts, run.time, total)


def _pulse(train: Train, law: Mapping[str, float], base_ohm: float) -> dict[str, float]:
    """How long an input spike charges: charge over current, against membrane and channel."""
    use = train.below
    x = ((train.before + train.charged) / 2 / train.supply_V)[use]
    added, ohms = (train.charged - train.before)[use], train.ohms[use]
    share = channel_current(SimpleNamespace(**law), x, ohms) / (train.membrane_F * added)
    columns = np.stack([np.ones_like(x), x, ohms / base_ohm - 1], 1)
    found = np.linalg.lstsq(columns * share[:, None], np.ones_like(x), rcond=None)[0]
    return dict(zip(("pulse_s", "pulse_slope_s", "pulse_fall_s"), map(float, found), strict=True))


def _spikes(train: Train, p: TrainParameters) -> dict[str, float]:
    """Lag of the stage, and what the pull-up adds before the output rises, from the output spikes.

    The first is the median of the prompt ones, the second the least squares of the membrane as the output rises.
    """
    fired = np.flatnonzero(~np.isnan(train.delays))
    delay, before, ohms = (values[fired] for values in (train.delays, train.before, train.ohms))
    added = _added(p, before, ohms)
    over, slope = np.minimum(before + added - train.threshold_V, added), added / END
    charging = END - np.maximum(delay, 0.0), over / slope  # the rest of the input spike; since the threshold
    during = slope * np.maximum(charging[1] - charging[0], 0.0) ** 2 / 2
    lags = np.where(charging[0] > 0, during, over * charging[1] / 2 - over * charging[0])
    prompt = (over > min(OVER_PROMPT, np.sort(over)[-2])) & (delay < SLOW)
    lag = float(np.median(lags[prompt] if prompt.any() else lags))
    reached = np.minimum(over, np.sqrt(2 * max(lag, 0.0) * slope))
    rise = np.interp(train.starts_s[fired] + delay, train.run.time, train.run["membrane"]) - train.threshold_V
    misses = ((rise - np.hypot(PULLS_V[:, None], reached)) ** 2).sum(1)
    return {"lag_Vs": lag, "pull_V": float(PULLS_V[misses.argmin()])}


def _added(p: TrainParameters, before: np.ndarray, ohms: np.ndarray) -> np.ndarray:
    """What an input spike would add to a membrane that does not fire, V."""
    volts, path = torch.from_numpy(before), torch.from_numpy(ohms)
    added = torch.full_like(volts, 0.1 * float(p.supply_V))
    for _ in range(PASSES):
        added = injected(p, volts, path, added)
    return added.numpy()


def _swing(train: Train, pull_V: float) -> dict[str, float]:
    """How fast a spike completes the membrane's swing, and the time until its reset."""
    run, supply = train.run, train.supply_V
    resets = run.crossings("xneuron.reset", supply / 2, up=True)
    eight, nine = (run.crossings("membrane", share * supply, up=True) for share in (0.8, 0.9))
    count = min(len(resets), len(eight), len(nine))
    rises, eight, nine, resets = (times[:count] for times in (train.spikes_s, eight, nine, resets))
    above = np.interp(rises, run.time, run["membrane"]) - train.threshold_V
    return {
        "climb_s": float(np.median((nine - rises) / (1 + CLIMB_SHARE * pull_V / above))),
        "swing_s": float(np.median(nine - eight) / math.log(2)),
        "width_s": float(np.median(resets - rises)),
    }


def _energies(train: Train) -> dict[str, float]:
    """Of an input spike, of what is static, of the threshold stage while the membrane waits, and of the buffer."""
    starts, quiet = train.starts_s[train.below], np.diff(QUIET)[0]
    meters = ("vinput", "vsynapse", "vpullup", "voutput", "vdelay")
    static = {m: train.energies(m, starts + QUIET[0], starts + QUIET[1]).mean() / quiet for m in meters}
    window = starts - 1e-9, starts + 20e-9
    gate = _integrals(train.run, "xneuron.xsynapse.gate_power", *window) * GATE_POWER
    late = np.maximum(np.nan_to_num(train.delays) - END, 0.0)[fired := ~np.isnan(train.delays)]
    begins = train.starts_s[fired]
    buffer = train.energies("voutput", begins - 1e-9, begins + train.delays[fired])
    return {
        "input_J": float((train.energies("vinput", *window) + gate).mean() - static["vinput"] * 21e-9),
        "static_W": float(sum(static.values())),
        "buffer_J": float(np.median(buffer / (1 + BUFFER_SHARE * late / (late + BUFFER_TIME)))),
        **_linger(train),
    }


def _linger(train: Train) -> dict[str, float]:
    over = train.charged - train.threshold_V
    use = np.isnan(train.delays) & (over > LINGER_FITTED) & (over < 0)
    starts, x = train.starts_s[use], over[use]
    interval = float(np.diff(train.starts_s).min())
    joule = np.log(train.energies("vthreshold", starts + SETTLED, starts + interval - 1e-9))
    columns, weight = np.stack([np.ones_like(x), x, x**2], 1), np.exp(x / LINGER_WEIGHT)
    found = np.linalg.lstsq(columns * weight[:, None], joule * weight, rcond=None)[0]
    values = [float(np.exp(found @ [1.0, v, v * v])) for v in LINGER_V]
    return dict(zip(("linger_0_J", "linger_1_J", "linger_2_J"), values, strict=True))


class TrainModel:
    """`energy.break_even.surrogates.model.OperationModel` of the delay-feedback neuron."""

    def observed(self, testbench: Testbench, measurement: Measurement) -> dict[str, float]:
        """Constants of `TrainParameters` for a testbench and its measurement.

        Raises:
            InputError: another neuron, or a train that is no regular one.
            SimulationError: a sweep failed.
        """
        if not isinstance(testbench, DelayFeedbackTestbench) or testbench.spike_times:
            raise InputError("no delay-feedback neuron under a regular train", where=testbench.name)
        values, train = _stages(testbench)
        p = TrainParameters.of(values)
        values |= _spikes(train, p) | _energies(train)
        values |= _swing(train, values["pull_V"])
        after = np.flatnonzero(~np.isnan(train.delays[:-1]))
        rising = values["rest_0_A"] * (testbench.input_interval_s - train.delays[after] - RESET) / train.membrane_F
        values["reset_V"] = float(np.median(train.before[after + 1] - rising))
        # A spike costs what nothing else explains.
        other = float(operation(TrainParameters.of(values)).energy_J)
        values["spike_J"] = math.fsum(c.energy_J for c in measurement.components if c.in_paper_scope) - other
        return values

    def quantities(self, observed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Energy and length of the operation, arrays of shape (n,), for arrays of `observed`."""
        mean = operation(TrainParameters.of(observed))
        return {"paper_J": mean.energy_J.numpy(), "period_s": mean.period_s.numpy()}


TRAIN = TrainModel()


def _stages(testbench: DelayFeedbackTestbench) -> tuple[dict[str, float], Train]:
    """Constants that stages and design say, with those of the train alone 0, and the train."""
    design, conditions = testbench.design, testbench.conditions
    sweep, base, device = stage_sweep(design, conditions), base_resistance(design.synapse), design.synapse.values()
    level, stimulus = threshold(sweep, design.membrane_F), testbench.stimulus
    run = transient(testbench.job())
    spikes = run.crossings("output", conditions.v_dd / 2, up=True)
    train = Train(run, conditions.v_dd, design.membrane_F, level, np.array(stimulus.spikes), spikes)
    law = switch_law(sweep, base, conditions.v_dd, level)
    changes = resistance(run, "xneuron.xsynapse")
    effect = -device["volatile"] * device["sign"]
    moved = train.at(changes, SETTLED)[0] - train.at(changes, 0.0)[0]
    values = dict.fromkeys((f.name for f in fields(TrainParameters)), 0.0)
    values |= {
        "interval_s": testbench.input_interval_s,
        "count": float(len(stimulus.spikes)),
        "supply_V": conditions.v_dd,
        "membrane_F": design.membrane_F,
        "base_ohm": base,
        "step_ohm": float(moved / effect) if effect else 0.0,
        "limit_ohm": device["r_volatile_max"],
        "effect": effect,
        **{"slow_share": device["slow_share"], "tau_fast_s": device["tau_fast"], "tau_slow_s": device["tau_slow"]},
        "thermal_V": constants.k * (conditions.temperature_C + ZERO_C_K) / constants.e,
        "threshold_V": level,
    }
    at_rest = np.interp(REST_V, sweep.sweep, _net(sweep))
    values |= dict(zip(("rest_0_A", "rest_1_A", "rest_2_A"), map(float, at_rest), strict=True))
    return values | law | _pulse(train, law, base), train

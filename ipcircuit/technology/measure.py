"""What the card does: device figures, an inverter's transfer curve, ring and fan-out-of-four delay.

Every function takes the plain `.model` text of one corner (see `ipcircuit.spice.models.model_text`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import SimulationError
from ipcircuit.spice.jobs import Job, simulate, transient
from ipcircuit.spice.transient import Sweep, Transient
from ipcircuit.technology.card import MODEL_NAMES
from ipcircuit.technology.targets import GATE_LENGTH_M, INVERTER_WIDTHS_M, TEMPERATURE_C, V_DRAIN_LINEAR, VDD

_GAIN_BIAS = 0.4  # V, gate and drain bias of the intrinsic gain
_GAIN_STEP = 0.02  # V, drain step of the output conductance
_THRESHOLD_CURRENT = 100e-9  # A, times W/L: constant-current threshold


@dataclass(frozen=True)
class DeviceFigures:
    """Figures of one transistor of 1 um width, magnitudes for both polarities.

    `i_on`, `i_off` in A/um at |V_DS| = VDD; `v_th_lin`, `v_th_sat` in V (constant current 100 nA W/L); `dibl` in V/V;
    `swing` in V/decade, steepest at |V_DS| = VDD; `linear_ratio` = I(VDD, 50 mV)/I_on; `gain` = g_m/g_ds at 0.4 V.
    """

    i_on: float
    i_off: float
    v_th_lin: float
    v_th_sat: float
    dibl: float
    swing: float
    linear_ratio: float
    gain: float


@dataclass(frozen=True)
class InverterFigures:
    """DC transfer of an inverter: `gain` (magnitude) and `v_switch` (V) at V_out = V_in, output levels in V."""

    gain: float
    v_switch: float
    v_high: float
    v_low: float


@dataclass(frozen=True)
class RingFigures:
    """Ring of inverters, fan-out one: `stage_delay_s` and `energy_J` per stage and full cycle (rise and fall)."""

    stage_delay_s: float
    energy_J: float


def _job(title: str, models: str, *lines: str) -> Job:
    return Job(title, "28 nm card", "\n".join([title, models, *lines, ".end", ""]))


def _sweep(job: Job) -> Sweep:
    result = simulate(job)
    assert isinstance(result, Sweep)
    return result


def device_figures(models: str, polarity: str, *, temperature_c: float = TEMPERATURE_C) -> DeviceFigures:
    """Measure ``"n"`` or ``"p"`` with one DC gate sweep of four equal devices at four drain voltages.

    Raises:
        SimulationError: ngspice failed, or the device never reaches its threshold current.
    """
    sign, name = 1.0 if polarity == "n" else -1.0, MODEL_NAMES[polarity]
    drains = {"sat": VDD, "lin": V_DRAIN_LINEAR, "hi": _GAIN_BIAS + _GAIN_STEP, "lo": _GAIN_BIAS - _GAIN_STEP}
    devices = [f"v{k} {k} 0 {sign * v!r}\nm{k} {k} g 0 0 {name} W=1u L={GATE_LENGTH_M!r}" for k, v in drains.items()]
    # gmin far below I_off, so that the leakage is the device's own
    options = f".options gmin=1e-16 reltol=1e-6 abstol=1e-16 temp={temperature_c!r}"
    axis = f".dc vg 0 {sign * VDD!r} {sign * 0.01!r}\n.save " + " ".join(f"i(v{k})" for k in drains)
    run = _sweep(_job("device figures", models, "vg g 0 0", *devices, options, axis))
    gate, current = sign * run.sweep, {k: -sign * run[f"i(v{k})"] for k in drains}  # V and A/um, magnitudes

    log_threshold = float(np.log10(_THRESHOLD_CURRENT * 1e-6 / GATE_LENGTH_M))
    log_current = {key: np.log10(current[key]) for key in ("lin", "sat")}
    v_lin, v_sat = (_crossing(gate, log_current[key], log_threshold, "threshold current") for key in ("lin", "sat"))
    bias = int(np.argmin(np.abs(gate - _GAIN_BIAS)))
    conductance = (current["hi"][bias] - current["lo"][bias]) / (2 * _GAIN_STEP)
    transconductance = np.gradient((current["hi"] + current["lo"]) / 2, gate)[bias]
    i_on = float(current["sat"][-1])
    return DeviceFigures(
        i_on=i_on,
        i_off=float(current["sat"][0]),
        v_th_lin=v_lin,
        v_th_sat=v_sat,
        dibl=(v_lin - v_sat) / (VDD - V_DRAIN_LINEAR),
        swing=float(np.min(np.diff(gate) / np.diff(log_current["sat"]))),
        linear_ratio=float(current["lin"][-1]) / i_on,
        gain=float(transconductance / conductance),
    )


def _crossing(x: np.ndarray, y: np.ndarray, level: float, name: str) -> float:
    """First x at which y crosses `level` (linear interpolation); raises `SimulationError` if it never does."""
    side = np.sign(y - level)
    hits = np.flatnonzero(side[1:] != side[:-1])
    if hits.size == 0:
        raise SimulationError(name, "28 nm card", "the curve never gets there", None)
    i = int(hits[0])
    return float(x[i] + (level - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]))


def _inverter(name: str, source: str, sink: str, scale: float = 1.0) -> str:
    wn, wp = (scale * w for w in INVERTER_WIDTHS_M)
    geometry = f"L={GATE_LENGTH_M!r}"
    return (
        f"mn{name} {sink} {source} 0 0 {MODEL_NAMES['n']} W={wn!r} {geometry}\n"
        f"mp{name} {sink} {source} vdd vdd {MODEL_NAMES['p']} W={wp!r} {geometry}"
    )


def inverter_figures(models: str, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> InverterFigures:
    """DC transfer of the 100/200 nm inverter at supply `vdd`."""
    sources = f"vdd vdd 0 {vdd!r}\nvin in 0 0"
    axis = f".options temp={temperature_c!r}\n.dc vin 0 {vdd!r} {vdd / 800!r}\n.save v(out)"
    run = _sweep(_job("inverter transfer", models, sources, _inverter("1", "in", "out"), axis))
    v_in, v_out = run.sweep, run["out"]
    v_switch = _crossing(v_in, v_out - v_in, 0.0, "inverter switching point")
    slope = np.interp(v_switch, v_in, np.gradient(v_out, v_in))
    return InverterFigures(float(-slope), v_switch, float(v_out[0]), float(v_out[-1]))


def chain_transient(models: str, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> Transient:
    """Pulse through five inverters, each four times as wide as the one before: ``n0`` (input) to ``n5`` (output)."""
    stages = [_inverter(str(i), f"n{i}", f"n{i + 1}", 4.0**i) for i in range(5)]
    period = 4e-9 if vdd > 0.7 else 40e-9  # low supplies are slower by far
    edge = 20e-12
    pulse = f"vin n0 0 pulse(0 {vdd!r} {period / 8!r} {edge!r} {edge!r} {period / 2 - edge!r} {period!r})"
    options = f".options temp={temperature_c!r} reltol=1e-4"
    axis = f".tran {period / 4000!r} {period!r} 0 {period / 4000!r}\n.save " + " ".join(f"v(n{i})" for i in range(6))
    return transient(_job("inverter chain", models, f"vdd vdd 0 {vdd!r}", pulse, *stages, options, axis))


def fo4_delay(models: str, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> float | None:
    """Delay in s of an inverter that drives four of its size, mean of both edges; None if it does not switch in time.

    Taken at the third of five stages, each four times the one before, so that input slope and load are realistic.
    """
    run = chain_transient(models, vdd=vdd, temperature_c=temperature_c)
    before, after = (
        np.sort(np.concatenate([run.crossings(node, vdd / 2, up=up) for up in (True, False)])) for node in ("n2", "n3")
    )
    if len(before) < 2 or len(after) < 2:
        return None
    return float(np.mean(after[:2] - before[:2]))


def ring_figures(models: str, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> RingFigures | None:
    """Oscillate a ring of eleven inverters of 100/200 nm; mean over whole cycles after the start-up.

    None if fewer than two such cycles fit into the 6 ns that are simulated.
    """
    stages = 11
    ring = [_inverter(str(i), f"n{i}", f"n{(i + 1) % stages}") for i in range(stages)]
    start = ".ic " + " ".join(f"v(n{i})={vdd if i % 2 else 0.0!r}" for i in range(stages))
    axis = f".options temp={temperature_c!r} reltol=1e-4\n.tran 1p 6n 0 1p\n.save v(n0) i(vdd)"
    run = transient(_job("ring", models, f"vdd vdd 0 {vdd!r}", *ring, start, axis))
    rising = run.crossings("n0", vdd / 2, up=True)
    if len(rising) < 5:
        return None
    first, last, cycles = rising[2], rising[-1], len(rising) - 3
    drawn = -run.integral("i(vdd)", first, last)
    return RingFigures(float((last - first) / cycles / (2 * stages)), float(vdd * drawn / cycles / stages))

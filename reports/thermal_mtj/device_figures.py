"""The single 200 nm and 100 nm junctions, measured in ngspice as the seed measures them: A1-A3 and A5-A7.

Voltage-driven, without a divider, with the seed's order of pulses (set, reset, delay).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import spice_subcircuit, subcircuit_name
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import measure as mtj_measure
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.devices.thermal_mtj.sampled import sampled_pre_pulse
from ipcircuit.pulses import Idle, Segment, waveform
from ipcircuit.spice.jobs import Job, simulate_all
from ipcircuit.spice.transient import Transient

AMPLITUDE = 0.80  # V, Methods: experimental energy estimation
SHIFT_AMPLITUDES = np.linspace(0.5, 0.95, 10)
_CYCLE = mtj_measure.CYCLE


def device_200nm() -> Device:
    """The heat-sensitive junction."""
    return mtj_thermal.declare().with_set(THERMAL_200NM)


def device_100nm() -> Device:
    """The heat-insensitive junction."""
    return mtj_thermal.declare().with_set(REFERENCE_100NM)


@cache
def effective_slope() -> float:
    """Slope k (1/V) of the 200 nm device's firing curve, heating during the pulse included."""
    return mtj_measure.sigmoid_fit(device_200nm())[0]


def device_job(device: Device, segments: Sequence[Segment], condition: str, mode: str = "mean_field") -> Job:
    """The bare device across a voltage source."""
    stop = sum(s.duration for s in segments)
    deck = (
        "\n".join(
            [
                f"{device.name}: {condition}",
                ".options reltol=1e-5 trtol=1",
                spice_subcircuit(device, mode).rstrip(),
                f"Vset drive 0 {waveform(segments).spice()}",
                f"Xmtj drive 0 {subcircuit_name(device, mode)}",
                f".tran 1n {stop!r} 0 5n",
                ".end",
            ]
        )
        + "\n"
    )
    saved = ("drive", "i(vset)", "xmtj.ap", "xmtj.heat", "xmtj.t_fast", "xmtj.t_slow")
    return Job(device.name, condition, deck, saved)


def _run(jobs: Sequence[Job], n_jobs: int | None) -> list[Transient]:
    return [run for run in simulate_all(jobs, n_jobs=n_jobs) if isinstance(run, Transient)]


def measure(n_jobs: int | None = None) -> dict[str, Any]:
    """All figures by the names that `reproduce_ipnet` reads; ngspice, mean-field where not said otherwise."""
    return {**_protocol(n_jobs), **_pre_pulse(n_jobs), **_sampled(), **_shift(n_jobs), **_cooling(n_jobs)}


def _protocol(n_jobs: int | None) -> dict[str, float]:
    """A1-A3: one cycle at 0.80 V, and a small voltage in each state for the resistances."""
    segments, small = _CYCLE.segments(AMPLITUDE), [mtj_measure.Pulse(0.01, 20e-9, 1e-9, 1e-9)]
    ap_device = device_200nm().with_parameters(initial_ap=1.0)
    wide, narrow, low, high = _run(
        [
            device_job(device_200nm(), segments, "one cycle at 0.80 V, 200 nm"),
            device_job(device_100nm(), segments, "one cycle at 0.80 V, 100 nm"),
            device_job(device_200nm(), small, "10 mV, P"),
            device_job(ap_device, small, "10 mV, AP"),
        ],
        n_jobs,
    )
    plateau = (_CYCLE.rise, _CYCLE.rise + _CYCLE.plateau)
    never = device_200nm().with_parameters(x0_set=5.0)  # stays P: the plateau alone, as FACTS counts it
    (parallel,) = _run([device_job(never, segments, "one cycle at 0.80 V, held in P")], n_jobs)
    return {
        "cycle_s": float(wide.time[-1]),
        "plateau_s": _time_at(wide, AMPLITUDE),
        "p_sw_080": wide.at("xmtj.ap", _CYCLE.set_end),
        "energy_plateau_200nm_J": parallel.energy("drive", -parallel["i(vset)"], *plateau),
        "energy_plateau_switching_200nm_J": wide.energy("drive", -wide["i(vset)"], *plateau),
        "energy_protocol_200nm_J": wide.energy("drive", -wide["i(vset)"]),
        "energy_protocol_100nm_J": narrow.energy("drive", -narrow["i(vset)"]),
        "r_parallel_ohm": -0.01 / low.at("i(vset)", 10e-9),
        "r_antiparallel_ohm": -0.01 / high.at("i(vset)", 10e-9),
    }


def _time_at(run: Transient, level: float) -> float:
    """How long (s) the simulated drive stays within a thousandth of `level`, between its first and last such point."""
    on = run.time[run["drive"] > 0.999 * level]
    return float(on[-1] - on[0])


def _pre_pulse(n_jobs: int | None) -> dict[str, float]:
    """A5: the probe alone, right after the pre-pulse and its reset, and 200 ns later."""
    amplitude = mtj_measure.pre_pulse(device_200nm()).amplitude
    probe, pre = _CYCLE.set_pulse(amplitude), [mtj_measure.PRE_PULSE, _CYCLE.reset_pulse()]
    cases = {"p_base": [probe], "p_heated": [*pre, probe], "p_cooled": [*pre, Idle(200e-9), probe]}
    runs = _run([device_job(device_200nm(), s, f"pre-pulse, {name}") for name, s in cases.items()], n_jobs)
    found = {name: float(run["xmtj.ap"][-1]) for name, run in zip(cases, runs, strict=True)}
    return {**found, "pre_pulse_probe_V": amplitude}


def _sampled(seed: int = 1) -> dict[str, Any]:
    """A5 again, counted over 10,000 random trajectories of the numpy rendering (tested against ngspice)."""
    found = sampled_pre_pulse(device_200nm(), seed=seed)
    return {
        "p_base_sampled": found.base,
        "p_heated_sampled": found.heated,
        "p_cooled_sampled": found.cooled,
        "sample_seed": seed,
    }


def _logit_shift(before: float, after: np.ndarray) -> np.ndarray:
    """Midpoint shift (V) that moves a firing probability from `before` to `after` on the device's sigmoid."""
    return (mtj_measure.logit(after) - mtj_measure.logit(before)) / effective_slope()


def _probed(histories: Sequence[Sequence[Segment]], what: str, n_jobs: int | None) -> np.ndarray:
    """Shift (V) seen by the seed's 0.83 V probe after each history of pulses."""
    probe = _CYCLE.set_pulse(mtj_measure.PROBE_AMPLITUDE)
    jobs = [device_job(device_200nm(), [*h, probe], f"{what} {i}") for i, h in enumerate([[], *histories])]
    p = np.array([float(run["xmtj.ap"][-1]) for run in _run(jobs, n_jobs)])
    return _logit_shift(float(p[0]), p[1:])


def _shift(n_jobs: int | None) -> dict[str, Any]:
    """A6: Δx0 after one cycle at each amplitude, against Fig. S1's polynomial."""
    shifts = _probed([_CYCLE.segments(float(v)) for v in SHIFT_AMPLITUDES], "shift after one pulse", n_jobs)
    published = mtj_measure.published_shift(SHIFT_AMPLITUDES)
    return {
        "shift_amplitudes_V": SHIFT_AMPLITUDES,
        "shifts_V": shifts,
        "a6_max_rel_error": float(np.abs(shifts / published - 1).max()),
        "midpoint_shift": lambda volts: float(np.interp(volts, SHIFT_AMPLITUDES, shifts)),
    }


def _cooling(n_jobs: int | None) -> dict[str, Any]:
    """A7: Δx0 against cooling time after five pulses, and the break of a two-segment exponential through it."""
    train = _CYCLE.train([mtj_measure.SATURATING_AMPLITUDE] * 5)
    delays = mtj_measure.BREAK_DELAYS
    shifts = _probed([[*train, Idle(float(t))] if t else train for t in delays], "cooling", n_jobs)
    knee, first, second = mtj_measure.break_point(delays, shifts)
    return {
        "cooling_delays_s": delays,
        "cooling_shifts_V": shifts,
        "a7_break_s": knee,
        "a7_first_tau_s": first,
        "a7_second_tau_s": second,
    }

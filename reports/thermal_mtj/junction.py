"""The bare 200 nm and 100 nm junctions, measured in ngspice as Liu et al. measure theirs (A1-A3, A5-A7).

Voltage-driven, without a divider, in the paper's order of pulses (set, reset, delay); mean-field mode where not said
otherwise. Values are named for what they hold, with their unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import spice_subcircuit, subcircuit_name
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import measure as mtj_measure
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.devices.thermal_mtj.measure import Frequency, sampled_pre_pulse
from ipcircuit.kept import kept
from ipcircuit.pulses import Idle, Segment, waveform
from ipcircuit.spice.jobs import Job, transient, transients
from ipcircuit.spice.transient import Transient

AMPLITUDE = 0.80  # V, Methods: experimental energy estimation
SEED = 1  # of the sampled trajectories
SHIFT_AMPLITUDES = np.linspace(0.5, 0.95, 10)
CYCLES = 5  # before cooling, Fig. S2
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
    lines = [
        f"{device.name}: {condition}",
        ".options reltol=1e-5 trtol=1",
        spice_subcircuit(device, mode).rstrip(),
        f"Vset drive 0 {waveform(segments).spice()}",
        f"Xmtj drive 0 {subcircuit_name(device, mode)}",
        f".tran 1n {sum(s.duration for s in segments)!r} 0 5n",
        ".end\n",
    ]
    saved = ("drive", "i(vset)", "xmtj.ap", "xmtj.heat", "xmtj.t_fast", "xmtj.t_slow")
    return Job(device.name, condition, "\n".join(lines), saved)


@cache
def protocol(jobs: int | None) -> dict[str, float]:
    """A1-A3: one cycle at 0.80 V, and a small voltage in each state for the resistances."""
    segments, small = _CYCLE.segments(AMPLITUDE), [mtj_measure.Pulse(0.01, 20e-9, 1e-9, 1e-9)]
    ap_device = device_200nm().with_parameters(initial_ap=1.0)
    never = device_200nm().with_parameters(x0_set=5.0)  # stays P, for the energy of the plateau alone
    cases = (
        (device_200nm(), segments, "one cycle at 0.80 V, 200 nm"),
        (device_100nm(), segments, "one cycle at 0.80 V, 100 nm"),
        (device_200nm(), small, "10 mV, P"),
        (ap_device, small, "10 mV, AP"),
        (never, segments, "one cycle at 0.80 V, held in P"),
    )
    wide, narrow, low, high, parallel = transients([device_job(*case) for case in cases], n_jobs=jobs)
    plateau = (_CYCLE.rise, _CYCLE.rise + _CYCLE.plateau)
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
    """Time (s) between the first and last point at which the drive is within a thousandth of `level`."""
    on = run.time[run["drive"] > 0.999 * level]
    return float(on[-1] - on[0])


@cache
def pre_pulse(jobs: int | None) -> dict[str, float]:
    """A5: the probe alone, right after the pre-pulse and its reset, and 200 ns later."""
    amplitude = mtj_measure.pre_pulse(device_200nm()).amplitude
    probe, pre = _CYCLE.set_pulse(amplitude), [mtj_measure.PRE_PULSE, _CYCLE.reset_pulse()]
    cases = {"p_base": [probe], "p_heated": [*pre, probe], "p_cooled": [*pre, Idle(200e-9), probe]}
    decks = [device_job(device_200nm(), s, f"pre-pulse, {name}") for name, s in cases.items()]
    runs = transients(decks, n_jobs=jobs)
    return {name: float(run["xmtj.ap"][-1]) for name, run in zip(cases, runs, strict=True)}


@cache
def sampled_firing() -> dict[str, Frequency]:
    """A5 again, counted over 10,000 random trajectories of the numpy rendering (tested against ngspice)."""
    counted = kept("thermal_mtj sampled firing", lambda: sampled_pre_pulse(device_200nm(), seed=SEED), SEED)
    return {"p_base": counted.base, "p_heated": counted.heated, "p_cooled": counted.cooled}


def _probed(histories: Sequence[Sequence[Segment]], condition: str, jobs: int | None) -> np.ndarray:
    """Shift (V) seen by the paper's 0.83 V probe after each history of pulses."""
    probe = _CYCLE.set_pulse(mtj_measure.PROBE_AMPLITUDE)
    decks = [device_job(device_200nm(), [*h, probe], f"{condition} {i}") for i, h in enumerate([[], *histories])]
    logits = mtj_measure.logit(np.array([float(run["xmtj.ap"][-1]) for run in transients(decks, n_jobs=jobs)]))
    return (logits[1:] - logits[0]) / effective_slope()


@dataclass(frozen=True)
class MidpointShift:
    """A6: shift Δx0 (V) after one cycle at each amplitude (V)."""

    amplitudes_V: np.ndarray
    shifts_V: np.ndarray

    @property
    def largest_error(self) -> float:
        """Largest relative deviation from the polynomial of Fig. S1."""
        return float(np.abs(self.shifts_V / mtj_measure.published_shift(self.amplitudes_V) - 1).max())

    def at(self, amplitude_V: float) -> float:
        """Shift (V) at an amplitude, interpolated."""
        return float(np.interp(amplitude_V, self.amplitudes_V, self.shifts_V))


@cache
def midpoint_shift(jobs: int | None) -> MidpointShift:
    """A6, in ngspice."""
    cycles = [_CYCLE.segments(float(volts)) for volts in SHIFT_AMPLITUDES]
    return MidpointShift(SHIFT_AMPLITUDES, _probed(cycles, "shift after one pulse", jobs))


@dataclass(frozen=True)
class Cooling:
    """A7: shift Δx0 (V) against cooling time (s) after five pulses, and a two-segment exponential through it."""

    delays_s: np.ndarray
    shifts_V: np.ndarray
    break_s: float
    first_tau_s: float
    second_tau_s: float

    def segments_V(self, delays_s: np.ndarray) -> np.ndarray:
        """The two-segment exponential; its amplitude is the least-squares one."""

        def shape(t: np.ndarray) -> np.ndarray:
            first, second = np.minimum(t, self.break_s), np.maximum(t - self.break_s, 0)
            return np.exp(-first / self.first_tau_s - second / self.second_tau_s)

        at_points = shape(self.delays_s)
        return shape(delays_s) * float(at_points @ self.shifts_V / (at_points @ at_points))

    @property
    def poles_s(self) -> tuple[float, float]:
        """Time constants of the device's two thermal poles."""
        values = device_200nm().values()
        return values["tau_fast"], values["tau_slow"]

    def poles_V(self, delays_s: np.ndarray) -> np.ndarray:
        """Sum of the device's two poles; their amplitudes are fitted, with equal relative weight at every delay."""

        def shapes(t: np.ndarray) -> np.ndarray:
            return np.exp(-t[:, None] / np.array(self.poles_s))

        amplitudes = np.linalg.lstsq(shapes(self.delays_s) / self.shifts_V[:, None], np.ones(self.delays_s.size))[0]
        return shapes(np.asarray(delays_s)) @ amplitudes

    @property
    def late_error(self) -> float:
        """The two segments over the junction at the last delay, less one."""
        return float(self.segments_V(self.delays_s)[-1] / self.shifts_V[-1] - 1)


@cache
def cooling(jobs: int | None) -> Cooling:
    """A7, in ngspice."""
    train = _CYCLE.train([mtj_measure.SATURATING_AMPLITUDE] * CYCLES)
    delays = mtj_measure.BREAK_DELAYS
    shifts = _probed([[*train, Idle(float(t))] if t else train for t in delays], "cooling", jobs)
    return Cooling(delays, shifts, *mtj_measure.break_point(delays, shifts))


def five_cycles() -> Transient:
    """Five cycles at the saturating amplitude, then cooling."""
    train = _CYCLE.train([mtj_measure.SATURATING_AMPLITUDE] * CYCLES)
    return transient(device_job(device_200nm(), [*train, Idle(1.5e-6)], "temperature over five cycles"))

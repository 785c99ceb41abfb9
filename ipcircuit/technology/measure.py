"""Figures of a process at one corner: transistors, an inverter's transfer curve, ring and fan-out-of-four delay.

Each measurement is a job (`*_job`), so that many can run at once, and what is read from its result (`read_*`); the
other functions do both. Inverters are one and two minimum widths wide (n, p).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import SimulationError
from ipcircuit.spice.cards.devices import CardDevice
from ipcircuit.spice.jobs import Job, Result, simulate
from ipcircuit.spice.models import MODEL_NAMES, Card
from ipcircuit.spice.transient import Sweep, Transient
from ipcircuit.technology.record import UNIT_LENGTH, UNIT_WIDTH, Technology
from ipcircuit.technology.retarget import retargeted
from ipcircuit.technology.targets import INVERTER_WIDTHS_M, TEMPERATURE_C, V_DRAIN_LINEAR, VDD

_GAIN_BIAS = 0.4  # V, gate and drain bias of the intrinsic gain
_GAIN_STEP = 0.02  # V, drain step of the output conductance
_THRESHOLD_CURRENT = 100e-9  # A, times W/L: constant-current threshold
WIDE_M = 1e-6  # width of a measured transistor in the circuits' units: ten minimum widths
_SLOW = 7 / 11  # of the supply: below it the inverters of the chain get ten times as long
_STAGES = 11  # of the ring
_UM = 1e6


@dataclass(frozen=True)
class Process:
    """What a measurement needs of a process at one corner.

    Decks are written in the units of the circuits and retargeted as these are.

    Attributes:
        card: models, ready to inline.
        label: for messages.
        length_m, width_m: drawn length, and minimum width.
        v_dd: supply of the device figures, V.
    """

    card: Card
    label: str
    length_m: float = UNIT_LENGTH
    width_m: float = UNIT_WIDTH
    v_dd: float = VDD

    @classmethod
    def of(cls, technology: Technology, corner: str = "tt") -> Process:
        """A technology at a corner; its supply is that of the figures which its file states, else the nominal one."""
        stated = next((figure.value for figure in technology.figures if figure.name == "v_dd"), technology.v_dd.value)
        label = f"{technology.name}, {corner}"
        return cls(technology.models(corner), label, technology.length.value, technology.width.value, stated)

    @classmethod
    def lp28(cls, models: str, label: str = "28 nm card") -> Process:
        """The 28 nm card given as text."""
        return cls(Card(models, CardDevice(MODEL_NAMES["n"]), CardDevice(MODEL_NAMES["p"])), label)

    @property
    def width_scale(self) -> float:
        """Width here over width in the deck."""
        return self.width_m / UNIT_WIDTH

    @property
    def length_scale(self) -> float:
        """Length here over length in the deck."""
        return self.length_m / UNIT_LENGTH

    def job(self, title: str, condition: str, *lines: str) -> Job:
        """A deck with the models; `condition` is for messages."""
        body = "\n".join(retargeted("\n".join(lines).splitlines(), self, self.card))
        return Job(title, f"{self.label}, {condition}", "\n".join([title, self.card.text, body, ".end", ""]))


def wide_transistor(name: str, nodes: str, polarity: str) -> str:
    """A transistor that is `WIDE_M` wide in the circuits' units; `nodes` as of `_transistor`."""
    return _transistor(name, nodes, polarity, "1u")


def _transistor(name: str, nodes: str, polarity: str, width: str) -> str:
    """One transistor, in the circuits' units; `nodes` are drain, gate, source, bulk."""
    return f"m{name} {nodes} {MODEL_NAMES[polarity]} W={width} L={UNIT_LENGTH!r}"


def _inverter(name: str, source: str, sink: str, scale: float = 1.0) -> str:
    n, p = (repr(scale * width) for width in INVERTER_WIDTHS_M)
    pull_down = _transistor(f"n{name}", f"{sink} {source} 0 0", "n", n)
    return pull_down + "\n" + _transistor(f"p{name}", f"{sink} {source} vdd vdd", "p", p)


@dataclass(frozen=True)
class DeviceFigures:
    """Figures of one transistor, magnitudes for both polarities, currents per micrometre of width.

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


def _drains(process: Process) -> dict[str, float]:
    return {"sat": process.v_dd, "lin": V_DRAIN_LINEAR, "hi": _GAIN_BIAS + _GAIN_STEP, "lo": _GAIN_BIAS - _GAIN_STEP}


def device_job(process: Process, polarity: str, *, temperature_c: float = TEMPERATURE_C) -> Job:
    """One DC gate sweep of four equal devices of polarity ``"n"`` or ``"p"`` at four drain voltages."""
    sign = 1.0 if polarity == "n" else -1.0
    drains = _drains(process)
    devices = [f"v{k} {k} 0 {sign * v!r}\n" + wide_transistor(k, f"{k} g 0 0", polarity) for k, v in drains.items()]
    # gmin far below I_off, so that the leakage is the device's own
    options = f".options gmin=1e-16 reltol=1e-6 abstol=1e-16 temp={temperature_c!r}"
    step = 0.01 if process.v_dd <= 2 else 0.02
    axis = f".dc vg 0 {sign * process.v_dd!r} {sign * step!r}\n.save " + " ".join(f"i(v{k})" for k in drains)
    condition = f"{polarity} device, {temperature_c:g} °C"
    return process.job("device figures", condition, "vg g 0 0", *devices, options, axis)


def read_device(result: Result, process: Process, polarity: str) -> DeviceFigures:
    """Figures from the result of `device_job`. Raises SimulationError: the threshold current is not reached."""
    run, sign = _sweep(result), 1.0 if polarity == "n" else -1.0
    width_um = process.width_scale  # of a transistor that is 1 um wide in the deck
    gate = sign * run.sweep
    current = {k: -sign * run[f"i(v{k})"] / width_um for k in _drains(process)}  # V and A/um, magnitudes
    log_threshold = float(np.log10(_THRESHOLD_CURRENT / (process.length_m * _UM)))
    with np.errstate(invalid="ignore", divide="ignore"):  # a leakage below the simulator's own noise
        log_current = {key: np.log10(current[key]) for key in ("lin", "sat")}
    name = f"{polarity} device, threshold current"
    v_lin, v_sat = (_crossing(gate, log_current[key], log_threshold, name, process) for key in ("lin", "sat"))
    bias = int(np.argmin(np.abs(gate - _GAIN_BIAS)))
    conductance = (current["hi"][bias] - current["lo"][bias]) / (2 * _GAIN_STEP)
    transconductance = np.gradient((current["hi"] + current["lo"]) / 2, gate)[bias]
    i_on = float(current["sat"][-1])
    slopes = np.diff(gate) / np.diff(log_current["sat"])
    return DeviceFigures(
        i_on=i_on,
        i_off=float(current["sat"][0]),
        v_th_lin=v_lin,
        v_th_sat=v_sat,
        dibl=(v_lin - v_sat) / (process.v_dd - V_DRAIN_LINEAR),
        swing=float(np.min(slopes)),
        linear_ratio=float(current["lin"][-1]) / i_on,
        gain=float(transconductance / conductance),
    )


def device_figures(process: Process, polarity: str, *, temperature_c: float = TEMPERATURE_C) -> DeviceFigures:
    """Figures of ``"n"`` or ``"p"``. Raises SimulationError: ngspice failed, or no threshold current."""
    return read_device(simulate(device_job(process, polarity, temperature_c=temperature_c)), process, polarity)


def _sweep(result: Result) -> Sweep:
    assert isinstance(result, Sweep)
    return result


def _transient(result: Result) -> Transient:
    assert isinstance(result, Transient)
    return result


def _crossing(x: np.ndarray, y: np.ndarray, level: float, name: str, process: Process) -> float:
    """First x at which y crosses `level` (linear interpolation); raises `SimulationError` if it never does."""
    side = np.sign(y - level)
    hits = np.flatnonzero(side[1:] != side[:-1])
    if hits.size == 0:
        raise SimulationError(name, process.label, "the curve never gets there", None)
    i = int(hits[0])
    return float(x[i] + (level - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]))


def inverter_job(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> Job:
    """DC transfer of the minimum inverter at supply `vdd`."""
    sources = f"vdd vdd 0 {vdd!r}\nvin in 0 0"
    axis = f".options temp={temperature_c!r}\n.dc vin 0 {vdd!r} {vdd / 800!r}\n.save v(out)"
    condition = f"{vdd:g} V, {temperature_c:g} °C"
    return process.job("inverter transfer", condition, sources, _inverter("1", "in", "out"), axis)


def read_inverter(result: Result, process: Process) -> InverterFigures:
    """Figures from the result of `inverter_job`. Raises SimulationError: it does not switch."""
    run = _sweep(result)
    v_in, v_out = run.sweep, run["out"]
    v_switch = _crossing(v_in, v_out - v_in, 0.0, "inverter switching point", process)
    slope = np.interp(v_switch, v_in, np.gradient(v_out, v_in))
    return InverterFigures(float(-slope), v_switch, float(v_out[0]), float(v_out[-1]))


def inverter_figures(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> InverterFigures:
    """DC transfer of the minimum inverter at supply `vdd`."""
    return read_inverter(simulate(inverter_job(process, vdd=vdd, temperature_c=temperature_c)), process)


def chain_job(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> Job:
    """Pulse through five inverters, each four times as wide as the one before: ``n0`` (input) to ``n5`` (output)."""
    stages = [_inverter(str(i), f"n{i}", f"n{i + 1}", 4.0**i) for i in range(5)]
    period = 4e-9 if vdd > _SLOW * process.v_dd else 40e-9  # low supplies are slower by far
    edge = 20e-12
    pulse = f"vin n0 0 pulse(0 {vdd!r} {period / 8!r} {edge!r} {edge!r} {period / 2 - edge!r} {period!r})"
    options = f".options temp={temperature_c!r} reltol=1e-4"
    axis = f".tran {period / 4000!r} {period!r} 0 {period / 4000!r}\n.save " + " ".join(f"v(n{i})" for i in range(6))
    condition = f"{vdd:g} V, {temperature_c:g} °C"
    return process.job("inverter chain", condition, f"vdd vdd 0 {vdd!r}", pulse, *stages, options, axis)


def chain_transient(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> Transient:
    """Waveforms of `chain_job`."""
    return _transient(simulate(chain_job(process, vdd=vdd, temperature_c=temperature_c)))


def read_fo4(result: Result, *, vdd: float) -> float | None:
    """Delay in s of an inverter that drives four of its size, mean of both edges; None if it does not switch in time.

    Taken at the third of five stages, each four times the one before, so that input slope and load are realistic.
    """
    run = _transient(result)
    before, after = (
        np.sort(np.concatenate([run.crossings(node, vdd / 2, up=up) for up in (True, False)])) for node in ("n2", "n3")
    )
    if len(before) < 2 or len(after) < 2:
        return None
    return float(np.mean(after[:2] - before[:2]))


def fo4_delay(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> float | None:
    """Fan-out-of-four delay, s (`read_fo4`)."""
    return read_fo4(chain_transient(process, vdd=vdd, temperature_c=temperature_c), vdd=vdd)


def ring_job(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> Job:
    """Ring of eleven minimum inverters for 6 ns."""
    ring = [_inverter(str(i), f"n{i}", f"n{(i + 1) % _STAGES}") for i in range(_STAGES)]
    start = ".ic " + " ".join(f"v(n{i})={vdd if i % 2 else 0.0!r}" for i in range(_STAGES))
    axis = f".options temp={temperature_c!r} reltol=1e-4\n.tran 1p 6n 0 1p\n.save v(n0) i(vdd)"
    condition = f"{vdd:g} V, {temperature_c:g} °C"
    return process.job("ring", condition, f"vdd vdd 0 {vdd!r}", *ring, start, axis)


def read_ring(result: Result, *, vdd: float) -> RingFigures | None:
    """Mean over whole cycles after the start-up; None if fewer than two such cycles fit into the run."""
    run = _transient(result)
    rising = run.crossings("n0", vdd / 2, up=True)
    if len(rising) < 5:
        return None
    first, last, cycles = rising[2], rising[-1], len(rising) - 3
    drawn = -run.integral("i(vdd)", first, last)
    return RingFigures(float((last - first) / cycles / (2 * _STAGES)), float(vdd * drawn / cycles / _STAGES))


def ring_figures(process: Process, *, vdd: float, temperature_c: float = TEMPERATURE_C) -> RingFigures | None:
    """Delay and energy of a ring (`read_ring`)."""
    return read_ring(simulate(ring_job(process, vdd=vdd, temperature_c=temperature_c)), vdd=vdd)

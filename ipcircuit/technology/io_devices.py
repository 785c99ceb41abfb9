"""I/O devices of write drivers whose figures come from the library: simulated where a file names their transistors.

A pair of transistors is measured as those of a technology of its own, that of its gate length and supply.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ipcircuit.errors import SimulationError
from ipcircuit.parameters import Parameter
from ipcircuit.spice.jobs import Job, Result, simulate_all
from ipcircuit.spice.transient import Sweep, Transient
from ipcircuit.technology.catalog import technology as built_in
from ipcircuit.technology.measure import WIDE_M, Process, wide_transistor
from ipcircuit.technology.record import IoDevice, IoTransistors, Technology

_RAMP = 1e-9  # s, of the gates whose charge is measured
_HALF = 1 - 0.5**0.5  # x at which x (2 - x), the share of the drive current, is one half


def io_devices(technology: Technology) -> tuple[IoDevice, ...]:
    """I/O devices of a technology in ascending supply; those of lp28 where it has none.

    Those that its file names are simulated at the typical corner and 27 °C.

    Raises:
        InputError: the library does not have them.
        SimulationError: ngspice failed, or a transistor does not conduct.
    """
    devices = technology.io or built_in().io
    return tuple(_measured(technology, d) if isinstance(d, IoTransistors) else d for d in devices)


def _measured(technology: Technology, pair: IoTransistors) -> IoDevice:
    """The figures of a pair; of those that serve both polarities the larger one."""
    own = replace(technology, n=pair.n, p=pair.p, length=pair.gate_length, v_dd=pair.supply)
    process, volts = replace(Process.of(own), v_dd=pair.supply.value), pair.supply.value
    n_run, p_run, gates = simulate_all([_drain_job(process, "n"), _drain_job(process, "p"), _gate_job(process)])
    n, p = (_currents(run, process, polarity) for run, polarity in ((n_run, "n"), (p_run, "p")))
    charge = max(_charge(gates, f"i(vg{polarity})") for polarity in "np")
    source = f"simulated: {pair.n} and {pair.p} of {technology.card_label}, typical corner, 27 °C"

    def parameter(name: str, value: float, unit: str) -> Parameter:
        return Parameter(f"{name}, {volts} V device", value, unit, "", source, "derived")

    width = WIDE_M * process.width_scale
    return IoDevice(
        supply=pair.supply,
        on_current_n=parameter("n drive current", n[0] / width, "A/m"),
        on_current_p=parameter("p drive current", p[0] / width, "A/m"),
        saturation=parameter("saturation voltage", max(n[2], p[2]), "V"),
        gate_length=pair.gate_length,
        gate_capacitance=parameter("gate capacitance", charge / volts / width, "F/m"),
        off_current=parameter("off current", max(n[1], p[1]) / width, "A/m"),
    )


def _drain_job(process: Process, polarity: str) -> Job:
    """Drain sweep of two equal transistors, one with its gate at the supply and one with its gate at 0 V."""
    volts = process.v_dd if polarity == "n" else -process.v_dd
    lines = [
        f"vg g 0 {volts!r}",
        "vd d 0 0",
        "von d on 0",
        "voff d off 0",
        wide_transistor("on", "on g 0 0", polarity),
        wide_transistor("off", "off 0 0 0", polarity),
        ".options gmin=1e-16 reltol=1e-6 abstol=1e-16",
        f".dc vd 0 {volts!r} {volts / 200!r}",
        ".save i(von) i(voff)",
    ]
    return process.job("I/O device", f"{polarity}, {process.v_dd:g} V", *lines)


def _gate_job(process: Process) -> Job:
    """Gates of both polarities driven to the supply, all other nodes at 0 V."""
    lines = []
    for polarity, sign in (("n", 1.0), ("p", -1.0)):
        lines.append(f"vg{polarity} g{polarity} 0 pwl(0 0 {_RAMP!r} {sign * process.v_dd!r})")
        lines.append(wide_transistor(polarity, f"0 g{polarity} 0 0", polarity))
    lines += [f".tran {_RAMP / 200!r} {_RAMP!r} 0 {_RAMP / 200!r}", ".save i(vgn) i(vgp)"]
    return process.job("I/O gate", f"{process.v_dd:g} V", *lines)


def _currents(result: Result, process: Process, polarity: str) -> tuple[float, float, float]:
    """Drive and off current (A) at full supply, and the saturation voltage: there half the drive current flows at
    `_HALF` of it."""
    assert isinstance(result, Sweep)
    volts, on, off = np.abs(result.sweep), np.abs(result["i(von)"]), np.abs(result["i(voff)"])
    if not on[-1] > 2 * off[-1]:
        raise SimulationError(f"{polarity} I/O device", process.label, "it does not conduct at its supply", None)
    return float(on[-1]), float(off[-1]), float(np.interp(on[-1] / 2, on, volts)) / _HALF


def _charge(result: Result, current: str) -> float:
    assert isinstance(result, Transient)
    return abs(result.integral(current))

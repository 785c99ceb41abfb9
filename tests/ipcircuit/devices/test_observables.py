"""What devices declare as observables agrees with their own physics, for one device and for several at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.orthogonal_mtj.device import resistance_window
from ipcircuit.devices.thermal_mtj import measure
from ipcircuit.families import DEVICES
from ipcircuit.fitting.observable import observables_of
from ipcircuit.pulses import Idle, waveform

SLOW = ("probability_after_pulse", "midpoint_shift")  # a test of the built-in sets has several at once


def predicted(device: Device, name: str, **conditions: object) -> np.ndarray:
    """Prediction at conditions (scalars or arrays), the others at their defaults; for two devices it is the same."""
    observable = observables_of(device)[name]
    columns = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(conditions.get(q.name, q.default), float)) for q in observable.conditions)
    )
    at = {q.name: np.array(column) for q, column in zip(observable.conditions, columns, strict=True)}
    assert set(conditions) <= set(at)
    values = device.values()
    one = np.broadcast_to(observable.predict(device, values, at), columns[0].shape)
    if name in SLOW:
        return one
    two = observable.predict(device, {key: np.array([[x], [x]]) for key, x in values.items()}, at)
    assert np.broadcast_to(two, (2, one.size)) == pytest.approx(np.stack([one, one]), rel=1e-12)
    return one


def test_thermal_junction():
    device = DEVICES.load("mtj_thermal")
    volts = np.linspace(0.7, 0.9, 9)
    p = predicted(device, "switching_probability", amplitude=volts, width=150e-9)
    assert p == pytest.approx(measure.firing_probability(device, volts), abs=1e-5)
    width = predicted(device, "switching_probability", amplitude=0.83, width=np.array([50e-9, 150e-9]))
    assert width[1] == pytest.approx(float(measure.firing_probability(device, 0.83)), abs=1e-5)
    assert width[0] < width[1] / 2
    pre = measure.pre_pulse(device)
    after = predicted(device, "probability_after_pulse", delay=np.array([0.0, 200e-9]))
    assert after == pytest.approx([pre.heated, pre.cooled], abs=1e-4)
    stated = predicted(device, "probability_after_pulse", delay=0.0, amplitude=pre.amplitude)
    assert stated == pytest.approx(after[:1], abs=1e-5)
    shift = predicted(device, "midpoint_shift", pre_amplitude=0.9)
    assert shift == pytest.approx(measure.shift_after_pulse(device, np.array([0.9])), rel=1e-3)
    ohms = predicted(
        device, "resistance", voltage=np.array([0.0, 0.5, -0.5, 0.0]), state=np.array([0.0, 1.0, 1.0, 1.0])
    )
    assert ohms == pytest.approx([230, 230 + 180 / 2, 230 + 180 / 2, 410], rel=1e-9)


def test_ecram():
    device = DEVICES.load("ecram")
    period, wait = 40e-9, 30e-9
    train = [GATE_PULSE, Idle(period - GATE_PULSE.duration), GATE_PULSE, Idle(wait)]
    wave = waveform(train)
    run = integrate(device, "dynamic", wave, wave.times[-1], step=0.1e-9, extra_voltages={"v(d,s)": 0.0})
    expected = 30e3 - float(run.last["r_fast"] + run.last["r_slow"])
    ohms = predicted(
        device, "resistance_after_pulses", time=np.array([wait, 1.0]), pulses=np.array([2.0, 1.0]), interval=period
    )
    assert ohms == pytest.approx([expected, 30e3], abs=0.05)
    # A gate that is held long: filling balances relaxation, x (1/tau + share g) = share g x_max for both poles alike.
    held = predicted(device, "resistance_after_pulses", time=0.0, plateau=2e-3, edge=0.0, amplitude=1.0)
    p = device.values()
    fill = p["volatile_gain"] * 1e-6 / p["r_volatile_max"]
    poles = [(0.6 * fill, 1e-5), (0.4 * fill, 1e-4)]
    weight = sum(rate * tau for rate, tau in poles)
    assert held == pytest.approx(30e3 - p["r_volatile_max"] * weight / (1 + weight), rel=1e-5)
    left = predicted(device, "retention", time=np.array([0.0, 1e-5, 1e-4]))
    assert left == pytest.approx([1, 0.6 / math.e + 0.4 * math.exp(-0.1), 0.6 * math.exp(-10) + 0.4 / math.e], rel=1e-9)
    assert predicted(device, "pulse_step") == pytest.approx(1500.0, rel=2e-5)
    amps = predicted(device, "gate_current", voltage=np.array([0.0, 1.0, -1.0]))
    assert amps == pytest.approx([0.0, 1e-6, -1e-6], abs=1e-12)  # 2 µS above 0.5 V


def test_orthogonal_junction():
    device = DEVICES.load("mtj_orthogonal")
    ohms = predicted(device, "resistance", voltage=np.array([0.0, 0.5, 0.5]), projection=np.array([1.0, -1.0, 0.0]))
    low, high = resistance_window(device, 0.5)
    assert ohms == pytest.approx([resistance_window(device)[0], high, 2 / (1 / low + 1 / high)], rel=1e-12)
    times = np.array([0.0, 20.4e-12, 50e-12])
    released = predicted(device, "release", time=times, polar=0.3)
    assert released[0] == pytest.approx(math.sin(0.3), rel=1e-12)
    start = {"initial_polar": 0.3}
    for time, value in zip(times[1:], released[1:], strict=True):
        run = integrate(device, "macrospin", lambda t: np.zeros(()), time, step=0.1e-12, parameters=start)
        assert value == pytest.approx(float(run.last["m_w"]), abs=2e-4)

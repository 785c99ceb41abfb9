"""The ECRAM: one pulse moves 1.5 kΩ, two poles relax it, ngspice integrates the declaration; stretched relaxation."""

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.declaration.python import initial_states, render_python
from ipcircuit.declaration.spice import spice_subcircuit
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE, STEP_OHM
from ipcircuit.devices.ecram.device import (
    MODE,
    base_resistance,
    check_window,
    declare,
    gain_for,
    gate_charge,
    resistance,
    with_resistance,
)
from ipcircuit.devices.ecram.relaxation import exponential_sum, stretched_exponential
from ipcircuit.errors import InputError
from ipcircuit.pulses import Idle, Pulse, Segment, Waveform, waveform
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.transient import Transient

LINEAR = declare().with_parameters(r_volatile_max=1e12)
START = 50e-9  # s, of the first pulse


def train(pulses: int, interval: float, amplitude: float = 1.0, tail: float = 0.0) -> Waveform:
    pulse = Pulse(amplitude, GATE_PULSE.plateau, GATE_PULSE.rise, GATE_PULSE.fall)
    segments: list[Segment] = []
    for _ in range(pulses):
        segments += [pulse, Idle(interval - pulse.duration)]
    return waveform([*segments, Idle(max(tail, 1e-9))], START)


def simulated(device: Device, gate: Waveform, stop: float, step: float, drain: float = 0.1) -> Transient:
    changed = {k: v for k, v in device.values().items() if v != declare().values()[k]}
    parameters = " ".join(f"{k}={v!r}" for k, v in changed.items())
    deck = f"""* ecram
.options method=gear reltol=1e-5 trtol=1
{spice_subcircuit(declare(), MODE)}
Vgate g 0 {gate.spice()}
Vdrain d 0 {drain!r}
X1 d 0 g ecram_dynamic {parameters}
.tran 1n {stop!r} 0 {step!r}
.end
"""
    return simulate(Job("ecram", f"{stop:g} s", deck))


def solved(device: Device, gate: Waveform, times: np.ndarray) -> np.ndarray:
    """States over `times` (s) from scipy, segment by segment of the drive; shape (2, n), ohm."""
    rendering, values = render_python(device, MODE), device.values()

    def slope(t: float, y: np.ndarray) -> list[float]:
        out = rendering.evaluate({"v(g,s)": gate(t), "v(d,s)": 0.1}, {"r_fast": y[0], "r_slow": y[1]}, values)
        return [float(out["d_r_fast"]), float(out["d_r_slow"])]

    state = np.array([float(v) for v in initial_states(device, MODE).values()])
    found, corners = np.empty((2, times.size)), [*(t for t in gate.times if t < times[-1]), float(times[-1])]
    for a, b in itertools.pairwise(corners):
        inside = (times >= a) & (times <= b)
        part: Any = solve_ivp(slope, (a, b), state, method="RK45", rtol=1e-9, atol=1e-6, dense_output=True)
        if inside.any():
            found[:, inside] = part.sol(times[inside])
        state = part.y[:, -1]
    return found


def test_gain_is_derived_from_the_published_step() -> None:
    device = declare()
    assert device.values()["volatile_gain"] == pytest.approx(gain_for(device, STEP_OHM, GATE_PULSE), rel=1e-5)
    # by hand: 2 µS · (0.5 V · 9 ns plateau + two edges of 1 ns, of which the upper half is above threshold)
    assert gate_charge(device, GATE_PULSE) == pytest.approx(2e-6 * (0.5 * 9e-9 + 2 * 0.5 * 0.5 * 0.5e-9), rel=2e-3)
    with pytest.raises(InputError, match=r"no gain gives this step.*15000 ohm"):
        gain_for(device, 15e3, GATE_PULSE)


@pytest.mark.parametrize(("sign", "amplitude"), [(-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
def test_one_default_pulse_moves_the_channel_by_1500_ohm(sign: float, amplitude: float) -> None:
    """C1, in ngspice and by integrating the numpy rendering; the direction is the sign's times the pulse's."""
    device = declare().with_parameters(sign=sign)
    gate, end = train(1, 1e-6, amplitude), START + GATE_PULSE.duration
    run = simulated(device, gate, 1e-7, 0.2e-9)
    change = run.at(resistance(run, "x1"), end) - base_resistance(device)
    assert change == pytest.approx(np.sign(sign * amplitude) * STEP_OHM, rel=0.05)
    found = integrate(device, MODE, gate, end, step=0.05e-9, extra_voltages={"v(d,s)": 0.0})
    analytic = sign * float(found.states["r_fast"][-1] + found.states["r_slow"][-1])
    assert analytic == pytest.approx(change, rel=1e-3)
    assert abs(analytic) == pytest.approx(STEP_OHM, rel=2e-3)  # relaxation during 10 ns takes 0.03 %


def test_decay_constants_are_recovered_from_the_simulated_trace() -> None:
    """C1: a two-exponential fit to the simulated trace finds both poles and the share of the slow one within 2 %."""
    device, run = declare(), simulated(declare(), train(1, 1e-6), 600e-6, 0.5e-6)
    end = START + GATE_PULSE.duration
    times = np.linspace(end, 590e-6, 4000)
    change = base_resistance(device) - np.interp(times, run.time, resistance(run, "x1"))

    def model(t: np.ndarray, size: float, slow: float, fast_us: float, slow_us: float) -> np.ndarray:
        t_us = 1e6 * (t - end)
        return size * ((1 - slow) * np.exp(-t_us / fast_us) + slow * np.exp(-t_us / slow_us))

    fitted = curve_fit(model, times, change, p0=(1000.0, 0.5, 5.0, 200.0))[0]
    p = device.values()
    assert fitted[0] == pytest.approx(STEP_OHM, rel=0.02)
    assert fitted[1:] == pytest.approx([p["slow_share"], 1e6 * p["tau_fast"], 1e6 * p["tau_slow"]], rel=0.02)


@pytest.mark.parametrize(("pulses", "interval", "tail"), [(1, 1e-6, 50e-6), (12, 2e-6, 10e-6)])
def test_ngspice_follows_scipy(pulses: int, interval: float, tail: float) -> None:
    """Within 1e-3 of full scale, for a single pulse and for a train that reaches saturation."""
    gate, stop = train(pulses, interval, tail=tail), pulses * interval + tail
    run = simulated(declare(), gate, stop, 20e-9)
    times = np.linspace(0, stop, 1500)
    expected = solved(declare(), gate, times)
    for row, name in zip(expected, ("r_fast", "r_slow"), strict=True):
        found = 1e3 * np.interp(times, run.time, run[f"x1.{name}"])
        moving = np.min(np.abs(times[:, None] - np.array(gate.times)), axis=1) > 1e-9  # not amid an edge
        assert np.abs(found - row)[moving].max() < 1e-3 * np.abs(expected.sum(axis=0)).max()


def test_train_without_saturation_is_the_sum_of_its_pulses() -> None:
    """Linear limit by hand: after n pulses a pole holds q (1 - a^n) / (1 - a), a = exp(-T/tau)."""
    n, interval = 6, 1e-6
    end = START + (n - 1) * interval + GATE_PULSE.duration
    found = integrate(LINEAR, MODE, train(n, interval), end, step=0.25e-9, extra_voltages={"v(d,s)": 0.0})
    p = LINEAR.values()
    step = p["volatile_gain"] * gate_charge(LINEAR, GATE_PULSE)
    for name, share in (("fast", 1 - p["slow_share"]), ("slow", p["slow_share"])):
        a = np.exp(-interval / p[f"tau_{name}"])
        assert float(found.states[f"r_{name}"][-1]) == pytest.approx(share * step * (1 - a**n) / (1 - a), rel=1e-3)


def test_volatile_change_saturates_and_vanishes_when_ablated() -> None:
    """A gate held for 10 µs, the pulse of slow devices, stops at the largest displacement and inside the window."""
    run = simulated(declare(), waveform([Pulse(1.0, 10e-6, 1e-9, 1e-9), Idle(1e-7)], START), 10e-6, 20e-9)
    change = base_resistance(declare()) - resistance(run, "x1")
    assert 0.9 * 15e3 < change.max() < 15e3
    check_window(run, "x1")
    ablated = declare().with_parameters(volatile=0.0)
    run = simulated(ablated, train(4, 1e-6), 4e-6, 5e-9)
    assert resistance(run, "x1") == pytest.approx(base_resistance(ablated), rel=1e-9)
    assert run.integral("i(vgate)") == pytest.approx(-4 * gate_charge(ablated, GATE_PULSE), rel=5e-3)


def test_gate_energy_and_channel_current() -> None:
    """Probe, source and charge times voltage agree; below the threshold next to nothing flows."""
    run = simulated(declare(), train(1, 1e-6), 1e-7, 0.1e-9)
    source = -run.energy("g", "i(vgate)")
    assert 1e-6 * run.integral("x1.gate_power") == pytest.approx(source, rel=1e-3)
    assert source == pytest.approx(gate_charge(declare(), GATE_PULSE) * 1.0, rel=0.02)  # edges are below 1 V
    assert 9e-15 < source < 10e-15
    quiet = simulated(declare(), train(1, 1e-6, amplitude=0.3), 1e-7, 0.1e-9)
    assert abs(quiet.energy("g", "i(vgate)")) < 1e-3 * source
    assert np.abs(resistance(quiet, "x1") - base_resistance(declare())).max() < 5.0
    run = simulated(declare(), train(1, 1e-6), 1e-7, 0.2e-9, drain=0.25)
    assert -run["i(vdrain)"] == pytest.approx(0.25 / resistance(run, "x1"), rel=1e-5)  # Ohm's law


def test_leaving_the_window_names_time_and_value() -> None:
    """Eight pulses on 10 kΩ pass 4 kΩ; the message has the first time outside, and the resistance there."""
    device = with_resistance(declare(), 10e3)
    run = simulated(device, train(8, 0.2e-6), 1.6e-6, 1e-9)
    with pytest.raises(InputError, match=r"leaves the model's window at .* s; found '.* ohm'; allowed: 4000") as e:
        check_window(run, "x1", device)
    first = int(np.flatnonzero(resistance(run, "x1") < 4e3)[0])
    assert f"{run.time[first]:.6g} s" in str(e.value)
    assert START < run.time[first] < 1.6e-6
    check_window(simulated(device, train(1, 1e-6), 1e-6, 5e-9), "x1", device)


def test_resistance_sets_the_weight_and_impossible_parameters_are_refused() -> None:
    device = declare()
    for ohms in (4e3, 30e3, 1e6, 10e6):
        assert base_resistance(with_resistance(device, ohms)) == pytest.approx(ohms, rel=1e-12)
    for ohms in (3.9e3, 11e6, float("nan")):
        with pytest.raises(InputError, match="outside the model's window"):
            with_resistance(device, ohms)
    for changes in ({"sign": 0.5}, {"tau_slow": 5e-6}, {"weight": 1.1}, {"r_low": 2e7}):
        with pytest.raises(InputError):
            device.with_parameters(**changes)


def test_one_exponential_is_a_sum_of_one_and_more_terms_of_a_stretched_one_leave_less() -> None:
    alone = exponential_sum(10e-6, 1.0, terms=1)
    assert alone.weights == (1.0,)
    assert alone.taus == pytest.approx((10e-6,), rel=1e-9)
    assert alone.max_error < 1e-12
    for beta in (0.4, 0.6, 0.8):
        errors = [exponential_sum(1e-5, beta, terms=n).max_error for n in (1, 2, 3)]
        assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0
    short, long = exponential_sum(1e-6, 0.5), exponential_sum(1e-3, 0.5)
    assert long.weights == pytest.approx(short.weights)
    assert long.taus == pytest.approx([1e3 * tau for tau in short.taus])
    for tau, beta, terms in ((0.0, 0.5, 2), (1.0, 0.0, 2), (1.0, 1.2, 2), (1.0, 0.5, 0)):
        with pytest.raises(InputError, match="no such stretched exponential"):
            exponential_sum(tau, beta, terms)


def test_reported_error_of_a_sum_is_its_error() -> None:
    result = exponential_sum(10e-6, 0.6)
    t = 10e-6 * np.geomspace(1e-3, 20, 400)
    error = result(t) - stretched_exponential(t, 10e-6, 0.6)
    assert result.max_error == pytest.approx(np.abs(error).max(), rel=1e-9)
    assert result.rms_error == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-9)
    assert 0.02 < result.max_error < 0.04  # two poles are not a stretched exponential, and say so
    assert sum(result.weights) == pytest.approx(1.0)
    assert result(0.0) == pytest.approx(1.0)
    assert result.taus[0] < 10e-6 < result.taus[1]

"""The orthogonal junction in ngspice against the torch integrator, its readout, and its limits."""

import math

import numpy as np
import pytest

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import node_scale, spice_subcircuit, subcircuit_name
from ipcircuit.devices.orthogonal_mtj.device import (
    MODE,
    check_current,
    declare,
    largest_ra,
    parallel,
    resistance_window,
    voltage_for,
    with_dimensions,
)
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble
from ipcircuit.errors import InputError
from ipcircuit.pulses import Idle, Pulse, Waveform, waveform
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.transient import Transient

DEVICE = declare()
STRICT = ".options method=trap reltol=1e-5 trtol=1"
PULSES = waveform(
    [Pulse(1.0, 1.5e-9, 0.1e-9, 0.1e-9), Idle(1e-9), Pulse(-1.0, 1e-9, 0.1e-9, 0.1e-9), Idle(0.5e-9)], 0.1e-9
)
STOP = PULSES.times[-1]


def ngspice(device: Device, source: str, wave: Waveform, step: float, options: str = STRICT) -> Transient:
    """Source ``I`` (A, out of node p's ground side) or ``V`` (V) across the device."""
    nodes = "0 p" if source == "I" else "p 0"
    deck = [
        "* macrospin",
        options,
        spice_subcircuit(device, MODE),
        f"{source}1 {nodes} {wave.spice()}",
        f"X1 p 0 {subcircuit_name(device, MODE)}",
        f".tran 1p {STOP!r} 0 {step!r}",
        ".end",
    ]
    return simulate(Job("mtj_orthogonal", f"{source} {step:g}", "\n".join(deck) + "\n"))


def difference(device: Device, run: Transient, drive: Waveform, driven_by: str) -> float:
    exact = Ensemble(device, driven_by=driven_by).run(drive, STOP, step=0.1e-12, keep_every=10)
    return float(np.abs(run["x1.projection"] - np.interp(run.time, exact.time, exact.projection)).max())


def test_ngspice_follows_torch_under_pulses_of_both_signs() -> None:
    """Driven by a current (1e12 A/m²): within 1e-3 at every instant, and |m| = 1 without renormalising."""
    run = ngspice(DEVICE, "I", PULSES.scaled(1e12 * DEVICE.values()["area"]), 0.2e-12)
    assert difference(DEVICE, run, PULSES.scaled(1e12), "current_density") < 1e-3
    length = np.sqrt(sum(run[f"x1.m_{axis}"] ** 2 for axis in "wlt"))
    assert np.abs(length - 1).max() < 2e-4
    assert run["x1.projection"].max() > 0.4
    assert run["x1.projection"].min() < -0.35


def test_ngspice_follows_torch_at_a_voltage() -> None:
    """The same through the bias-dependent conductance; heat is V·I of the source."""
    device = DEVICE.with_parameters(asymmetry=1.0)
    run = ngspice(device, "V", PULSES, 0.2e-12)
    assert difference(device, run, PULSES, "voltage") < 1e-3
    heat = node_scale(device, MODE, "heat") * run.integral("x1.heat")
    assert heat == pytest.approx(-run.energy("p", "i(v1)"), rel=1e-6)


def test_ngspice_at_the_circuits_options_is_good_to_a_few_percent_of_the_membrane() -> None:
    """Gear with 1 ps: what is off is the phase of the fast precession."""
    options = ".options method=gear reltol=1e-4 trtol=1 bypass=1"
    run = ngspice(DEVICE, "I", PULSES.scaled(1e12 * DEVICE.values()["area"]), 1e-12, options)
    assert difference(DEVICE, run, PULSES.scaled(1e12), "current_density") < 0.03
    assert np.abs(np.sqrt(sum(run[f"x1.m_{axis}"] ** 2 for axis in "wlt")) - 1).max() < 2e-3


def test_restoring_term_takes_back_an_error_of_length() -> None:
    """Started at |m| = 1.1 by hand, d|m|/dt = -λ (|m|² - 1)|m|."""
    text = spice_subcircuit(DEVICE, MODE).replace(".ic V(m_t)={1.0*cos(initial_polar)}", ".ic V(m_t)=1.1")
    assert "=1.1" in text
    deck = f"* length\n{text}V1 p 0 0\nX1 p 0 mtj_orthogonal_macrospin\n.tran 0.1p 40p 0 0.1p\n.end\n"
    run = simulate(Job("mtj_orthogonal", "length", deck))
    rate, t = DEVICE.values()["restoring_rate"], 10e-12
    expected = (1 + (1 / 1.21 - 1) * math.exp(-2 * rate * t)) ** -0.5
    assert run.at("x1.m_t", t) == pytest.approx(expected, rel=1e-3)
    assert run.at("x1.m_t", 40e-12) == pytest.approx(1.0, abs=1e-4)


def test_resistance_window_and_the_voltage_for_a_current() -> None:
    """By hand: 1 Ω·µm² over π/4 · 10 × 45 nm; Julliere's 112.5 % for P = 0.6, a fifth of it at 1 V."""
    low, high = resistance_window(DEVICE)
    assert low == pytest.approx(1e-12 / (math.pi / 4 * 450e-18))
    assert high / low == pytest.approx(2.125)
    assert resistance_window(DEVICE, 1.0)[1] / low == pytest.approx(1.225)
    p = DEVICE.values()
    for density, u in ((1e12, 0.0), (-4e11, 0.5), (1e11, -1.0)):
        volts = voltage_for(DEVICE, density, u)
        low, high = resistance_window(DEVICE, volts)
        assert volts * ((1 + u) / 2 / low + (1 - u) / 2 / high) / p["area"] == pytest.approx(density, rel=1e-9)


def test_current_beyond_breakdown_names_the_largest_product() -> None:
    """1e12 A/m² takes 1.09 V at 1 Ω·µm²; 1.5e12 does not go."""
    assert check_current(DEVICE, 1e12) == pytest.approx(1.09, abs=0.01)
    with pytest.raises(InputError, match=r"1\.5e\+12 A/m² through 1 Ω·µm² is beyond breakdown.*1\.2 V: 0\.7.* Ω·µm²"):
        check_current(DEVICE, 1.5e12)
    check_current(DEVICE.with_parameters(ra=0.7e-12), 1.5e12)
    with pytest.raises(InputError, match="beyond breakdown"):
        check_current(DEVICE, float("nan"))
    ra = largest_ra(DEVICE, 1.5e12)
    assert ra == pytest.approx(0.745e-12, rel=1e-3)  # by hand: 1.2 V (1 + 1/(1 + 1.125/6.76)) / 2 / 1.5e12
    assert check_current(DEVICE.with_parameters(ra=0.9999 * ra), 1.5e12) == pytest.approx(1.2, rel=2e-4)
    with pytest.raises(InputError, match="beyond breakdown"):
        check_current(DEVICE.with_parameters(ra=1.001 * ra), 1.5e12)


def test_parallel_design_and_odd_response() -> None:
    design = parallel(DEVICE).values()
    changed = {name for name, value in DEVICE.values().items() if design[name] != value}
    assert changed == {"pinned_w", "pinned_t", "field_l", "initial_polar", "initial_azimuth"}
    # the field holds the tilt: at rest nothing moves
    still = Ensemble(parallel(DEVICE)).run(lambda t: 0.0, 1e-9)
    assert still.last.numpy() == pytest.approx(still.m[0].numpy(), abs=1e-9)
    plus, minus = (Ensemble(DEVICE).run(lambda t, s=s: s * 1e12, 1e-9).projection for s in (1, -1))
    assert float(plus[-1]) == pytest.approx(-float(minus[-1]), abs=1e-12)
    assert float(plus[-1]) > 0.3


def test_impossible_parameters_and_dimensions_are_refused() -> None:
    for changes, message in [
        ({"pinned_l": 0.5}, "must be a unit vector"),
        ({"n_w": 0.5}, "must add up to 1"),
        ({"alpha": -0.01}, "out of range"),
        ({"no_such": 1.0}, "no parameter of this name"),
    ]:
        with pytest.raises(InputError, match=message):
            DEVICE.with_parameters(**changes)
    with pytest.raises(InputError, match="width: a dimension must be positive"):
        with_dimensions(DEVICE, 0.0, 45e-9, 50e-9)

"""The macrospin against known answers: precession, energy, astroid, convergence, onsets, thermal equilibrium."""

import math
import runpy
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import constants, stats
from scipy.integrate import solve_ivp

from ipcircuit.compact.signed_mtj.analytic import SUDDEN, analytic, critical_torque
from ipcircuit.compact.signed_mtj.onset import material_field
from ipcircuit.declaration.device import Device
from ipcircuit.declaration.python import render_python
from ipcircuit.devices.orthogonal_mtj.device import (
    MODE,
    SPIN_TORQUE,
    MacrospinWarning,
    check_dimensions,
    declare,
    exchange_length,
    parallel,
    with_dimensions,
)
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble, largest_step
from ipcircuit.devices.orthogonal_mtj.zheng2026 import GYROMAGNETIC
from ipcircuit.errors import InputError

DEVICE = declare()
ISOTROPIC = DEVICE.with_parameters(n_w=1 / 3, n_l=1 / 3, n_t=1 / 3)
JC = 1e12  # A/m²


def magnetic_energy(values: Mapping[str, Any], m: Any) -> Any:
    """Energy (J) of magnetisation `m`, shape (3, …), under parameter `values`; numpy or torch.

    Shape, applied field and anisotropy; its gradient is -µ0 Ms volume times the field of the declaration.
    """
    volume = values["area"] * values["height"]
    shape = sum(values[f"n_{axis}"] * m[i] * m[i] for i, axis in enumerate("wlt")) / 2
    applied = sum(values[f"field_{axis}"] * m[i] for i, axis in enumerate("wlt")) / values["ms"]
    density = constants.mu_0 * values["ms"] ** 2 * (shape - applied)
    return volume * (density - (values["k_bulk"] + values["k_interface"] / values["height"]) * m[2] * m[2])


def boltzmann_moments(values: Mapping[str, float], temperature_K: float, points: int = 400) -> np.ndarray:
    """<m_W²>, <m_L²>, <m_T²> in equilibrium at a temperature, by quadrature over the sphere.

    Gauss-Legendre in m_W (the direction in which the energy is steepest) and the trapezoid rule around it.
    """
    nodes, weights = np.polynomial.legendre.leggauss(points)
    azimuth = np.arange(points) * 2 * np.pi / points
    w, phi = np.meshgrid(nodes, azimuth, indexing="ij")
    across = np.sqrt(1 - w * w)
    m = np.stack([w, across * np.sin(phi), across * np.cos(phi)])
    energy = magnetic_energy(values, m) / (constants.k * temperature_K)
    share = weights[:, None] * np.exp(-(energy - energy.min()))
    return np.asarray((share * m * m).sum((1, 2)) / share.sum())


def parallel_onset(device: Device) -> float:
    """Current density (A/m²) at which the parallel design leaves its easy axis: the torque outweighs the damping.

    Linearised about ±T, the two transverse components turn elliptically and grow at γ (a - α (H_W + H_L)/2), with
    H_W, H_L = Ms (N_W - N_T), Ms (N_L - N_T) plus anisotropy.
    """
    p = device.values()
    fields = p["ms"] * ((p["n_w"] + p["n_l"]) / 2 - p["n_t"]) + material_field(p)
    return p["alpha"] * fields * p["ms"] * p["height"] / (SPIN_TORQUE * p["polarisation"])


def off(_: float) -> float:
    return 0.0


def sphere(n: int, seed: int) -> torch.Tensor:
    m = torch.randn(3, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return m / m.norm(dim=0)


def test_precession_has_the_larmor_frequency() -> None:
    """Cayley's turn of a constant ω is 2 atan(ωh/2) per step, so that the frequency is low by (ωh)²/12."""
    field, h, polar = 1e5, 1e-12, 0.5
    device = ISOTROPIC.with_parameters(field_t=field, alpha=0.0, initial_polar=polar)
    run = Ensemble(device).run(off, 2e-9, step=h, keep_every=1)
    phase = np.unwrap(np.arctan2(run.m[:, 1].numpy(), run.m[:, 0].numpy()))
    larmor = GYROMAGNETIC * field
    assert (phase[-1] - phase[0]) / 2e-9 == pytest.approx(larmor * (1 - (larmor * h) ** 2 / 12), rel=1e-6)
    assert run.m[:, 2].numpy() == pytest.approx(math.cos(polar), abs=1e-12)
    assert larmor / (2 * math.pi) == pytest.approx(28.025e9 * 4e-7 * math.pi * field, rel=1e-4)  # 28.025 GHz/T


def test_damping_and_torque_follow_their_closed_forms() -> None:
    """In a field along T, tan(θ/2) falls as exp(-αγHt/(1+α²))."""
    field, alpha, stop = 2e5, 0.1, 0.5e-9
    device = ISOTROPIC.with_parameters(field_t=field, alpha=alpha, initial_polar=2.5)
    m = Ensemble(device).run(off, stop, step=0.25e-12).last
    expected = math.tan(1.25) * math.exp(-alpha * GYROMAGNETIC * field * stop / (1 + alpha**2))
    assert math.tan(math.acos(float(m[2])) / 2) == pytest.approx(expected, rel=1e-4)
    # Without field m_W follows tanh(γ a t / (1 + α²)), of the sign of the current.
    alpha, stop = 0.01, 0.5e-9
    levels = torch.tensor([-2e12, -1e12, 1e12, 2e12], dtype=torch.float64)
    ensemble = Ensemble(ISOTROPIC.with_parameters(alpha=alpha))
    u = ensemble.run(lambda t: levels, stop).projection[-1]
    a = ensemble.torque(levels).numpy()
    assert u.numpy() == pytest.approx(np.tanh(GYROMAGNETIC * a * stop / (1 + alpha**2)), rel=1e-4)
    # by hand, ħ P J / (2 e µ0 Ms T): 1.0546e-34 · 0.6 · 1e12 / (2 · 1.6022e-19 · 1.2566e-6 · 1e6 · 50e-9)
    assert a[2] == pytest.approx(3142.7, rel=1e-4)
    run = Ensemble(DEVICE).run(lambda t: JC, 10e-9, keep_every=10)
    assert float((run.m.norm(dim=1) - 1).abs().max()) < 1e-12


def test_energy_is_conserved_without_damping_and_falls_with_it() -> None:
    start = sphere(32, 5)
    barrier = np.ptp([magnetic_energy(DEVICE.values(), np.eye(3)[i]) for i in (1, 2)])
    free, drift = Ensemble(DEVICE.with_parameters(alpha=0.0)), []
    for h in (1e-12, 0.5e-12):
        m = free.run(off, 0.5e-9, step=h, start=start, keep_every=round(5e-12 / h)).m
        energy = magnetic_energy(DEVICE.values(), m.transpose(0, 1))
        drift.append(float((energy - energy[0]).abs().max()))
    assert drift[1] < 0.02 * barrier
    assert drift[1] < drift[0] / 3.5
    m = Ensemble(DEVICE).run(off, 1e-9, step=0.5e-12, start=start, keep_every=20).m
    energy = magnetic_energy(DEVICE.values(), m.transpose(0, 1))
    assert float(energy.diff(dim=0).max()) < 1e-4 * barrier  # never rises, but for rounding and discretisation
    assert float((energy[-1] - energy[0]).max()) < 0
    assert float((energy[-1] - energy[0]).mean()) < -5 * barrier


def test_declared_field_is_minus_the_gradient_of_the_energy() -> None:
    device = DEVICE.with_parameters(k_bulk=2e4, k_interface=1e-4, field_w=1e3, field_l=-2e3, field_t=3e3)
    p, m = device.values(), sphere(20, 3).requires_grad_()
    (gradient,) = torch.autograd.grad(magnetic_energy(p, m).sum(), m)
    states = {f"m_{axis}": m[i].detach() for i, axis in enumerate("wlt")}
    out = render_python(device, MODE, "torch").evaluate({"v(p,n)": torch.tensor(0.0)}, states, p)
    moment = 4e-7 * math.pi * p["ms"] * p["area"] * p["height"]
    for i, axis in enumerate("wlt"):
        assert out[f"h_{axis}"].numpy() == pytest.approx(-gradient[i].numpy() / moment, rel=1e-6)


def smooth(t: float) -> float:
    return 1.5 * JC * math.sin(2 * math.pi * t / 0.8e-9)


def test_order_of_convergence() -> None:
    """Against DOP853 on the numpy rendering, driven by a smooth current (without TMR, J is V / RA)."""
    device = DEVICE.with_parameters(initial_polar=0.7, initial_azimuth=0.4, restoring_rate=0.0, tmr=0.0)
    rendering, p, stop = render_python(device, MODE), device.values(), 0.8e-9

    def slope(t: float, y: np.ndarray) -> list[float]:
        states = dict(zip(("m_w", "m_l", "m_t"), y, strict=True))
        out = rendering.evaluate({"v(p,n)": smooth(t) * p["ra"]}, states, p)
        return [out["d_m_w"], out["d_m_l"], out["d_m_t"]]

    start = Ensemble(device).rest().numpy()
    exact = solve_ivp(slope, (0, stop), start, "DOP853", rtol=1e-10, atol=1e-11).y[:, -1]
    errors = [
        np.abs(Ensemble(device).run(smooth, stop, step=h).last.numpy() - exact).max()
        for h in (0.8e-12, 0.4e-12, 0.2e-12)
    ]
    assert errors[-1] < 1e-3
    assert math.log2(errors[0] / errors[1]) > 1.95
    assert math.log2(errors[1] / errors[2]) > 1.95


def test_stoner_wohlfarth_astroid() -> None:
    """A field at angle ψ from -T switches at H_k (cos^(2/3) ψ + sin^(2/3) ψ)^(-3/2), here within 1 %."""
    k_bulk, angles = 5e4, np.deg2rad([5.0, 20.0, 45.0, 70.0, 85.0])
    anisotropy = 2 * k_bulk / (4e-7 * math.pi * 1e6)
    switching = anisotropy * (np.cos(angles) ** (2 / 3) + np.sin(angles) ** (2 / 3)) ** -1.5
    share = np.array([0.98, 0.99, 1.01, 1.02])
    device = ISOTROPIC.with_parameters(k_bulk=k_bulk, alpha=1.0)
    m = None
    for level in (np.full(4, 0.9), share):  # settle below first: no kick
        h = level[:, None] * switching
        fields = {"field_w": h * np.sin(angles), "field_t": -h * np.cos(angles)}
        m = Ensemble(device, fields).run(off, 8e-9, step=4e-12, start=m).last
    assert (m[2] > 0).tolist() == [[True] * 5] * 2 + [[False] * 5] * 2  # the metastable branch ends above m_T = 0


def test_onsets_of_slow_and_sudden_drives() -> None:
    """Without field H_k/2; with H the sum H sin φ + H_k/2 sin 2φ peaks at cos φ = (sqrt(h² + 8) - h)/4, h = H/H_k."""
    assert critical_torque(4000.0) == pytest.approx(2000.0, rel=1e-9)
    h = 0.7
    cosine = (math.sqrt(h * h + 8) - h) / 4
    sine = math.sqrt(1 - cosine * cosine)
    assert critical_torque(1.0, h) == pytest.approx(h * sine + sine * cosine, rel=1e-9)
    expected = analytic(DEVICE).ramp_onset
    ensemble, low, high, stop = Ensemble(DEVICE.with_parameters(alpha=0.05)), 0.98, 1.02, 20e-9
    settled = ensemble.run(lambda t: low * expected * min(1.0, t / 2e-9), 6e-9).last
    run = ensemble.run(lambda t: expected * (low + (high - low) * t / stop), stop, start=settled, keep_every=20)
    over = int(np.argmax(run.m[:, 2].numpy() < 0))
    found = low + (high - low) * float(run.time[over]) / stop
    assert 1.0 < found < 1.01  # passes the bifurcation, and needs a nanosecond to leave it
    expected = analytic(DEVICE).undamped_onset
    assert pytest.approx(0.3623, abs=1e-4) == SUDDEN
    levels = torch.tensor(expected * np.array([0.97, 0.98, 1.02, 1.03, 1.10]))
    for alpha, turns in ((0.0, [False, False, True, True, True]), (0.01, [False, False, False, False, True])):
        m = Ensemble(DEVICE.with_parameters(alpha=alpha)).run(lambda t: levels, 2e-9, keep_every=20).m
        assert (m[:, 2].min(0).values < -0.5).tolist() == turns
    # Of the pendulum with Q = sqrt(4270/585600)/0.01: 0.783 of the slow onset, between it and the undamped one.
    paper = analytic(DEVICE)
    assert paper.step_onset == pytest.approx(0.783 * paper.ramp_onset, rel=2e-3)
    levels = torch.tensor(paper.step_onset * np.array([0.97, 1.03]))
    m = Ensemble(DEVICE).run(lambda t: levels, 3e-9, keep_every=20).m
    assert (m[:, 2].min(0).values < -0.5).tolist() == [False, True]


def test_parallel_design_leaves_its_axis_where_torque_outweighs_damping() -> None:
    """Energy of a small precession about -T grows above the linear onset and shrinks below it."""
    onset = parallel_onset(DEVICE)
    device = parallel(DEVICE).with_parameters(field_l=0.0, initial_polar=math.pi - 0.02)
    floor = magnetic_energy(device.values(), np.array([0.0, 0.0, -1.0]))
    for share, grows in ((0.9, False), (1.1, True)):
        m = Ensemble(device).run(lambda t, level=share * onset: level, 4e-9).m
        energy = magnetic_energy(device.values(), m.transpose(0, 1)) - floor
        assert abs(float(energy[-1] / energy[0]) - 1) > 0.05
        assert bool(energy[-1] > energy[0]) is grows


def test_thermal_equilibrium_is_boltzmanns() -> None:
    """4000 devices after 2 ns at 300 K (ten relaxation times at α = 0.1): second moments and the distribution."""
    device, n = DEVICE.with_parameters(alpha=0.1), 4000
    run = Ensemble(device).run(
        lambda t: torch.zeros(n, dtype=torch.float64),
        2e-9,
        temperature_K=300.0,
        generator=torch.Generator().manual_seed(300),
    )
    squares = run.last.numpy() ** 2
    expected = boltzmann_moments(device.values(), 300.0)
    z = (squares.mean(1) - expected) / (squares.std(1) / math.sqrt(n))
    assert np.abs(z).max() < 3.5
    assert expected[0] == pytest.approx(3.2e-4, rel=0.05)  # by hand: kT / (µ0 Ms² volume (N_W - N_T))
    # m_W, the readout, is Gaussian in so deep a valley: chi² over ten equally likely bins
    bins = stats.norm.cdf(run.last[0].numpy() / math.sqrt(expected[0]))
    counts = np.histogram(bins, 10, (0, 1))[0]
    assert stats.chisquare(counts).pvalue > 1e-3


def test_thermal_runs_repeat_with_their_seed_and_only_then() -> None:
    def run(seed: int) -> torch.Tensor:
        ensemble = Ensemble(DEVICE)
        return ensemble.run(
            lambda t: torch.zeros(3), 0.1e-9, temperature_K=300.0, generator=torch.Generator().manual_seed(seed)
        ).last

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))
    with pytest.raises(InputError, match="needs a generator"):
        Ensemble(DEVICE).run(off, 1e-9, temperature_K=300.0)


def test_batches_voltage_drive_and_asymmetry() -> None:
    """Floats for one device, tensors for many: the same numbers; and per-device parameters are per device."""
    alone = Ensemble(DEVICE).run(smooth, 0.5e-9).projection
    many = Ensemble(DEVICE, {"alpha": np.array([0.01, 0.02])}).run(smooth, 0.5e-9).projection
    assert float(many[-1, 0]) == pytest.approx(float(alone[-1]), abs=1e-12)
    assert float(many[-1, 1]) != pytest.approx(float(alone[-1]), abs=1e-3)
    # At zero TMR the conductance is constant, and V drives V / RA.
    device = DEVICE.with_parameters(tmr=0.0)
    by_current = Ensemble(device).run(lambda t: 1e12, 1e-9).projection
    by_voltage = Ensemble(device, driven_by="voltage").run(lambda t: 1.0, 1e-9).projection
    assert float(by_voltage[-1]) == pytest.approx(float(by_current[-1]), abs=1e-9)
    # Slonczewski 2005, at low bias: the current falls against p as the torque per current rises (Julliere's TMR).
    device = DEVICE.with_parameters(asymmetry=1.0, v_half=10.0)
    out = render_python(device, MODE).evaluate(
        {"v(p,n)": 1e-3}, {"m_w": np.array([-0.9, 0.0, 0.9]), "m_l": 0.0, "m_t": 0.0}, device.values()
    )
    assert out["a_j"] == pytest.approx(out["a_j"][1], rel=1e-6)


def test_bad_input_is_named() -> None:
    for arguments, message in [
        ({"parameters": {"width": 1.0}}, "no such parameter; found 'width'"),
        ({"driven_by": "spin"}, "allowed: current_density, voltage"),
    ]:
        with pytest.raises(InputError, match=message):
            Ensemble(DEVICE, **arguments)
    with pytest.raises(InputError, match="unit length"):
        Ensemble(DEVICE).run(off, 1e-9, start=torch.tensor([0.0, 0.0, 0.9]))
    # A current is not: which barrier lets it flow is another question (`mtj_orthogonal.check_current`).
    with pytest.raises(
        InputError, match=r"drive: voltage across mtj_orthogonal.*found '1\.3 V'; allowed: within ±1\.2 V"
    ):
        Ensemble(DEVICE, driven_by="voltage").run(lambda t: 1.3, 1e-9)
    limit = largest_step(DEVICE.values(), 0.0)
    with pytest.raises(InputError, match=rf"time step out of range.*found.*up to {limit:.4g} s"):
        Ensemble(DEVICE).run(off, 1e-9, step=2e-12)
    Ensemble(DEVICE).run(off, 10e-12, step=0.999 * limit)


def test_benchmark_draws_cost_against_devices(tmp_path: Path) -> None:
    script = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "macrospin.py"))
    rows = [(1, 2e-4), (1000, 3e-4), (100_000, 1.2e-2)]
    script["plot"](rows, str(tmp_path / "cost.png"))
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")


def test_dimensions_set_area_height_and_factors_and_large_ones_warn() -> None:
    device = with_dimensions(DEVICE, 12e-9, 40e-9, 30e-9, "prism")
    p = device.values()
    assert (p["area"], p["height"]) == pytest.approx((480e-18, 30e-9))
    assert p["n_w"] + p["n_l"] + p["n_t"] == pytest.approx(1.0)
    assert "12 × 40 × 30 nm" in next(q.source for q in device.parameters if q.name == "n_w")
    with pytest.raises(InputError, match="unknown shape"):
        with_dimensions(DEVICE, 1e-9, 1e-9, 1e-9, "ball")
    assert exchange_length(1e6, 15e-12) == pytest.approx(4.886e-9, rel=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_dimensions([10e-9, 45e-9, 50e-9], 1e6)
    with pytest.warns(MacrospinWarning, match=r"exchange length of 4\.89 nm.*the longest 20\.5"):
        assert not check_dimensions([10e-9, 45e-9, 100e-9], 1e6)
    with pytest.warns(MacrospinWarning, match=r"short side is 6\.1 lengths"):
        assert not check_dimensions([[30e-9], [40e-9], [50e-9]], 1e6)

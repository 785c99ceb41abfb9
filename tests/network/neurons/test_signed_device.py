"""The device's reduced equation: against quadrature, the macrospin it stands for, and numbers of a damped pendulum."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from ipcircuit.compact.signed_mtj.analytic import analytic, thermal_deviation
from ipcircuit.compact.signed_mtj.neuron import SignedLif, membrane
from ipcircuit.compact.signed_mtj.onset import onset_ratio
from ipcircuit.devices.orthogonal_mtj.device import declare, parallel
from ipcircuit.errors import InputError
from network.neurons.signed_mtj.dynamics import DeviceDynamics
from network.neurons.signed_mtj.layer import Firing, run
from network.neurons.signed_mtj.macrospin import MacrospinDynamics

DEVICE = declare()
FIGURES = analytic(DEVICE)
NEURON = FIGURES.neuron()
FREE = FIGURES.neuron(well=0.0)  # nothing holds the magnetisation
ONSET = NEURON.normalised().onset


def macrospin(drives: np.ndarray, dt_s: float) -> np.ndarray:
    """m_W at the end of each step of `drives` (time, n; as the u at which the membrane settles)."""
    dynamics = MacrospinDynamics(DEVICE, dt_s, 0.4)
    state, ends = dynamics.rest(torch.tensor(drives[0])), []
    for drive in drives:
        state = dynamics.step(state, torch.tensor(drive) / 0.4)
        ends.append(state[0].numpy())
    return np.array(ends)


def test_numbers_of_the_published_pillar_and_limits_of_the_onset() -> None:
    # H_h = 0.5856 Ms: 1/(0.01 x 2.2128e5 x 0.5856e6) s, and sqrt(4.142e-21 / (4 pi 1e-7 x 1e6 x 1.767e-23 x 0.5856e6))
    sigma = thermal_deviation(DEVICE, 300.0)
    assert NEURON.tau_s == pytest.approx(0.772e-9, rel=1e-3)
    assert sigma == pytest.approx(0.01785, rel=5e-3)
    assert thermal_deviation(DEVICE, 75.0) == pytest.approx(sigma / 2, rel=1e-9)
    # Undamped: the tilted barrier is reached with the energy of the start, i = 0.7246. Overdamped: i = 1.
    assert onset_ratio(300.0) == pytest.approx(0.7246, abs=0.006)
    assert onset_ratio(0.3) == 1.0
    values = [onset_ratio(q) for q in (1.0, 3.0, 8.26, 30.0)]
    assert values == sorted(values, reverse=True)


def test_macrospin_sets_off_at_the_onset_keeps_turning_and_is_caught() -> None:
    drives = np.repeat(ONSET * np.array([[0.94, 0.97, 1.03, 1.06]]), 2, axis=0)
    reached = np.abs(macrospin(drives, 1e-9)[-1])
    assert reached[:2].max() < 0.06
    assert reached[2:].min() > 0.15
    low = 0.8 * ONSET
    ends = macrospin(np.array([[0.6]] + [[low]] * 3 + [[0.0]] * 2), 1e-9)[:, 0]
    assert ends[3] == pytest.approx(low, abs=0.03)
    assert abs(ends[5]) < 0.1


@pytest.mark.parametrize("drive", [0.5, -0.8, 3.0, 30.0])
@pytest.mark.parametrize("dt_s", [0.2e-9, 0.5e-9, 2e-9])
def test_one_step_solves_the_equation(drive: float, dt_s: float) -> None:
    dynamics = DeviceDynamics(FREE, dt_s, 0.5)
    start = np.array([-0.6, 0.0, 0.3])
    state = torch.tensor(start / 0.5, dtype=torch.float64)
    after = dynamics.step(state, torch.full_like(state, drive / 0.5)) * 0.5
    exact = solve_ivp(
        lambda _, u: (1 - u**2) * (drive - u) / FREE.tau_s, (0, dt_s), start, method="LSODA", rtol=1e-9, atol=1e-11
    ).y[:, -1]
    assert after.numpy() == pytest.approx(exact, abs=2e-3)
    assert bool((after.abs() <= 1).all())


def test_settling_relaxation_and_what_is_below_onset() -> None:
    dynamics = DeviceDynamics(NEURON, 0.5e-9, 0.6)
    quiet = Firing(reset="none")
    _, settled = run(dynamics, torch.full((60, 1, 1), 0.7, dtype=torch.float64), firing=quiet)
    assert settled.item() == pytest.approx(0.7, rel=1e-4)
    small = torch.full((1, 1), 0.01, dtype=torch.float64)
    _, relaxed = run(dynamics, torch.zeros(4, 1, 1, dtype=torch.float64), small, quiet)
    assert relaxed.item() == pytest.approx(0.01 * math.exp(-4 * 0.5e-9 / NEURON.tau_s), rel=1e-3)
    dynamics = DeviceDynamics(NEURON, 0.5e-9, 0.6)
    drives = torch.full((40, 1, 2), 0.8 * ONSET / 0.6, dtype=torch.float64)
    start = torch.tensor([[0.0, 0.5]], dtype=torch.float64)
    _, state = run(dynamics, drives, start, Firing(reset="none"))
    assert state[0, 0].item() == 0.0
    assert state[0, 1].item() == pytest.approx(0.8 * ONSET / 0.6, rel=1e-3)


def test_a_turning_magnetisation_is_caught_where_the_macrospin_is() -> None:
    """Capture at 2/π sqrt(H_k/H_h) = 0.054, the mean of |u| on the separatrix, not at its largest, 0.085."""
    low = np.array([0.045, 0.05, 0.06, 0.07, 0.08, 0.095])
    drives = np.concatenate([np.full((4, low.size), 0.6), np.tile(low, (240, 1))])
    turned = macrospin(drives, 0.25e-9)[-60:].mean(0)
    state = torch.zeros(low.size, dtype=torch.float64)
    for drive in torch.tensor(drives):
        state = membrane(NEURON.normalised(), state, drive, 0.25e-9)
    assert np.abs(turned[:2]).max() < 0.005
    assert state[:2].abs().max() < 1e-3
    assert turned[2:] == pytest.approx(low[2:], abs=0.012)
    assert state[2:].numpy() == pytest.approx(low[2:], abs=1e-3)


def test_against_the_macrospin_on_random_pulses() -> None:
    rng = np.random.default_rng(0)
    drives = rng.uniform(-1.2, 1.2, (10, 24))
    drives[rng.random(drives.shape) < 0.3] = 0.0
    dt_s = 0.5e-9
    truth = macrospin(drives, dt_s)

    def error(dynamics: DeviceDynamics) -> float:
        state, found = torch.zeros(24, dtype=torch.float64), []
        for drive in drives:
            state = dynamics.step(state, torch.tensor(drive) / dynamics.threshold)
            found.append(state.numpy() * dynamics.threshold)
        return float(np.sqrt(np.mean((np.array(found) - truth) ** 2)))

    device = error(DeviceDynamics(NEURON, dt_s))
    assert device < 0.035  # of a membrane that swings between about -0.7 and 0.7
    assert device < error(DeviceDynamics(FREE, dt_s))


def test_thermal_deviation_of_the_step_is_that_of_boltzmann() -> None:
    sigma = thermal_deviation(DEVICE, 3000.0)
    firing = Firing(reset="none", noise=sigma / 0.9)
    drives = torch.zeros(25, 1, 20000, dtype=torch.float64)
    _, state = run(DeviceDynamics(FREE, 0.2e-9, 0.9), drives, firing=firing, generator=torch.Generator().manual_seed(0))
    # density exp(-u^2/(2 sigma^2)) on -1 ... 1: the cut changes nothing at sigma = 0.056
    assert (state * 0.9).std().item() == pytest.approx(sigma, rel=0.03)


def test_the_macrospin_backend_resets_and_says_what_it_cannot_do() -> None:
    dynamics = MacrospinDynamics(DEVICE)
    spikes, state = run(dynamics, torch.tensor([[[3.0, -3.0, 0.2]]]))
    assert spikes.flatten().tolist() == [1.0, -1.0, 0.0]
    assert torch.equal(state[..., :2], dynamics.rest(torch.zeros(1, 2)))
    for firing, message in ((Firing(reset="subtract"), "cannot subtract"), (Firing(noise=0.1), "noise is not")):
        with pytest.raises(InputError, match=message):
            run(dynamics, torch.ones(1, 1, 1), firing=firing, generator=torch.Generator())
    with pytest.raises(InputError, match=r"variation\.tau"):
        dynamics.step(dynamics.rest(torch.zeros(1)), torch.zeros(1), tau=torch.ones(1))


def test_the_gradient_reaches_a_caught_neuron() -> None:
    drive = torch.full((1, 1, 1), 0.1, requires_grad=True)
    spikes, _ = run(DeviceDynamics(NEURON), drive)
    spikes.sum().backward()
    assert not spikes.any()
    assert drive.grad.item() > 0


def test_the_gradient_of_a_saturated_neuron_with_noise_is_a_number() -> None:
    """Long steps of strong drives end at |u| = 1 in single precision, where thermal noise vanishes as a root does."""
    drive = torch.full((3, 1, 1), 40.0, requires_grad=True)
    spikes, _ = run(DeviceDynamics(NEURON, 2e-9), drive, firing=Firing("none", noise=0.1), generator=torch.Generator())
    spikes.sum().backward()
    assert bool(torch.isfinite(drive.grad).all())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: thermal_deviation(DEVICE, -1.0), "temperature_K"),
        (lambda: analytic(parallel(DEVICE)), "pinned layer along W"),
        (lambda: DeviceDynamics(NEURON, threshold=1.0), "threshold"),
        (lambda: DeviceDynamics(NEURON, threshold=0.01), "threshold"),
        (lambda: DeviceDynamics(NEURON, dt_s=-1.0), "dt_s"),
        (lambda: SignedLif(1e-9, 1.0, True, onset=-1.0), "not a neuron"),
        (lambda: onset_ratio(0.0), "quality"),
    ],
)
def test_bad_input_is_named(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()

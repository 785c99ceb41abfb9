"""The device's reduced equation: against quadrature, the macrospin it stands for, and numbers of a damped pendulum."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from ipcircuit.errors import InputError
from network.signed.device import GAMMA, MU0, DeviceDynamics, Pillar, onset_ratio
from network.signed.layer import Firing, run

PILLAR = Pillar()
FREE = PILLAR.with_in_plane(0.0)  # no well: nothing holds the magnetisation


def macrospin(drives: np.ndarray, dt_s: float, pillar: Pillar, h: float = 1e-12) -> np.ndarray:
    """m_W at the end of each step of `drives` (time, n), from the Landau-Lifshitz-Gilbert equation, axes W, L, T."""
    n_w, n_l, n_t = pillar.demagnetisation
    rate, damping = GAMMA * MU0 * pillar.ms_A_per_m / (1 + pillar.damping**2), pillar.damping
    m = np.tile(np.array([[0.0], [math.sin(0.02)], [math.cos(0.02)]]), drives.shape[1])

    def slope(m: np.ndarray, torque: np.ndarray) -> np.ndarray:
        w, x, y = m
        field = -n_w * w, -n_l * x, -n_t * y
        # -m x H - m x (m x (alpha H - a_J p)), and m x (m x v) = m (m v) - v on the sphere; a_J drives towards +p
        push = (damping * field[0] + torque, damping * field[1], damping * field[2])
        along = w * push[0] + x * push[1] + y * push[2]
        return rate * np.stack([
            y * field[1] - x * field[2] + push[0] - w * along,
            w * field[2] - y * field[0] + push[1] - x * along,
            x * field[0] - w * field[1] + push[2] - y * along,
        ])  # fmt: skip

    ends = []
    for drive in drives:
        torque = drive * damping * pillar.n_effective
        for _ in range(round(dt_s / h)):
            a = slope(m, torque)
            b = slope(m + h / 2 * a, torque)
            c = slope(m + h / 2 * b, torque)
            m = m + h / 6 * (a + 2 * b + 2 * c + slope(m + h * c, torque))
            m /= np.sqrt((m * m).sum(0))
        ends.append(m[0].copy())
    return np.array(ends)


def test_numbers_of_the_published_pillar() -> None:
    assert PILLAR.n_effective == pytest.approx(0.586)
    assert PILLAR.tau_s == pytest.approx(0.771e-9, rel=1e-3)  # 1/(0.01 x 1.7609e11 x 1.2566 x 0.586)
    assert PILLAR.sigma == pytest.approx(0.0178, rel=5e-3)  # sqrt(4.142e-21 / 1.301e-17)


def test_onset_tends_to_the_known_limits() -> None:
    # Undamped: the tilted barrier is reached with the energy of the start, i = 0.7246. Overdamped: i = 1.
    assert onset_ratio(300.0) == pytest.approx(0.7246, abs=0.006)
    assert onset_ratio(0.3) == 1.0
    values = [onset_ratio(q) for q in (1.0, 3.0, 8.26, 30.0)]
    assert values == sorted(values, reverse=True)


def test_onset_is_where_the_macrospin_sets_off() -> None:
    drives = np.repeat(PILLAR.onset * np.array([[0.94, 0.97, 1.03, 1.06]]), 3, axis=0)
    reached = np.abs(macrospin(drives, 1e-9, PILLAR)[-1])
    assert reached[:2].max() < 0.06
    assert reached[2:].min() > 0.15


@pytest.mark.parametrize("drive", [0.5, -0.8, 3.0, 30.0])
@pytest.mark.parametrize("dt_s", [0.2e-9, 0.5e-9, 2e-9])
def test_one_step_solves_the_equation(drive: float, dt_s: float) -> None:
    dynamics = FREE.dynamics(dt_s, 0.5)
    start = np.array([-0.6, 0.0, 0.3])
    state = torch.tensor(start / 0.5, dtype=torch.float64)
    after = dynamics.step(state, torch.full_like(state, drive / 0.5)) * 0.5
    exact = solve_ivp(
        lambda _, u: (1 - u**2) * (drive - u) / FREE.tau_s, (0, dt_s), start, method="LSODA", rtol=1e-9, atol=1e-11
    ).y[:, -1]
    assert after.numpy() == pytest.approx(exact, abs=2e-3)
    assert bool((after.abs() <= 1).all())


def test_it_settles_at_the_drive_and_relaxes_with_the_time_constant() -> None:
    dynamics = PILLAR.dynamics(0.5e-9, 0.6)
    quiet = Firing(reset="none")
    _, settled = run(dynamics, torch.full((60, 1, 1), 0.7, dtype=torch.float64), firing=quiet)
    assert settled.item() == pytest.approx(0.7, rel=1e-4)
    small = torch.full((1, 1), 0.01, dtype=torch.float64)
    _, relaxed = run(dynamics, torch.zeros(4, 1, 1, dtype=torch.float64), small, quiet)
    assert relaxed.item() == pytest.approx(0.01 * math.exp(-4 * 0.5e-9 / PILLAR.tau_s), rel=1e-3)


def test_a_drive_below_onset_does_nothing_from_rest_but_keeps_a_turning_magnetisation_going() -> None:
    dynamics = PILLAR.dynamics(0.5e-9, 0.6)
    drives = torch.full((40, 1, 2), 0.8 * PILLAR.onset / 0.6, dtype=torch.float64)
    start = torch.tensor([[0.0, 0.5]], dtype=torch.float64)
    _, state = run(dynamics, drives, start, Firing(reset="none"))
    assert state[0, 0].item() == 0.0
    assert state[0, 1].item() == pytest.approx(0.8 * PILLAR.onset / 0.6, rel=1e-3)


def test_the_macrospin_keeps_turning_there_too_and_is_caught_when_the_drive_ends() -> None:
    low = 0.8 * PILLAR.onset
    ends = macrospin(np.array([[0.6]] * 2 + [[low]] * 4 + [[0.0]] * 4), 1e-9, PILLAR)[:, 0]
    assert ends[5] == pytest.approx(low, abs=0.03)
    assert abs(ends[9]) < 0.1


def test_against_the_macrospin_on_random_pulses() -> None:
    rng = np.random.default_rng(0)
    drives = rng.uniform(-1.2, 1.2, (10, 24))
    drives[rng.random(drives.shape) < 0.3] = 0.0
    dt_s = 0.5e-9
    truth = macrospin(drives, dt_s, PILLAR)

    def error(dynamics: DeviceDynamics) -> float:
        state, found = torch.zeros(24, dtype=torch.float64), []
        for drive in drives:
            state = dynamics.step(state, torch.tensor(drive) / dynamics.threshold)
            found.append(state.numpy() * dynamics.threshold)
        return float(np.sqrt(np.mean((np.array(found) - truth) ** 2)))

    device = error(PILLAR.dynamics(dt_s))
    assert device < 0.035  # of a membrane that swings between about -0.7 and 0.7
    assert device < error(FREE.dynamics(dt_s))


def test_thermal_deviation_of_the_step_is_that_of_boltzmann() -> None:
    hot = Pillar(temperature_K=3000.0)
    free = hot.with_in_plane(0.0)
    dynamics = free.dynamics(0.2e-9, 0.9)
    n = 20000
    firing = Firing(reset="none", noise=free.sigma / 0.9)
    drives = torch.zeros(25, 1, n, dtype=torch.float64)
    _, state = run(dynamics, drives, firing=firing, generator=torch.Generator().manual_seed(0))
    # density exp(-u^2/(2 sigma^2)) on -1 ... 1: the cut changes nothing at sigma = 0.056
    assert (state * 0.9).std().item() == pytest.approx(free.sigma, rel=0.03)


def test_the_gradient_reaches_a_caught_neuron() -> None:
    drive = torch.full((1, 1, 1), 0.1, requires_grad=True)
    spikes, _ = run(PILLAR.dynamics(), drive)
    spikes.sum().backward()
    assert not spikes.any()
    assert drive.grad is not None
    assert drive.grad.item() > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pillar(damping=0.0), "damping: must be positive"),
        (lambda: Pillar(temperature_K=-1.0), "temperature_K"),
        (lambda: Pillar(demagnetisation=(0.1, 0.2, 0.7)), "hard axis"),
        (lambda: PILLAR.dynamics(threshold=1.0), "threshold"),
        (lambda: PILLAR.dynamics(threshold=0.01), "threshold"),
        (lambda: PILLAR.dynamics(dt_s=-1.0), "dt_s"),
        (lambda: onset_ratio(0.0), "quality"),
    ],
)
def test_bad_input_is_named(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()

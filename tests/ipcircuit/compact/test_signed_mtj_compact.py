"""The signed LIF neuron: its step against closed forms, its constants on paper against fits to the macrospin."""

import math

import numpy as np
import pytest
import torch

from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.compact.signed_mtj.fit import VARIED, Trace, Train, device_neuron, evaluate, fit_linear, simulate_train
from ipcircuit.compact.signed_mtj.neuron import SignedLif, membrane, trace
from ipcircuit.devices.orthogonal_mtj.device import declare, parallel, with_dimensions
from ipcircuit.errors import InputError

DEVICE = declare()
IDEAL = SignedLif(1e-9, 5e-13)


def full(value: float, n: int = 1) -> torch.Tensor:
    return torch.full((n,), value, dtype=torch.float64)


def test_steps_follow_their_closed_forms() -> None:
    u = membrane(IDEAL, full(0.3), full(1e12), 0.7e-9)
    assert float(u) == pytest.approx(0.5 + (0.3 - 0.5) * math.exp(-0.7), rel=1e-12)
    # Without drive du/dt = -u (1 - u²)/τ: u/sqrt(1 - u²) decays as exp(-t/τ). Small u is linear.
    neuron = SignedLif(1e-9, 5e-13, saturating=True)
    u = float(membrane(neuron, full(0.9), full(0.0), 1.5e-9))
    assert u / math.sqrt(1 - u * u) == pytest.approx(0.9 / math.sqrt(0.19) * math.exp(-1.5), rel=2e-3)
    small = membrane(neuron, full(1e-3), full(2e9), 1e-9)
    assert float(small) == pytest.approx(float(membrane(IDEAL, full(1e-3), full(2e9), 1e-9)), rel=2e-3)
    assert float(membrane(neuron, full(0.0), full(1e13), 50e-9)) <= 1.0


def test_device_is_blind_below_its_onset_and_its_step_has_a_gradient() -> None:
    neuron = SignedLif(1e-9, 5e-13, True, onset=5e11, capture=0.1)
    u, level = torch.tensor([0.0, 0.0, 0.3]), torch.tensor([4.9e11, 5.1e11, 4.9e11])
    after = membrane(neuron, u, level, 0.1e-9)
    assert float(after[0]) == 0.0
    assert float(after[1]) > 0.02
    assert abs(float(after[2]) - 0.3) < 0.01  # already turning: its steady state is 0.245
    neuron, level = SignedLif(1e-9, 5e-13, True), full(1e12).requires_grad_()
    membrane(neuron, full(0.0), level, 1e-9).sum().backward()
    assert float(level.grad) == pytest.approx(5e-13 * (1 - math.exp(-1)), rel=0.2)


def test_bad_input() -> None:
    for values in ({"tau_s": 0.0, "gain": 1.0}, {"tau_s": 1.0, "gain": float("nan")}):
        with pytest.raises(InputError, match="not a neuron"):
            SignedLif(**values)
    with pytest.raises(InputError, match="time step must be positive"):
        membrane(IDEAL, full(0.0), full(0.0), 0.0)
    with pytest.raises(InputError, match="pinned layer along W"):
        analytic(parallel(DEVICE))
    with pytest.raises(InputError, match="W must be the hardest"):
        analytic(with_dimensions(DEVICE, 10e-9, 50e-9, 20e-9))
    with pytest.raises(InputError, match="alpha: without damping"):
        analytic(DEVICE.with_parameters(alpha=0.0))
    with pytest.raises(InputError, match="polarisation: without it"):
        analytic(DEVICE.with_parameters(polarisation=0.0))


def test_constants_on_paper() -> None:
    """By hand: 1/(0.01 · 2.2128e5 · 1e6 · 0.5856) s, 3142.7 A/m / (0.01 · 1e6 · 0.5856) at 1e12 A/m²."""
    found = analytic(DEVICE)
    assert found.tau_s == pytest.approx(0.772e-9, rel=2e-3)
    assert found.gain * 1e12 == pytest.approx(0.537, abs=1e-3)
    assert found.ramp_onset == pytest.approx(0.68e12, rel=0.01)
    prism = analytic(with_dimensions(DEVICE, 10e-9, 45e-9, 50e-9, "prism"))
    assert prism.easy_field / found.easy_field == pytest.approx(4.08, abs=0.05)
    assert prism.gain * prism.ramp_onset > 1  # it cannot turn without saturating


def test_fit_recovers_a_known_neuron() -> None:
    """The fitting itself: a trace made by the linear equation gives its constants back."""
    neuron, train = SignedLif(1.3e-9, -4e-13), Train()
    time = np.arange(1400) * 10e-12
    level = train.waveform()(time - 5e-12)
    u = np.concatenate([[0.2], trace(neuron, torch.tensor(level[1:]), 10e-12, 0.2).numpy()])
    found = fit_linear(Trace(time, u, level))
    assert (found.neuron.tau_s, found.neuron.gain) == pytest.approx((1.3e-9, -4e-13), rel=1e-4)
    assert found.relative < 1e-4


def test_fits_follow_orthogonal_designs_and_not_the_parallel_one() -> None:
    """Without a fit: τ and gain on paper leave about an eighth of the trace's variation; fitted ones move by 4 %."""
    paper, found = analytic(DEVICE), simulate_train(DEVICE)
    fitted = fit_linear(found)
    assert evaluate(paper.neuron(saturating=False), found).relative < 0.14
    assert fitted.relative < 0.13
    assert fitted.neuron.tau_s == pytest.approx(paper.tau_s, rel=0.05)
    assert fitted.neuron.gain == pytest.approx(paper.gain, rel=0.05)
    assert found.u.max() > 0.35
    assert found.u.min() < -0.35
    saturating, linear = device_neuron(DEVICE), fit_linear(simulate_train(DEVICE))
    assert saturating.relative < linear.relative
    other = simulate_train(DEVICE, VARIED)
    assert evaluate(saturating.neuron, other).relative < 0.2
    # Its membrane neither starts at zero nor returns there: with any constants most of the trace is left.
    found = simulate_train(parallel(DEVICE), Train((2e12, -2e12)))
    assert fit_linear(found).relative > 1.0
    assert fit_linear(found, free_rest=True).relative > 0.9

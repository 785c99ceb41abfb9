"""The signed LIF layer against closed forms: firing period, symmetry, relaxation, noise, resets, surrogate gradient."""

import math

import pytest
import torch

from ipcircuit.errors import InputError
from network.accounting.counting.count import counted_events
from network.neurons.signed_mtj.dynamics import LinearDynamics, SignedDynamics
from network.neurons.signed_mtj.layer import (
    Firing,
    SignedLIF,
    Variation,
    run,
    signed_layers,
    signed_spike,
    surrogate_slope,
)

DT, TAU = 0.5e-9, 0.8e-9
BETA = math.exp(-DT / TAU)
IDEAL = LinearDynamics("ideal", DT, TAU)


def constant(drive: float, steps: int = 60) -> torch.Tensor:
    return torch.full((steps, 1, 1), drive, dtype=torch.float64)


@pytest.mark.parametrize("drive", [1.05, 1.5, 2.6, -1.2])
def test_firing_period_under_constant_drive_is_the_closed_form(drive: float) -> None:
    spikes, _ = run(IDEAL, constant(drive), firing=Firing(reset="zero"))
    # v_n = x (1 - beta^n) reaches 1 first at n = ceil(ln(1 - 1/|x|) / ln(beta))
    period = math.ceil(math.log(1 - 1 / abs(drive)) / math.log(BETA))
    times = spikes.flatten().nonzero().flatten() + 1
    assert times.tolist() == list(range(period, 61, period))
    assert set(spikes.flatten()[times - 1].tolist()) == {math.copysign(1.0, drive)}


def test_membrane_settles_and_relaxes_as_the_equation_says() -> None:
    for drive in (0.999, -0.999):
        spikes, state = run(IDEAL, constant(drive, 100))
        assert not spikes.any()
        assert state.item() == pytest.approx(drive, rel=1e-12)
    start = torch.tensor([[0.9, -0.7]], dtype=torch.float64)
    _, state = run(IDEAL, torch.zeros(7, 1, 2, dtype=torch.float64), start)
    assert torch.allclose(state, start * math.exp(-7 * DT / TAU), rtol=1e-12)
    fitted = LinearDynamics("fitted", DT, TAU, leak=1.25, gain=0.9)
    _, state = run(fitted, constant(0.5, 200))
    assert state.item() == pytest.approx(0.5 * 0.9 / 1.25, rel=1e-9)
    _, state = run(fitted, constant(0.0, 3), torch.ones(1, 1, dtype=torch.float64) * 0.5)
    assert state.item() == pytest.approx(0.5 * math.exp(-3 * 1.25 * DT / TAU), rel=1e-9)


def test_resets_and_signs() -> None:
    drive = constant(3.0, 1)
    before = 3.0 * (1 - BETA)
    left = {reset: run(IDEAL, drive, firing=Firing(reset=reset))[1].item() for reset in ("subtract", "zero", "none")}
    assert left == pytest.approx({"subtract": before - 1, "zero": 0.0, "none": before})
    spikes, state = run(IDEAL, -drive, firing=Firing(reset="subtract"))
    assert (spikes.item(), state.item()) == (-1.0, pytest.approx(1 - before))
    for reset in ["subtract", "zero", "none"]:
        drives = 2 * torch.randn(40, 3, 5, generator=torch.Generator().manual_seed(0))
        plus, minus = (run(IDEAL, sign * drives, firing=Firing(reset=reset))[0] for sign in (1, -1))
        assert plus.abs().sum() > 50
        assert torch.equal(plus, -minus)


def test_running_in_two_parts_is_running_once() -> None:
    drives = 2 * torch.randn(20, 2, 3, generator=torch.Generator().manual_seed(1))
    whole, end = run(IDEAL, drives)
    first, state = run(IDEAL, drives[:9])
    second, last = run(IDEAL, drives[9:], state)
    assert torch.equal(whole, torch.cat([first, second]))
    assert torch.equal(end, last)
    layer = SignedLIF(IDEAL, stateful=True)
    assert torch.equal(torch.cat([layer(drives[:9]), layer(drives[9:])]), whole)
    layer.reset()
    assert torch.equal(layer(drives), whole)
    assert torch.equal(SignedLIF(IDEAL)(drives), whole)


@pytest.mark.parametrize("kind", ["rectangular", "atan"])
def test_surrogate_gradient_is_the_analytic_one_at_both_thresholds(kind: str) -> None:
    v = torch.linspace(-3, 3, 301, dtype=torch.float64, requires_grad=True)
    spikes = signed_spike(v, 1.0, kind, 0.8)
    assert torch.equal(spikes, (v >= 1).double() - (v <= -1).double())
    weights = torch.arange(301, dtype=torch.float64)
    (spikes * weights).sum().backward()
    expected = weights * (surrogate_slope(v - 1, kind, 0.8) + surrogate_slope(v + 1, kind, 0.8))
    assert torch.allclose(v.grad, expected.detach(), rtol=1e-12)
    # unit area, and 1/width at the threshold
    fine = torch.linspace(-400, 400, 800001, dtype=torch.float64)
    slope = surrogate_slope(fine, kind, 0.8)
    assert torch.trapezoid(slope, fine).item() == pytest.approx(1.0, abs=2e-3)
    assert slope.max().item() == pytest.approx(1 / 0.8)


def test_gradient_through_time_is_that_of_the_leak() -> None:
    drives = torch.full((4, 1, 1), 0.1, dtype=torch.float64, requires_grad=True)
    spikes, _ = run(IDEAL, drives, firing=Firing(reset="none"))
    spikes[-1].sum().backward()
    v = 0.1 * (1 - BETA**4)
    slope = sum(surrogate_slope(torch.tensor(v - side, dtype=torch.float64), "atan", 1.0) for side in (1, -1))
    expected = [float(slope) * (1 - BETA) * BETA ** (3 - n) for n in range(4)]
    assert drives.grad.flatten().tolist() == pytest.approx(expected, rel=1e-9)


def test_noise_has_the_stationary_deviation_and_correlation_of_its_equation() -> None:
    sigma, n = 0.05, 4000
    drives = torch.zeros(30, 1, n, dtype=torch.float64)
    firing = Firing(noise=sigma)
    generator = torch.Generator().manual_seed(3)
    _, early = run(IDEAL, drives[:20], firing=firing, generator=generator)
    _, late = run(IDEAL, drives[:2], early, firing, generator=generator)
    # four standard errors: sigma/sqrt(2n) for the deviation, 1/sqrt(n) for the correlation
    assert late.std().item() == pytest.approx(sigma, abs=4 * sigma / math.sqrt(2 * n))
    correlation = (early * late).mean() / sigma**2
    assert correlation.item() == pytest.approx(BETA**2, abs=4 / math.sqrt(n))


def test_variation_has_its_spread_belongs_to_neurons_and_repeats_with_its_seed() -> None:
    drives = torch.full((1, 2, 20000), 0.5, dtype=torch.float64)
    layer = SignedLIF(IDEAL, Firing(reset="none"), Variation(gain=0.1, threshold=0.05), seed=4, stateful=True)
    layer(drives)
    state = layer.state.clone()
    assert torch.equal(state[0], state[1])  # the same neurons for every sample
    gain = state[0] / (0.5 * (1 - BETA))
    assert gain.log().std().item() == pytest.approx(0.1, rel=0.03)
    again = SignedLIF(IDEAL, Firing(reset="none"), Variation(gain=0.1, threshold=0.05), seed=4, stateful=True)
    again(drives)
    assert torch.equal(again.state, state)
    with pytest.raises(InputError, match="another shape"):
        layer(drives[..., :7])


def test_spikes_are_counted_and_layers_found() -> None:
    layer = SignedLIF(IDEAL)
    with counted_events(layer) as events:
        layer(torch.tensor([9.0, -9.0, 0.1]).expand(5, 2, 3))
    (count,) = events.values()
    assert (count.spikes, count.negative_spikes) == (20, 10)
    assert (count.operations, count.trials) == (30, 2)
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), SignedLIF(IDEAL), torch.nn.Sequential(SignedLIF(IDEAL)))
    assert [name for name, _ in signed_layers(network)] == ["1", "2.0"]
    assert isinstance(IDEAL, SignedDynamics)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Firing(reset="half"), "reset: must be"),
        (lambda: Firing(noise=-1.0), "noise: must be greater than or equal to 0"),
        (lambda: Variation(tau=-0.1), "tau: must be"),
        (lambda: LinearDynamics("x", 0.0, 1.0), "dt_s: must be greater than 0"),
        (lambda: LinearDynamics("x", 1.0, 1.0, leak=math.nan), "leak: must be"),
        (lambda: run(IDEAL, torch.zeros(3)), "drives: needs"),
        (lambda: run(IDEAL, constant(1.0), firing=Firing(noise=0.1)), "generator"),
        (lambda: Firing(surrogate="square"), "surrogate: must be"),
        (lambda: Firing(width=0.0), "width: must be"),
    ],
)
def test_bad_input_is_named(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()

"""Layers of MTJ neurons: sampling, states without a time loop, gradients, ablation, what they refuse."""

import math
import warnings

import pytest
import torch

from ipcircuit.compact.thermal_mtj.neuron import run as step_by_step
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.errors import InputError
from network.neurons.lif import LIFNeuron
from network.neurons.stepping import reset, use_generator
from network.neurons.thermal_mtj import firing
from network.neurons.thermal_mtj.device import DeviceSpread, NeuronDevice, load_device
from network.neurons.thermal_mtj.firing import linear_scan
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive, StochasticNeuron, ThermalNeuron, quantised
from network.neurons.thermal_mtj.sample import sample_mean

TWO_POLES = ThermalNeuronParameters(
    49.5, 0.828, (0.341, 0.858), (0.0165, 0.0027), (-0.002, -0.0003), (0.0023, 0.0003), 230e-9, (0.5, 1.0), "test"
)
DEVICE = NeuronDevice("test", TWO_POLES)


def pulses(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Half of the steps idle, the others between 0.8 and 0.9 V."""
    generator = torch.Generator().manual_seed(seed)
    amplitude = 0.8 + 0.1 * torch.rand(shape, generator=generator, dtype=torch.float64)
    return torch.where(torch.rand(shape, generator=generator) < 0.5, amplitude, 0.0).to(dtype)


@pytest.mark.parametrize("draws", [1, 2, 3, 4, 16, 64, 65])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.5, 0.8, 0.999])
def test_sampled_mean_has_the_moments_of_a_binomial(draws, p):
    count = 1_000_000 if draws == 16 else 100_000
    found = sample_mean(torch.full((count,), p), draws, torch.Generator().manual_seed(draws)).double()
    variance = p * (1 - p) / draws
    assert abs(found.mean().item() - p) < 4.5 * math.sqrt(variance / count)
    fourth = variance**2 * (
        2 + (1 - 6 * p * (1 - p)) / (draws * p * (1 - p))
    )  # variance of the sample variance · count
    rounding = 1e-4 * variance  # a fair coin's squared deviation is constant: its fourth moment leaves no margin
    assert abs(found.var().item() - variance) < 4.5 * math.sqrt(fourth / count) + rounding


def test_sampled_means_are_certain_repeat_and_skip_zeros():
    p = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0])
    assert torch.equal(sample_mean(p, 16), p)
    p = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    first, again, other = (sample_mean(p, 8, torch.Generator().manual_seed(s)) for s in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    p = torch.zeros(200_000)
    p[::10] = 0.4
    found = sample_mean(p, 16, torch.Generator().manual_seed(0))
    assert found[p == 0].count_nonzero() == 0
    assert abs(found[p > 0].mean().item() - 0.4) < 4.5 * math.sqrt(0.24 / 16 / 20_000)
    n, p, count = 5, 0.35, 400_000
    found = sample_mean(torch.full((count,), p), n, torch.Generator().manual_seed(3)) * n
    for k in range(n + 1):
        share = math.comb(n, k) * p**k * (1 - p) ** (n - k)
        assert abs((found.round() == k).float().mean().item() - share) < 4.5 * math.sqrt(share * (1 - share) / count)


@pytest.mark.parametrize("steps", [1, 2, 63, 64, 65, 150])
def test_scan_equals_the_loop(steps):
    inputs = torch.rand((steps, 3, 2), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    start = torch.ones((3, 2), dtype=torch.float64)
    state, loop = start, []
    for row in inputs:
        loop.append(state)
        state = 0.8 * state + row
    before, after = linear_scan(0.8, inputs, start)
    torch.testing.assert_close(before, torch.stack(loop))
    torch.testing.assert_close(after, state)


@pytest.mark.parametrize("parameters", [TWO_POLES, load_device("liu2025").temporal])
def test_all_steps_at_once_equal_the_compact_model_step_by_step(parameters):
    volts = pulses(70, 4, 5)
    layer = ThermalNeuron(parameters, sampled=False)
    out, state = layer.run(volts)
    expected, theta = step_by_step(parameters, volts)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(state[0], theta)
    halves = ThermalNeuron(parameters, sampled=False)  # the state goes on from call to call
    torch.testing.assert_close(torch.cat([halves(volts[:30]), halves(volts[30:])]), expected)


def test_single_steps_equal_all_steps_and_carry_the_gradient():
    volts = pulses(6, 3, 4).requires_grad_()
    layer = DifferentialNeuron(DEVICE, sampled=False)
    weights = torch.randn((6, 3, 8), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    (at_once,) = torch.autograd.grad((layer(volts) * weights).sum(), volts)
    single = DifferentialNeuron(DEVICE, sampled=False, step_mode="s")
    found = torch.stack([single(v) for v in volts])
    torch.testing.assert_close(found, DifferentialNeuron(DEVICE, sampled=False)(volts))
    (stepwise,) = torch.autograd.grad((found * weights).sum(), volts)
    torch.testing.assert_close(at_once, stepwise)
    assert at_once[0].abs().max() > 0  # heat of the first step reaches later outputs


@pytest.mark.parametrize("spread", [None, DeviceSpread(0.01, 0.1, 0.1)])
def test_gradient_of_samples_is_that_of_the_expected_loss(spread):
    volts = pulses(5, 2, 3)
    options = {"neurons": 8, "spread": spread, "features": None if spread is None else (3,)}
    weights = torch.randn((5, 2, 6), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    leaf = volts.clone().requires_grad_()
    (DifferentialNeuron(DEVICE, **options)(leaf) * weights).sum().backward()

    def expected(v: torch.Tensor) -> float:
        return float((DifferentialNeuron(DEVICE, sampled=False, **options)(v) * weights).sum())

    for index in [(0, 0, 0), (1, 1, 2), (3, 0, 1), (4, 1, 0), (2, 0, 2)]:
        step = torch.zeros_like(volts)
        step[index] = 1e-6
        slope = (expected(volts + step) - expected(volts - step)) / 2e-6 if volts[index] > 0 else 0.0
        assert leaf.grad[index].item() == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_mean_of_many_samples_is_the_expectation_and_differences_count_heat():
    volts = pulses(4, 1, 3).expand(4, 20_000, 3).contiguous()
    layer = DifferentialNeuron(DEVICE, neurons=16)
    use_generator(layer, torch.Generator().manual_seed(0))
    found, expected = layer(volts).mean(1), DifferentialNeuron(DEVICE, sampled=False)(volts[:, :1])[:, 0]
    assert (found - expected).abs().max() < 5 * math.sqrt(0.5 / 16 / 20_000)
    volts = torch.full((2, 50_000, 1), 0.83)
    layer = DifferentialNeuron(DEVICE)
    use_generator(layer, torch.Generator().manual_seed(0))
    out = layer(volts)
    assert set(out[:, :, 1].unique().tolist()) == {-1.0, 0.0, 1.0}
    assert abs(out[0, :, 1].mean().item()) < 5 / math.sqrt(100_000)  # cold: both junctions alike
    assert out[1, :, 1].mean().item() > 0.1  # one pulse shifts the midpoint by 13 mV: 0.64 in the logit, 0.16 in P


@pytest.mark.parametrize("density", [0.05, 0.49])
def test_few_pulses_give_what_a_dense_computation_gives(density, monkeypatch):
    volts = pulses(30, 4, 6)
    volts[torch.rand(volts.shape, generator=torch.Generator().manual_seed(2)) > 2 * density] = 0
    weights = torch.randn((30, 4, 12), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = []
    for share in (1.1, 0.0):
        monkeypatch.setattr(firing, "SPARSE", share)
        leaf, layer = volts.clone().requires_grad_(), DifferentialNeuron(DEVICE, sampled=False)
        out = torch.cat([layer(leaf[:10]), layer(leaf[10:])])
        (out * weights).sum().backward()
        found.append((out, leaf.grad, layer.state))
    for sparse, dense in zip(*found, strict=True):
        torch.testing.assert_close(sparse, dense)


def test_ablated_neuron_has_no_memory():
    volts = pulses(10, 2, 3)
    device = DEVICE.without_plasticity()
    out = DifferentialNeuron(device, sampled=False)(volts)
    assert out[..., 3:].abs().max() == 0
    shuffled = out.new_empty(out.shape)
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0))
    shuffled[order] = DifferentialNeuron(device, sampled=False)(volts[order])[torch.arange(10)]
    torch.testing.assert_close(shuffled, out)


def test_surrogate_gradient_differs_and_output_does_not():
    volts = pulses(3, 2, 4).requires_grad_()
    layers = [ThermalNeuron(TWO_POLES, sampled=False, gradient=g) for g in ("expected", "surrogate")]
    outs = [layer(volts) for layer in layers]
    assert torch.equal(outs[0], outs[1])
    slopes = [torch.autograd.grad(out.sum(), volts)[0] for out in outs]
    assert not torch.allclose(slopes[0], slopes[1])


def test_types_and_shapes_and_reset():
    volts = pulses(20, 50, 4, dtype=torch.bfloat16)
    out = ThermalNeuron(TWO_POLES, sampled=False)(volts)
    exact = ThermalNeuron(TWO_POLES, sampled=False)(volts.double())
    assert out.dtype == torch.bfloat16
    assert (out.double() - exact).abs().max() < 2**-8
    layer = DifferentialNeuron(DEVICE, neurons=2)
    out = layer(pulses(3, 2, 2, 4, 5, dtype=torch.float32))
    assert out.shape == (3, 2, 4, 4, 5)
    assert layer.state is not None
    reset(torch.nn.Sequential(layer))
    assert layer.state is None


def test_spread_has_its_statistics_and_off_devices_never_fire():
    drawn = DeviceSpread(0.01, 0.1, 0.25, seed=4).draw(16, (5000,))
    assert drawn["midpoint"].std().item() == pytest.approx(0.01, rel=0.02)
    assert drawn["heat"].std().item() == pytest.approx(0.1, rel=0.02)
    assert drawn["works"].mean().item() == pytest.approx(0.75, abs=0.01)
    dead = StochasticNeuron(TWO_POLES, neurons=4, spread=DeviceSpread(off=1.0), features=(3,))
    assert dead(torch.full((2, 2, 3), 0.9)).abs().max() == 0


def test_quantised_driver_and_drive_of_a_memoryless_neuron():
    volts = torch.tensor([0.0, 0.5, 0.61, 0.99, 1.2])
    assert torch.allclose(quantised(volts, 3, (0.5, 1.0)), torch.tensor([0.0, 0.5, 0.5, 1.0, 1.0]))
    with pytest.raises(InputError, match="two levels"):
        quantised(volts, 1, (0.5, 1.0))
    z = torch.linspace(-3, 3, 7, dtype=torch.float64).reshape(1, 1, 7)
    torch.testing.assert_close(StochasticNeuron(TWO_POLES, sampled=False)(Drive(TWO_POLES)(z)), torch.sigmoid(z))


def test_lif_of_the_baseline_fires_at_once_and_keeps_nothing():
    x = torch.tensor([2.0, 0.0, 2.0, 1.0, 1.0, 1.5, 1.5]).reshape(7, 1, 1)
    layer = LIFNeuron()
    # by hand: 1 -> spike; 0; 1 -> spike; 0.5; 0.75; 1.125 -> spike; 0.75
    assert layer(x).flatten().tolist() == [1, 0, 1, 0, 0, 1, 0]
    assert layer.state.item() == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("volts", "problem"),
    [
        (torch.zeros(3, 4), "wrong shape"),
        (torch.zeros(3, 0, 4), "wrong shape"),
        (torch.zeros(3, 2, 4, dtype=torch.long), "wrong type"),
        (torch.full((3, 2, 4), float("nan")), "NaN"),
        (torch.full((3, 2, 4), float("inf")), "NaN or infinity"),
    ],
)
@pytest.mark.parametrize("layer", [DifferentialNeuron(DEVICE), LIFNeuron()])
def test_refused_input(layer, volts, problem):
    with pytest.raises(InputError, match=problem):
        layer(volts)


def test_voltages_outside_the_fitted_range_warn_once_with_their_share():
    volts = torch.full((2, 5, 2), 0.8)
    volts[0, 0] = 1.3
    layer = ThermalNeuron(TWO_POLES)
    with pytest.warns(UserWarning, match=r"ThermalNeuron: 10.00% of the inputs lie outside 0.5 … 1 V"):
        layer(volts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(volts)


def test_bad_options_and_devices():
    for options in [
        {"neurons": 0},
        {"neurons": True},
        {"gradient": "none"},
        {"spread": DeviceSpread(0.1)},
        {"features": (3,)},
    ]:
        with pytest.raises(InputError):
            ThermalNeuron(TWO_POLES, **options)
    with pytest.raises(InputError, match="allowed: circuit"):
        load_device("nonsense")
    assert load_device("paper") is load_device("liu2025")  # its former name, in stored runs

"""The compiled loops give what the tensor computation gives, and samples of the exact binomial."""

import math

import numba
import numpy as np
import pytest
import torch

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from network.neurons.stepping import use_generator
from network.neurons.thermal_mtj import compiled
from network.neurons.thermal_mtj.device import NeuronDevice, insensitive
from network.neurons.thermal_mtj.kernel_numbers import binomial_means, exponential, exponential_32, tables
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, MtjLayer, StochasticNeuron, ThermalNeuron

TWO_POLES = ThermalNeuronParameters(
    49.5, 0.828, (0.341, 0.858), (0.0165, 0.0027), (-0.002, -0.0003), (0.0023, 0.0003), 230e-9, (0.5, 1.0), "test", 0.9
)
DEVICE = NeuronDevice("test", TWO_POLES)


def pulses(*shape: int, density: float = 0.3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    amplitude = 0.8 + 0.1 * torch.rand(shape, generator=generator, dtype=torch.float64)
    return torch.where(torch.rand(shape, generator=generator) < density, amplitude, 0.0)


def differential(**options) -> MtjLayer:
    return DifferentialNeuron(DEVICE, sampled=False, **options)


def surrogate() -> MtjLayer:
    return ThermalNeuron(TWO_POLES, sampled=False, gradient="surrogate")


@pytest.fixture
def always(monkeypatch):
    monkeypatch.setattr(compiled, "LEAST", 0)
    assert compiled.applies(differential()._rule(), pulses(2, 1, 3))


# features of a sample: two tiles, the second not full; several samples in a tile, the last tile not full
SHAPES = [(9, 2, 3, 50, 30), (9, 7, 3, 320), (1, 3, 4096), (3, 1, 1)]


def both_ways(make, volts: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, ...]]:
    """Output, gradient and state after two calls, the state going on, by the loops and by the tensor computation."""
    found, half = [], (len(volts) + 1) // 2
    for least in (0, volts.numel() + 1):
        monkeypatch.setattr(compiled, "LEAST", least)
        leaf, layer = volts.clone().requires_grad_(), make()
        out = torch.cat([layer(part) for part in (leaf[:half], leaf[half:]) if len(part)])
        weights = torch.randn(out.shape, dtype=out.dtype, generator=torch.Generator().manual_seed(1))
        (out * weights).sum().backward()
        found.append((out, leaf.grad, layer.state))
    return found


@pytest.mark.parametrize("make", [differential, surrogate])
@pytest.mark.parametrize("density", [0.05, 1.0])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_loops_equal_the_tensor_computation(make, density, threads, shape, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for loops, tensors in zip(*both_ways(make, pulses(*shape, density=density), monkeypatch), strict=True):
        torch.testing.assert_close(loops, tensors)


def test_narrow_types_and_full_segments_equal_the_tensor_computation(monkeypatch):
    for dtype in [torch.float32, torch.bfloat16]:
        volts = pulses(20, 3, 2, 900).to(dtype)
        loops, tensors = both_ways(differential, volts, monkeypatch)
        assert loops[0].dtype == loops[1].dtype == dtype
        for found, expected, rounding in zip(loops[:2], tensors[:2], (2e-6, 1e-4), strict=True):  # gradients reach 40
            torch.testing.assert_close(found, expected, rtol=2e-5 if dtype == torch.float32 else 2**-7, atol=rounding)
        torch.testing.assert_close(loops[2], tensors[2], rtol=1e-5, atol=1e-7)
    volts = pulses(12, 1, 4096, density=0.7)  # 2900 pulses a step: a segment holds one or two
    for loops, tensors in zip(*both_ways(differential, volts, monkeypatch), strict=True):
        torch.testing.assert_close(loops, tensors)


@pytest.mark.parametrize(
    ("function", "dtype", "largest", "error"),
    [(exponential, np.float64, 700, 2e-14), (exponential_32, np.float32, 87, 3e-7)],
)
def test_exponential_is_that_of_the_library(function, dtype, largest, error):
    @numba.njit
    def all_of(x):
        return np.array([function(v) for v in x])

    x = np.concatenate([np.linspace(-largest, largest, 20_001), np.linspace(-1, 1, 2001), [0, -0.0, 1e-30]])
    x = x.astype(dtype)
    found = all_of(x)
    assert found.dtype == dtype
    assert np.abs(found / np.exp(x.astype(np.float64)) - 1).max() < error
    low, high = all_of(np.array([-1e9, 1e9], dtype))
    assert 0 <= low < 1e-37
    assert 1e37 < high < np.inf


def test_gradient_of_samples_is_that_of_the_expected_loss(always):
    volts = pulses(5, 2, 3, density=0.6)
    weights = torch.randn((5, 2, 6), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    leaf = volts.clone().requires_grad_()
    (DifferentialNeuron(DEVICE, neurons=8)(leaf) * weights).sum().backward()
    for index in (volts > 0).nonzero().tolist():
        step = torch.zeros_like(volts)
        step[tuple(index)] = 1e-6
        high, low = (float((differential()(volts + s) * weights).sum()) for s in (step, -step))
        assert leaf.grad[tuple(index)].item() == pytest.approx((high - low) / 2e-6, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("draws", [1, 5, 16, 64])
@pytest.mark.parametrize("p", [0.01, 0.35, 0.89])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_samples_have_the_moments_and_the_shares_of_a_binomial(draws, p, dtype, always):
    count = 1_000_000 if draws == 16 else 100_000
    volts = torch.full((10, 10, count // 100), 0.828 + math.log(p / (0.9 - p)) / 49.5, dtype=dtype)
    layer = StochasticNeuron(TWO_POLES, neurons=draws)
    use_generator(layer, torch.Generator().manual_seed(draws))
    found = layer(volts).double().flatten()
    variance = p * (1 - p) / draws
    assert abs(found.mean().item() - p) < 4.5 * math.sqrt(variance / count)
    fourth = variance**2 * (2 + (1 - 6 * p * (1 - p)) / (draws * p * (1 - p)))
    assert abs(found.var().item() - variance) < 4.5 * math.sqrt(fourth / count) + 1e-4 * variance
    for k in range(draws + 1):
        share = math.comb(draws, k) * p**k * (1 - p) ** (draws - k)
        seen = int(((found * draws).round() == k).sum())
        assert abs(seen - count * share) < 5 * math.sqrt(count * share) + 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("draws", [1, 16, 64])
def test_what_is_certain_is_drawn_so(dtype, draws):
    p = np.tile(np.array([0.0, 1.0], dtype), 200_000)  # enough for a uniform number that rounds to 1
    found = p.copy()
    binomial_means(found, np.uint64(1), draws, *tables(draws, dtype), np.empty((4, len(p)), dtype))
    assert np.array_equal(found, p)


def test_both_junctions_and_all_steps_draw_independently(always):
    volts = torch.full((2, 4, 25_000), 0.828, dtype=torch.float64)
    layer = DifferentialNeuron(NeuronDevice("cold", insensitive(TWO_POLES)), neurons=1)
    use_generator(layer, torch.Generator().manual_seed(0))
    out = layer(volts)
    reference = out[:, :, :25_000]
    temporal = out[:, :, 25_000:] + reference
    for first, second in ((reference, temporal), (reference[0], reference[1]), (reference[:, 0], reference[:, 1])):
        assert abs(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1].item()) < 5 / math.sqrt(
            50_000
        )


def test_samples_follow_the_generator_and_not_the_threads(always, monkeypatch):
    volts, found = pulses(4, 3, 1500), []
    for seed, threads in ((5, 1), (5, 2), (6, 1)):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        layer = DifferentialNeuron(DEVICE, neurons=16)
        use_generator(layer, torch.Generator().manual_seed(seed))
        found.append(layer(volts))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_without_numba_the_tensor_computation_serves(always, monkeypatch):
    monkeypatch.setattr(compiled, "at_hand", lambda: False)
    assert not compiled.applies(differential()._rule(), pulses(2, 1, 3))
    assert differential()(pulses(2, 1, 3)).shape == (2, 1, 6)

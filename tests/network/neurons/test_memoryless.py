"""Layers without heat draw in one pass what the general computation draws, with its gradient, in any memory order."""

import math

import pytest
import torch

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from network.models.vision.layers import CentredConvolution, RMSNorm
from network.neurons.stepping import use_generator
from network.neurons.thermal_mtj import compiled, memoryless
from network.neurons.thermal_mtj.device import DeviceSpread, NeuronDevice
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive, StochasticNeuron, ThermalNeuron

P = ThermalNeuronParameters(49.5, 0.828, (0.5,), (0.01,), (0.0,), (0.0,), 230e-9, (0.5, 1.0), "test", 0.9)
LAST = torch.channels_last


def _volts(dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """(3, 2, 4, 5, 6), a third idle, the others about the midpoint."""
    generator = torch.Generator().manual_seed(0)
    volts = 0.828 + 0.05 * torch.randn((3, 2, 4, 5, 6), generator=generator, dtype=torch.float64)
    return torch.where(torch.rand(volts.shape, generator=generator) < 1 / 3, 0.0, volts).to(dtype)


@pytest.fixture(params=["loops", "tensors"])
def way(request, monkeypatch) -> str:
    """Every input is large enough; with and without numba."""
    monkeypatch.setattr(compiled, "LEAST", 0)
    monkeypatch.setattr(compiled, "at_hand", lambda: request.param == "loops")
    return request.param


def _drawn_and_slope(layer: StochasticNeuron, volts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    leaf = volts.clone().requires_grad_()
    out = layer(leaf)
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (out.double() * weights).sum().backward()
    assert leaf.grad is not None
    return out.detach(), leaf.grad


@pytest.mark.parametrize("gradient", ["expected", "surrogate"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_expectation_and_gradient_are_those_of_the_general_computation(way, gradient, dtype, monkeypatch):
    def make(*, sampled):
        return StochasticNeuron(P, gradient=gradient, sampled=sampled)

    volts = _volts(dtype)
    assert memoryless.applies(make(sampled=True)._rule(), volts)
    out, slope = _drawn_and_slope(make(sampled=False), volts)
    _, slope_of_samples = _drawn_and_slope(make(sampled=True), volts)
    monkeypatch.setattr(compiled, "LEAST", volts.numel() + 1)
    expected, expected_slope = _drawn_and_slope(make(sampled=False), volts)
    torch.testing.assert_close(out, expected, rtol=1e-6, atol=1e-6)
    scale = float(expected_slope.abs().max())  # up to 40 /V
    torch.testing.assert_close(slope, expected_slope, rtol=1e-6, atol=1e-6 * scale)
    assert torch.equal(slope_of_samples, slope)


def test_channels_last_in_memory_change_nothing_but_the_order_of_the_draws(way):
    volts = _volts().float()
    last = volts.flatten(0, 1).contiguous(memory_format=LAST).unflatten(0, (3, 2))
    assert not last.is_contiguous()
    layer = StochasticNeuron(P, sampled=False)
    for found, expected in zip(_drawn_and_slope(layer, last), _drawn_and_slope(layer, volts), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-7)
    assert layer(last).stride() == last.stride()
    turned = last[:, :1].expand(3, 4, 4, 5, 6)[..., ::2]  # neither dense nor without overlap
    layer.reset()
    torch.testing.assert_close(layer(turned), layer(turned.contiguous()))


@pytest.mark.parametrize("draws", [1, 16])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_draws_are_binomial_independent_and_follow_the_generator(way, draws, dtype, monkeypatch):
    """Chi-square over the numbers of spikes at three probabilities, each within 4.5 deviations of its mean."""
    shares = torch.tensor([0.02, 0.4, 0.85], dtype=torch.float64)
    volts = (0.828 + (shares / (0.9 - shares)).log() / 49.5).to(dtype).reshape(1, 3, 1).expand(2, 3, 40_000)
    layer, found = StochasticNeuron(P, neurons=draws), []
    for seed, threads in ((5, 1), (5, 2), (6, 1)):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        use_generator(layer, torch.Generator().manual_seed(seed))
        found.append(layer(volts))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    spikes = (found[0].double() * draws).round()
    torch.testing.assert_close(spikes / draws, found[0].double())
    for i, p in enumerate(shares.tolist()):
        expected = torch.tensor([math.comb(draws, k) * p**k * (1 - p) ** (draws - k) for k in range(draws + 1)])
        expected = expected.double() * 80_000
        seen = torch.bincount(spikes[:, i].flatten().long(), minlength=draws + 1).double()
        often = expected >= 5  # the others as one
        pairs = [(seen[often], expected[often]), (seen[~often].sum(), expected[~often].sum())]
        chi = sum(float(((s - e) ** 2 / e.clamp(min=5)).sum()) for s, e in pairs)
        freedom = int(often.sum())
        assert chi < freedom + 4.5 * math.sqrt(2 * freedom) + 4.5
        for lag in (1, 4096, 20_000):  # neighbours, halves of a stretch, far apart
            a, b = spikes[0, i, :-lag], spikes[0, i, lag:]
            assert abs(torch.corrcoef(torch.stack((a, b)))[0, 1].item()) < 4.5 / math.sqrt(len(a))
        a, b = spikes[:, i]
        assert abs(torch.corrcoef(torch.stack((a, b)))[0, 1].item()) < 4.5 / math.sqrt(len(a))


def test_what_is_certain_and_what_is_idle(way):
    volts = torch.tensor([0.0, 5.0]).repeat(1, 1, 50_000)
    sure = ThermalNeuronParameters(49.5, 0.828, (0.5,), (0.01,), (0.0,), (0.0,), 230e-9, (0.5, 1.0), "test", 1.0)
    assert torch.equal(StochasticNeuron(sure, checked=False)(volts), (volts > 0).float())


def test_events_state_and_what_is_left_to_the_general_computation(way, monkeypatch):
    volts, layer = _volts(torch.float32), StochasticNeuron(P, neurons=3)
    out = layer(volts)
    assert layer.state[0].shape == (1, 2, 4, 5, 6)
    assert not (out[volts == 0] > 0).any()
    counts = layer.count_events(volts, out)
    assert counts.operations == 3 * int((volts > 0).sum())
    assert counts.spikes == round(3 * float(out.sum()))
    assert layer(volts.bfloat16()).dtype == torch.bfloat16
    for other in (
        ThermalNeuron(P),
        DifferentialNeuron(NeuronDevice("test", P)),
        StochasticNeuron(P, spread=DeviceSpread(0.01), features=(4, 5, 6)),
    ):
        assert not memoryless.applies(other._rule(), volts)
    monkeypatch.setattr(compiled, "LEAST", volts.numel() + 1)
    assert not memoryless.applies(layer._rule(), volts)


def test_drive_and_normalisation_are_their_formulas():
    z = 3 * torch.randn((4, 3, 5, 6), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z[0, 0, 0] = 30.0  # beyond the rail
    leaf, plain = z.clone().requires_grad_(), z.clone().requires_grad_()
    volts, expected = Drive(P)(leaf), (P.midpoint + plain / P.slope).clamp(*P.valid)
    torch.testing.assert_close(volts, expected, rtol=1e-12, atol=0)
    for out in (volts, expected):
        (out * z).sum().backward()
    torch.testing.assert_close(leaf.grad, plain.grad)
    norm = RMSNorm(3).double()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 2.0, -1.0]))
    leaf.grad = plain.grad = None
    inverse = (plain.square().mean((0, 2, 3)) + norm.eps).rsqrt()
    weight, bias = norm.weight.detach().requires_grad_(), norm.bias.detach().requires_grad_()
    expected = plain * (weight * inverse).reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1)
    normalised = norm(leaf)
    torch.testing.assert_close(normalised, expected)
    for out in (normalised, expected):
        (out * (1 + z).sin()).sum().backward()
    for found, wanted in ((leaf.grad, plain.grad), (norm.weight.grad, weight.grad), (norm.bias.grad, bias.grad)):
        torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(norm.mean_square, 0.9 + 0.1 * z.square().mean((0, 2, 3)))
    norm.eval()
    scale = norm.weight * (norm.mean_square + norm.eps).rsqrt()
    torch.testing.assert_close(norm(z), z * scale.reshape(1, -1, 1, 1) + norm.bias.reshape(1, -1, 1, 1))


def test_narrow_sums_leave_volts_and_heat_exact():
    """Under autocast products are in bfloat16, whose steps at 0.8 V are 4 mV: a fifth of the firing curve's width."""
    volts = _volts(torch.float32)
    convolution, norm, drive = CentredConvolution(4, 4, 3, 1, 1, bias=False), RMSNorm(4), Drive(P)
    layer = DifferentialNeuron(NeuronDevice("test", P), sampled=False)
    slopes, outs = [], []
    for enabled in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            sums = convolution(volts.flatten(0, 1))
            assert (sums.dtype == torch.bfloat16) == enabled
            assert drive(norm(sums)).dtype == drive(sums).dtype == torch.float32
            layer.reset()
            leaf = volts.clone().requires_grad_()
            outs.append(layer(leaf))
            outs[-1].square().sum().backward()
            slopes.append(leaf.grad)
    assert torch.equal(outs[0], outs[1])
    assert torch.equal(slopes[0], slopes[1])

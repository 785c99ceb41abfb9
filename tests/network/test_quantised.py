"""Quantised network of a spiking one, of any tool: which values its activations tell, and what it learns."""

import importlib
import itertools

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.answers.score import difference, score
from network.answers.tuning import Tuning
from network.foreign.network import LoadedNetwork
from network.quantised.activation import InPlaceOfNeuron, QuantisedReLU
from network.quantised.training import at_once, quantised, quantised_ann
from network.quantised.weights import with_integer_weights

snn = importlib.import_module("snntorch")
jelly = importlib.import_module("spikingjelly.activation_based.neuron")
norse = importlib.import_module("norse.torch")
STEPS, CLASSES, WIDTH = 7, 3, 12


def weights(*sizes: int, scale: float = 1.0) -> list[nn.Linear]:
    layers = [nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(scale * torch.randn(layer.weight.shape, generator=generator) / layer.in_features**0.5)
            layer.bias.zero_()
    return layers


class Torches(nn.Module):
    """A network of snnTorch whose neurons are handed their state, as its tutorials write it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = weights(WIDTH, 16, CLASSES)
        self.lif, self.out = snn.Leaky(0.9), snn.Leaky(0.9, reset_mechanism="zero")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden, out, spikes = self.lif.reset_mem(), self.out.reset_mem(), []
        for step in x:
            s, hidden = self.lif(self.first(step), hidden)
            s, out = self.out(self.second(s), out)
            spikes.append(s)
        return torch.stack(spikes)


def network(tool: str) -> LoadedNetwork:
    """Two layers of weights, the first with neurons behind it; with those of each tool."""
    if tool == "snntorch":
        return LoadedNetwork(tool, tool, Torches())
    first, second = weights(WIDTH, 16, CLASSES)
    if tool == "norse":
        return LoadedNetwork(tool, tool, norse.SequentialState(first, norse.LIFBoxCell(), second, norse.LIBoxCell()))
    mode = "m" if tool == "spikingjelly, m" else "s"
    return LoadedNetwork(tool, tool, nn.Sequential(first, jelly.IFNode(v_reset=None, step_mode=mode), second))


def events(samples: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    """Independent spikes; of the class's third of the inputs more than of the others."""
    generator = torch.Generator().manual_seed(1)
    targets = torch.randint(CLASSES, (samples,), generator=generator)
    rates = torch.full((samples, WIDTH), 0.15)
    for sample, target in enumerate(targets):
        rates[sample, target * 4 : target * 4 + 4] = 0.6
    return torch.bernoulli(rates.expand(STEPS, samples, WIDTH), generator=generator), targets


def test_values_and_gradient_of_an_activation() -> None:
    """Two bits on 0 to α = 2: thirds, half of the inputs between two of them; a gradient of 1/α inside alone."""
    activation = QuantisedReLU(2, 2.0)
    x = torch.tensor([-1.0, 0.3, 0.4, 1.0, 1.1, 1.9, 2.0, 5.0], requires_grad=True)
    y = activation(x)
    assert (3 * y).round().tolist() == [0, 0, 1, 2, 2, 3, 3, 3]  # 1.0 is 1.5 steps: to the even one
    assert len(set(y.tolist())) == 4
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([0, *[0.5] * 6, 0])
    full = activation.log_full.grad
    assert full is not None
    assert float(full) == pytest.approx(-sum(v / 2 for v in (0.3, 0.4, 1.0, 1.1, 1.9, 2.0)), rel=1e-6)


@pytest.mark.parametrize("tool", ["spikingjelly, s", "spikingjelly, m", "snntorch", "norse"])
def test_neurons_of_every_tool_become_activations(tool: str) -> None:
    """One step, at most 2^3 values behind the first layer, and plain sums where the network answers."""
    inputs, _ = events(40)
    model = quantised(network(tool), inputs, bits=3)
    seen: list[torch.Tensor] = []
    for module in model.module.modules():
        if isinstance(module, QuantisedReLU):
            module.register_forward_hook(lambda m, x, y: seen.append(y.detach()))
    seen.clear()
    with torch.no_grad():
        outputs = model.run(at_once(inputs))
    assert outputs.shape == (1, 40, CLASSES)
    (hidden,) = seen
    assert 2 < len(hidden.unique()) <= 8
    assert float(hidden.max()) <= 1
    places = [m for m in model.module.modules() if isinstance(m, InPlaceOfNeuron)]
    assert len(places) == {"snntorch": 2, "norse": 2}.get(tool, 1)
    assert len(outputs.unique()) > CLASSES  # no spikes, but sums
    assert not any(n.spiking for n in model.neurons().values())
    assert torch.equal(model.run(at_once(inputs)).detach(), outputs)  # nothing is kept from one sample to the next


def test_if_neurons_that_subtract_fire_as_often_as_the_activation_says() -> None:
    """Theorem 1 of the source: with a constant current within a threshold, T spikes at most, floor(T · x) of them; the
    activation rounds to the nearest instead, so that both differ by at most one spike of T = 7."""
    current = torch.rand(1, 500, 1, generator=torch.Generator().manual_seed(2))
    neuron = LoadedNetwork("if", "if", nn.Sequential(nn.Identity(), jelly.IFNode(v_reset=None)))
    counts = neuron.run(current.expand(STEPS, -1, -1)).sum(0)
    assert float((counts - (STEPS * current[0]).floor()).abs().max()) <= 1  # an equal sum may just miss it
    assert float((counts / STEPS - QuantisedReLU(3)(current[0]).detach()).abs().max()) <= 1 / STEPS + 1e-6


def test_a_network_that_learns_is_as_good_as_the_spiking_one() -> None:
    """Classes by the most active third of the inputs: what the mean tells. Fine-tuned in place of a spiking network
    that was never trained, it must do far better; with the targets hidden it repeats that one's answers instead."""
    inputs, targets = events()
    untrained = network("spikingjelly, s")
    result = quantised_ann(untrained, inputs, targets, Tuning(epochs=40, learning_rate=2e-2))
    assert (result.bits, result.steps, result.fine_tuned_on, result.held_out) == (3, STEPS, 140, 60)
    assert result.score and result.spiking and result.spiking_integer and result.difference  # noqa: PT018 - types
    assert result.score.value > 0.95 > 0.8 > result.spiking.value
    assert result.score.low < result.score.value <= result.score.high
    assert result.difference.value == pytest.approx(result.score.value - result.spiking.value)
    assert result.difference.low > 0
    assert result.equal
    again = quantised_ann(untrained, inputs, targets, Tuning(epochs=40, learning_rate=2e-2))
    assert again.score == result.score  # the same seed
    blind = quantised_ann(untrained, inputs, None, Tuning(epochs=40, learning_rate=2e-2))
    assert blind.score and blind.spiking  # noqa: PT018 - types
    assert (blind.score.measure, blind.spiking.value) == ("agreement", 1.0)
    assert blind.score.value > 0.6
    assert "no targets" in blind.reason


def test_what_has_no_counterpart_says_why() -> None:
    inputs, targets = events(30)
    recurrent = nn.Sequential(nn.Linear(WIDTH, 5), snn.RLeaky(0.9, linear_features=5, init_hidden=True))
    lstm = nn.Sequential(nn.LSTM(WIDTH, 4))
    plain = nn.Sequential(nn.Linear(WIDTH, CLASSES), nn.ReLU())
    reasons = {recurrent: "feeds spikes back", lstm: "recurrent layers", plain: "no neurons that spike"}
    for module, words in reasons.items():
        result = quantised_ann(LoadedNetwork("n", "n", module), inputs, targets)
        assert result.network is None
        assert result.score is None
        assert result.reason.startswith("not obtained: ")
        assert words in result.reason
        assert not result.equal
    few = quantised_ann(network("spikingjelly, s"), inputs[:, :19], targets[:19])
    assert "19 samples are too few" in few.reason
    numbers = quantised_ann(network("spikingjelly, s"), inputs, torch.rand(30))
    assert "no classes" in numbers.reason
    with pytest.raises(InputError, match="epochs"):
        Tuning(epochs=0)


def test_integer_weights_and_paired_differences() -> None:
    """255 values symmetric about 0, the largest kept; 8 of 10 right beside 6, of which 5 shared: 3/10 - 1/10."""
    loaded = network("spikingjelly, s")
    rounded = with_integer_weights(loaded)
    before, after = (n.module[0].weight.detach() for n in (loaded, rounded))  # pyright: ignore
    scale = before.abs().amax(1, keepdim=True) / 127
    assert torch.allclose((after / scale).round() * scale, after, atol=1e-7)
    assert float((after - before).abs().max()) <= float(scale.max()) / 2 + 1e-7
    assert not torch.equal(after, before)
    first = torch.tensor([1] * 8 + [0] * 2).bool()
    second = torch.tensor([1] * 5 + [0] * 3 + [1, 0]).bool()
    gap = difference(first, second)
    assert gap.value == pytest.approx(0.2)
    assert gap.low < 0 < gap.high
    assert not gap.worse
    same = difference(torch.ones(1000).bool(), torch.ones(1000).bool())
    assert (same.low, same.high) == pytest.approx((-3.83e-3, 3.83e-3), abs=2e-5)  # z²/(n + z²) of Wilson at 0 of 1000
    assert score(first, "accuracy").value == 0.8


def test_a_score_of_several_chips_holds_the_chance_of_chips_and_of_samples() -> None:
    """80 and 60 of 100: Student's interval of two chips, t(0.975, 1) = 12.7, is wider than Wilson's and cut at 0 and 1;
    of two equal chips it is nothing, and Wilson's is left."""
    chips = torch.tensor([[1] * 80 + [0] * 20, [1] * 60 + [0] * 40]).bool()
    both = score(chips, "accuracy")
    assert (both.value, both.low, both.high, both.samples) == (0.7, 0.0, 1.0, 100)
    assert score(chips[:1].expand(2, -1), "accuracy") == score(chips[0], "accuracy")
    one = score(chips[0], "agreement")
    assert (one.low, one.high) == pytest.approx((0.7112, 0.8666), abs=1e-4)  # Wilson's by hand

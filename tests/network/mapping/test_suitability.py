"""Networks of any tool with a circuit's neurons in them, and the table of what that costs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ipcircuit.errors import InputError
from network.answers.tuning import Tuning, tune
from network.data.samples import load_digits, shuffled_split
from network.foreign.description import NeuronDescription
from network.foreign.ideal import DescribedNeuron
from network.foreign.network import LoadedNetwork
from network.mapping.counterpart import Chip, drive_scale
from network.mapping.exchange import exchanged
from network.mapping.lacking import DECAY, NEGATIVE, NOTHING, SUBTRACTION, lacking, without
from network.mapping.suitability import Conditions, Suitability, may_stand
from network.mapping.swap import plan

CIRCUITS = ("delay_feedback_lif", "signed_mtj", "comparator")
WIDTH = 40
LIF = NeuronDescription("torch", "LIF", "Own", decay=0.5, input_gain=0.5, inclusive=True)


def own(**changes: object) -> nn.Module:
    return DescribedNeuron(replace(LIF, **changes))  # pyright: ignore[reportArgumentType]


def one_layer(neurons: nn.Module) -> LoadedNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return LoadedNetwork("one layer", "test", nn.Sequential(nn.Linear(WIDTH, 30), neurons))


def inputs(steps: int, batch: int = 64) -> torch.Tensor:
    return 30 * torch.rand(steps, batch, WIDTH, generator=torch.Generator().manual_seed(2)) - 12


class Loop(nn.Module):
    """snnTorch's usual network: states made and handed on by hand, membranes beside the spikes."""

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.neurons = nn.Linear(WIDTH, 30), importlib.import_module("snntorch").Leaky(0.9, threshold=0.7)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        membrane, spikes = self.neurons.init_leaky(), []
        for step in x:
            spike, membrane = self.neurons(self.weights(step), membrane)
            spikes.append(spike)
        return torch.stack(spikes), membrane


def norse() -> LoadedNetwork:
    """Norse's, with states handed in and out, and a rest that is not 0."""
    tools = importlib.import_module("norse.torch")
    box = tools.LIFBoxParameters(tau_mem_inv=torch.tensor(500.0), v_leak=torch.tensor(0.2), v_reset=torch.tensor(0.2))
    return LoadedNetwork("norse", "test", tools.SequentialState(nn.Linear(WIDTH, 30), tools.LIFBoxCell(box)))


def jelly(name: str, **options: object) -> nn.Module:
    return getattr(importlib.import_module("spikingjelly.activation_based.neuron"), name)(**options)


TOOLS: dict[str, Callable[[], LoadedNetwork]] = {
    "SpikingJelly, all steps": lambda: one_layer(jelly("LIFNode", tau=3.0, step_mode="m")),
    "SpikingJelly, one step": lambda: one_layer(jelly("IFNode", v_threshold=0.8)),
    "snnTorch, hidden state": lambda: one_layer(
        importlib.import_module("snntorch").Leaky(0.8, init_hidden=True, graded_spikes_factor=2.0)
    ),
    "snnTorch, a loop": lambda: LoadedNetwork("loop", "test", Loop()),
    "Norse": norse,
    "ours": lambda: one_layer(own()),
}


@pytest.mark.parametrize("name", TOOLS)
def test_in_one_step_a_neuron_in_another_ones_place_spikes_where_that_one_does(name: str) -> None:
    """From rest no leak, reset or memory counts: what is left is the threshold, and how the tool calls its neurons."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network, x = TOOLS[name](), inputs(1)
    ideal = network.run(x).detach()
    (path,) = network.neurons()
    scale = drive_scale(network.neurons()[path])
    seen: list[torch.Tensor] = []
    hook = network.module.get_submodule(path).register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network.run(x)
    hook.remove()
    drives = (seen[0].detach() * scale).reshape(ideal.shape)
    clear = (drives - 1).abs() > 0.01
    assert 0.05 < float((ideal != 0).float().mean()) < 0.95
    for circuit in ("delay_feedback_lif", "signed_mtj"):
        other = plan(network, circuit).network(network)
        assert torch.equal(other.run(x).detach()[clear], ideal[clear])
        again, longer = other.run(x), other.run(inputs(3))
        assert torch.equal(again.detach()[clear], ideal[clear])  # it starts at rest each time
        assert longer.shape == (3, 64, 30)
    fired = plan(network, "comparator").network(network).run(x).detach() != 0
    far = (drives - 1).abs() > 0.3  # on a logistic curve of 0.061 thresholds less than 1 % are wrong
    assert float((fired != (ideal != 0))[far].float().mean()) < 0.01
    assert torch.equal(network.run(x).detach(), ideal)


@pytest.mark.parametrize("name", ["SpikingJelly, all steps", "snnTorch, a loop", "Norse"])
def test_own_neurons_without_a_feature_are_otherwise_their_own(name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network, x = TOOLS[name](), inputs(6)
    ideal, other = network.run(x).detach(), plan(network, "comparator")
    features = lacking(other)
    assert (SUBTRACTION in features) == (name == "snnTorch, a loop")
    assert {NEGATIVE, DECAY} <= set(features)
    same = without(NOTHING, network, other).run(x).detach()
    assert float((same != ideal).float().mean()) < 1e-3  # but for rounding at a threshold
    answers = {feature: without(feature, network, other).run(x).detach() for feature in features}
    assert all(float((answer != ideal).float().mean()) > 0.01 for answer in answers.values())
    # by hand: what spikes without negative inputs, and would not otherwise, has seen one
    assert float(answers[NEGATIVE].mean()) > float(ideal.mean())


def test_layers_that_no_circuit_can_take_stay_and_say_why() -> None:
    snn = importlib.import_module("snntorch")
    module = nn.Sequential(
        nn.Linear(WIDTH, 8),
        own(),
        nn.Linear(8, 8),
        snn.RLeaky(0.9, linear_features=8, init_hidden=True),
        nn.Linear(8, 4),
        own(spiking=False, threshold=None, reset="none"),
    )
    network = LoadedNetwork("mixed", "test", module)
    mixed = plan(network, {"": "delay_feedback_lif"})
    assert list(mixed.layers) == ["1"]
    assert {path: reason for path, _, reason in mixed.kept} == {
        "3": "its module holds feedback weights, which a circuit's neuron does not",
        "5": "it does not spike",
    }
    two = nn.Sequential(nn.Linear(WIDTH, 8), own(), nn.Linear(8, 4), own(decay=0.9))
    both = plan(LoadedNetwork("two", "test", two), "delay_feedback_lif")
    assert len({mapping.step_s for mapping in both.layers.values()}) == 1
    assert both.layers["3"].settings["leak"] < both.layers["1"].settings["leak"] == 1
    assert [mapping.decay[1] for mapping in both.layers.values()] == pytest.approx([0.5, 0.9], abs=0.01)
    chosen = plan(LoadedNetwork("two", "test", two), {"1": "signed_mtj", "3": "delay_feedback_lif"})
    assert {path: mapping.circuit for path, mapping in chosen.layers.items()} == {
        "1": "signed_mtj",
        "3": "delay_feedback_lif",
    }
    for circuits, problem in (
        ("axon_hillock_lif", "unknown counterpart"),
        ({"2": "comparator"}, "no layer of neurons"),
        ({"": "comparator", "9": "comparator"}, "no layer of neurons"),
    ):
        with pytest.raises(InputError, match=problem):
            plan(network, circuits)
    with pytest.raises(InputError, match="it does not spike"):
        plan(one_layer(nn.ReLU()), "comparator")


def test_exchange_replaces_a_module_in_all_its_places_and_keeps_the_original() -> None:
    shared = nn.ReLU()
    network = nn.Sequential(nn.Linear(2, 2), shared, nn.Sequential(shared, nn.Tanh()))
    other = exchanged(network, lambda _, module: nn.Identity() if isinstance(module, nn.ReLU) else None)
    assert other[1] is other[2][0]  # pyright: ignore
    assert isinstance(other[1], nn.Identity)  # pyright: ignore
    assert network[1] is shared


# --- a trained network


@pytest.fixture(scope="module")
def digits() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random spikes of digits: training and test inputs (4, n, 64), with their targets."""
    split, parts = shuffled_split(load_digits(), 0.25, 0), []
    for seed, samples in enumerate((split.train, split.test)):
        grey, labels = samples.batch(torch.arange(len(samples))[:512], 4)
        drawn = torch.rand(grey.shape, generator=torch.Generator().manual_seed(seed))
        parts += [(drawn < grey).float().flatten(2), labels]
    return parts[0], parts[1], parts[2][:, :120], parts[3][:120]


@pytest.fixture(scope="module")
def network(digits: tuple[torch.Tensor, ...]) -> LoadedNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        lif = [jelly("LIFNode", step_mode="m") for _ in range(2)]
        layers = [nn.Linear(64, 24), lif[0], nn.Linear(24, 10), lif[1]]
        trained = LoadedNetwork("digits", "test", nn.Sequential(*layers))
    tune(trained, digits[0], digits[1], Tuning(epochs=7, learning_rate=2e-2))
    return trained


def judged(network: LoadedNetwork, digits: tuple[torch.Tensor, ...], circuit: str, tuned: bool = False) -> Suitability:
    return may_stand(
        network,
        circuit,
        digits[2],
        digits[3],
        training=(digits[0][:, :64], digits[1][:64]) if tuned else None,
        tuning=Tuning(epochs=1),
        conditions=Conditions(chips=2, temperatures_C=(125.0,) if circuit == "delay_feedback_lif" else ()),
    )


def test_a_trained_network_is_judged_from_ideal_to_fine_tuned(
    network: LoadedNetwork, digits: tuple[torch.Tensor, ...]
) -> None:
    before = network.run(digits[2]).detach()
    table = judged(network, digits, "delay_feedback_lif", tuned=True)
    assert [o.name for o in table.outcomes] == [
        "ideal",
        "circuit",
        "mismatch",
        "temperature",
        "fine-tuned",
        "fine-tuned, mismatch",
    ]
    ideal, circuit, mismatch, hot, tuned, both = table.outcomes
    right = (before.sum(0).argmax(1) == digits[3]).double().mean()
    assert ideal.accuracy is not None
    assert ideal.accuracy.value == float(right) > 0.8
    assert ideal.accuracy.low < float(right) < ideal.accuracy.high
    assert ideal.agreement is not None
    assert (ideal.agreement.value, ideal.deviation) == (1.0, 0.0)
    assert ideal.rate == pytest.approx(_rate(network, digits[2]))
    assert circuit.agreement is not None
    assert circuit.agreement.value > 0.5  # its decay is the network's: far above the tenth of chance
    assert (mismatch.chips, mismatch.seeds, both.seeds) == (2, (0, 1), (0, 1))
    # at 125 °C the pull-up's off-current exceeds the leak: no number, and a reason
    assert hot.accuracy is None
    assert "resting state" in (hot.reason or "")
    assert tuned.accuracy is not None
    assert table.step_s == pytest.approx(14.9e-6, rel=0.01)
    assert [o.name for o in table.without] == ["without negative inputs"]  # all that it lacks: the decay is the same
    again = judged(network, digits, "delay_feedback_lif", tuned=True)
    assert again == table
    assert json.loads(json.dumps(table.to_json()))["outcomes"][3]["accuracy"] is None
    assert torch.equal(network.run(digits[2]).detach(), before)
    assert "temperature not obtained" in table.verdict


def _rate(network: LoadedNetwork, x: torch.Tensor) -> float:
    with torch.no_grad():
        first = nn.Sequential(*list(network.module.children())[:2])
        hidden, out = LoadedNetwork("hidden", "test", first, feed="whole").run(x), network.run(x)
    return float(hidden.sum() + out.sum()) / (hidden.numel() + out.numel())


def test_what_the_inputs_ask_for_is_counted(network: LoadedNetwork, digits: tuple[torch.Tensor, ...]) -> None:
    table = judged(network, digits, "comparator")
    weights = network.module.get_submodule("0")
    drives = weights(digits[2]).detach() / 2  # tau = 2
    found = table.drives["1"]
    assert found.count == drives.numel()
    assert found.negative == int((drives < 0).sum())
    assert found.negative_charge == pytest.approx(float(-drives.clamp(max=0).sum()), rel=1e-5)
    assert found.beyond == int((drives > table.layers["1"].largest_drive).sum())
    assert found.graded == 0
    share = found.negative / found.count
    assert any(f"{100 * share:.0f} % of the inputs are negative" in words for words in table.gaps("1"))
    assert table.outcome("fine-tuned") is not None
    assert table.outcomes[-1].reason == "no training samples were given"
    grey = may_stand(network, "signed_mtj", 0.5 * digits[2][:, :8], conditions=Conditions(1, ()))
    assert any("graded input: 100 %" in words for words in grey.gaps("1"))
    assert not any("negative" in words for words in grey.gaps("1"))  # it takes them
    assert grey.outcomes[0].accuracy is None
    assert grey.verdict.startswith("agreement: ideal 100.0 %")
    with pytest.raises(InputError, match="another number of targets"):
        may_stand(network, "comparator", digits[2], digits[3][:5])


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_fine_tuning_lowers_the_loss_through_the_compact_model(
    network: LoadedNetwork, digits: tuple[torch.Tensor, ...], circuit: str
) -> None:
    other, few = plan(network, circuit).network(network, Chip()), (digits[0][:, :200], digits[1][:200])

    def loss() -> float:
        with torch.no_grad():
            return float(cross_entropy(other.scores(other.run(few[0])), few[1]))

    before = loss()
    tune(other, *few, Tuning(epochs=2, batch=50, learning_rate=5e-3))
    assert loss() < before
    with pytest.raises(InputError, match="needs classes"):
        tune(other, few[0], few[1].float())

"""Neurons of SpikingJelly, snnTorch, Norse and our own: the description's equations give their spikes."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign import neurons
from network.foreign.ideal import DescribedNeuron
from network.foreign.network import LoadedNetwork
from network.neurons.lif import LIFNeuron
from network.neurons.signed_mtj.layer import SignedLIF

snn = importlib.import_module("snntorch")
jelly = importlib.import_module("spikingjelly.activation_based.neuron")
norse = importlib.import_module("norse.torch")

STEPS, BATCH, WIDTH = 100, 3, 40

MODULES: dict[str, Callable[[], nn.Module]] = {
    "IF": lambda: jelly.IFNode(),
    "IF, soft reset": lambda: jelly.IFNode(v_reset=None),
    "LIF": lambda: jelly.LIFNode(tau=3.0, v_reset=-0.1),
    "LIF, whole input, soft reset": lambda: jelly.LIFNode(tau=3.0, decay_input=False, v_reset=None, step_mode="m"),
    "PLIF": lambda: jelly.ParametricLIFNode(init_tau=2.5),
    "CubaLIF": lambda: jelly.CUBALIFNode(c_decay=0.4, v_decay=0.8),
    "LI": lambda: jelly.NonSpikingLIFNode(tau=2.0),
    "Leaky": lambda: snn.Leaky(0.9),
    "Leaky, a beta for each, reset to zero": lambda: snn.Leaky(torch.linspace(0.1, 1.0, WIDTH), reset_mechanism="zero"),
    "Leaky, no reset": lambda: snn.Leaky(0.5, threshold=0.8, reset_mechanism="none", graded_spikes_factor=2.0),
    "Synaptic": lambda: snn.Synaptic(0.6, 0.8),
    "Synaptic, reset to zero": lambda: snn.Synaptic(0.6, 0.8, reset_mechanism="zero"),
    "Lapicque": lambda: snn.Lapicque(R=2.0, C=3.0, reset_mechanism="zero"),
    "Norse LIF": lambda: norse.LIF(norse.LIFParameters(tau_mem_inv=torch.tensor(400.0), v_reset=torch.tensor(-0.2))),
    "Norse LIFCell": lambda: norse.LIFCell(),
    "Norse LIFBoxCell": lambda: norse.LIFBoxCell(norse.LIFBoxParameters(v_leak=torch.tensor(0.1))),
    "Norse IAFCell": lambda: norse.IAFCell(),
    "Norse LIBoxCell": lambda: norse.LIBoxCell(),
    "Norse LICell": lambda: norse.LICell(),
    "Norse LIFRefracCell": lambda: norse.LIFRefracCell(),
    "ours": lambda: LIFNeuron(2.5),
    "ReLU": lambda: nn.ReLU(),
}
GAIN = {"Norse LIFBoxCell": 5.0}  # of the input, so that a slow neuron spikes


@pytest.mark.parametrize("name", MODULES)
def test_description_gives_the_spikes_of_the_module(name: str) -> None:
    module = MODULES[name]().double()
    description = neurons.describe(module)
    assert description is not None
    assert description.unsupported == ()
    volts = torch.randn(STEPS, BATCH, WIDTH, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    volts = GAIN.get(name, 1.0) * (volts + 0.4)
    with torch.no_grad():
        theirs = LoadedNetwork(name, name, Spikes(module)).run(volts)
        ours = relu(volts) if description.kind == "ReLU" else DescribedNeuron(description).double()(volts)
    if description.spiking:
        assert 0.02 < float((theirs != 0).double().mean()) < 0.98
    # Decays of single precision in the tools' modules; no membrane comes that near to the threshold.
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6, check_dtype=False)  # snnTorch: spikes are float32


def relu(x: torch.Tensor) -> torch.Tensor:
    return x.clamp(min=0)


class Spikes(nn.Module):
    """One neuron as a network: its spikes from whatever it returns, its state handed on."""

    def __init__(self, neuron: nn.Module) -> None:
        super().__init__()
        self.neuron = neuron
        norses = type(neuron).__module__.startswith("norse")
        self.several = neurons.time_axis(neuron) == "multi"
        self.handed = norses and not self.several

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.several:
            output = self.neuron(x)
            stacked = isinstance(output, list)  # SpikingJelly's integrators
            return torch.stack(output) if stacked else neurons.spikes_of(self.neuron, output)
        state, outputs = None, []
        for step in x:
            output = self.neuron(step, state) if self.handed else self.neuron(step)
            state = output[1] if self.handed else None
            outputs.append(neurons.spikes_of(self.neuron, output))
        return torch.stack(outputs)


def test_time_constants_of_a_description() -> None:
    tau = neurons.describe(snn.Leaky(torch.tensor([0.0, 0.5, 1.0])))
    assert tau is not None
    assert torch.allclose(torch.as_tensor(tau.tau_steps), torch.tensor([0.0, 1.442695, torch.inf], dtype=torch.float64))
    assert tau.leaky
    integrate = neurons.describe(jelly.IFNode())
    assert integrate is not None
    assert not integrate.leaky
    assert integrate.tau_steps == float("inf")


def test_neurons_with_other_equations_say_so() -> None:
    for module in (jelly.IzhikevichNode(), jelly.KLIFNode(), snn.Alpha(0.9, 0.8), norse.LIFAdExCell()):
        description = neurons.describe(module)
        assert description is not None
        assert "not that of a LIF neuron" in description.unsupported[0]
        with pytest.raises(InputError, match="cannot be computed from its description"):
            DescribedNeuron(description)
    assert all(neurons.describe(m) is None for m in (nn.Linear(2, 2), nn.Sequential(), norse.SequentialState()))
    silenced = neurons.describe(snn.Leaky(0.9, reset_delay=False))
    assert silenced is not None
    assert "reset_delay" in silenced.unsupported[0]


def test_a_users_own_neuron_is_not_taken_for_the_one_that_it_derives_from() -> None:
    class Named(jelly.LIFNode):  # nothing but a name
        def extra_repr(self) -> str:
            return "mine"

    class Halved(snn.Leaky):
        def _base_state_function(self, input_: torch.Tensor) -> torch.Tensor:
            return super()._base_state_function(input_) / 2

    same, other = neurons.describe(Named()), neurons.describe(Halved(0.9))
    assert same is not None
    assert (same.kind, same.class_name, same.unsupported) == ("LIF", "Named", ())
    assert other is not None
    assert other.unsupported == ("Halved computes otherwise than Leaky: _base_state_function",)


def test_recurrent_neurons_are_told() -> None:
    for module in (snn.RLeaky(0.9, linear_features=3), norse.LIFRecurrentCell(2, 3), norse.LIFRecurrent(2, 3)):
        description = neurons.describe(module)
        assert description is not None
        assert description.recurrent


def test_a_plug_ins_own_layer_is_described_by_its_circuit() -> None:
    described = neurons.describe(SignedLIF.__new__(SignedLIF))
    assert described is not None
    assert (described.framework, described.kind) == ("ipcircuit", "signed")
    assert "signed_mtj" in described.unsupported[0]


class FromATutorial(nn.Module):
    """snnTorch's usual network: it makes its states and loops over time itself."""

    def __init__(self, steps: int | None = None) -> None:
        super().__init__()
        self.weights, self.neurons, self.steps = nn.Linear(WIDTH, 5), snn.Leaky(0.9), steps

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        membrane, spikes = self.neurons.reset_mem(), []
        for step in [x] * self.steps if self.steps else x:
            spike, membrane = self.neurons(self.weights(step), membrane)
            spikes.append(spike)
        return torch.stack(spikes), membrane


def hidden_states() -> nn.Module:
    return nn.Sequential(nn.Linear(WIDTH, 5), snn.Leaky(0.9, init_hidden=True, output=True))


def test_a_network_is_run_the_way_it_was_written() -> None:
    torch.manual_seed(3)
    inputs = torch.randn(6, BATCH, WIDTH)
    looping, stepped = LoadedNetwork("a", "a", FromATutorial()), LoadedNetwork("b", "b", hidden_states())
    stepped.module[0].load_state_dict(looping.module.weights.state_dict())  # pyright: ignore
    outputs = looping.run(inputs)
    assert 0 < outputs.mean() < 1
    assert torch.equal(outputs, stepped.run(inputs))
    assert torch.equal(outputs, stepped.copy().run(inputs))
    assert torch.equal(outputs, torch.cat(list(stepped.slices(inputs, 4))))
    assert (looping.feed, stepped.feed) == ("whole", "steps")
    repeating = LoadedNetwork("c", "c", FromATutorial(6))
    repeating.module.load_state_dict(looping.module.state_dict())
    assert torch.equal(repeating.run(inputs[:1]), looping.run(inputs[:1].expand(6, -1, -1)))
    with pytest.raises(InputError, match="one time step"):
        repeating.run(inputs)


class BatchFirst(FromATutorial):
    """Takes (batch, time, features); gives time first, or batch first with `turned`."""

    def __init__(self, turned: bool) -> None:
        super().__init__()
        self.turned = turned

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        spikes, membrane = super().forward(x.transpose(0, 1))
        return spikes.transpose(0, 1) if self.turned else spikes, membrane


class Encoded(nn.Module):
    """SpikingJelly's usual network for images: repeats its input, and averages over time."""

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.neurons = nn.Linear(WIDTH, 5), jelly.LIFNode(step_mode="m")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.neurons(self.weights(x.unsqueeze(0).repeat(4, 1, 1))).mean(0)


class WithStates(FromATutorial):
    def forward(self, x: torch.Tensor, membrane: torch.Tensor) -> Any:
        return self.neurons(self.weights(x), membrane)


def test_other_orders_of_axes_are_found_out() -> None:
    torch.manual_seed(3)
    inputs = torch.randn(6, BATCH, WIDTH)
    plain = FromATutorial()
    expected = LoadedNetwork("a", "a", plain).run(inputs)
    for turned, feed in ((False, "batch_first_in"), (True, "batch_first")):
        network = LoadedNetwork("b", "b", BatchFirst(turned))
        network.module.load_state_dict(plain.state_dict())
        assert torch.equal(network.run(inputs), expected)
        assert network.feed == feed
    recurrent = nn.LSTM(WIDTH, 4, batch_first=True)
    outputs = LoadedNetwork("c", "c", recurrent).run(inputs)
    assert torch.equal(outputs, recurrent(inputs.transpose(0, 1))[0].transpose(0, 1))
    encoded = LoadedNetwork("d", "d", Encoded())
    assert torch.equal(encoded.run(inputs[:1]), encoded.module(inputs[0]))
    assert encoded.feed == "repeats"
    with pytest.raises(InputError, match="needs more than its input; found 'x, membrane'"):
        LoadedNetwork("e", "e", WithStates()).run(inputs)


@pytest.mark.parametrize("network", [FromATutorial, hidden_states])
def test_input_of_the_wrong_shape_is_told_the_right_one(network: Callable[[], nn.Module]) -> None:
    loaded = LoadedNetwork("net", "net.py", network())
    with pytest.raises(InputError, match=rf"\(time, batch, {WIDTH}\)"):
        loaded.run(torch.zeros(4, 2, WIDTH - 1))
    with pytest.raises(InputError, match="wrong shape"):
        loaded.run(torch.zeros(4, WIDTH))
    with pytest.raises(InputError, match="NaN"):
        loaded.run(torch.full((4, 2, WIDTH), float("nan")))


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(InputError, match="is no torch module"):
        LoadedNetwork("x", "net.py:MODEL", dict)  # pyright: ignore

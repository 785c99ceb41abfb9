"""The layers inside networks of SpikingJelly (by the protocol that its functions follow) and of snnTorch (itself)."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import snntorch
import torch
from snntorch import utils
from torch import nn

from ipcircuit.errors import InputError
from network.neurons.lif import LIFNeuron
from network.neurons.stepping import reset
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive, StochasticNeuron

DEVICE = load_device("liu2025")
PAGE = Path(__file__).parents[3] / "docs" / "networks" / "memory_tasks.md"


def reset_net(net: nn.Module) -> None:
    """`functional.reset_net` of SpikingJelly 2.0.0, without its log and its cache."""
    for module in net.modules():
        if callable(found := getattr(module, "reset", None)):
            found()


def detach_net(net: nn.Module) -> None:
    """`functional.detach_net`."""
    for module in net.modules():
        if hasattr(module, "detach"):
            module.detach()  # pyright: ignore[reportCallIssue]


def set_step_mode(net: nn.Module, step_mode: str) -> None:
    """`functional.set_step_mode`; containers that keep their step mode are left out."""
    for module in net.modules():
        if hasattr(module, "step_mode"):
            module.step_mode = step_mode  # pyright: ignore[reportAttributeAccessIssue]


def network() -> nn.Sequential:
    torch.manual_seed(0)
    middle = DifferentialNeuron(DEVICE, sampled=False)
    last = nn.Linear(8, 3)
    nn.init.constant_(last.weight, 0.5)  # enough for the LIF neurons to fire now and then
    return nn.Sequential(nn.Linear(6, 4), Drive(DEVICE.temporal), middle, last, LIFNeuron())


def test_multi_step_equals_single_steps_and_reset_starts_again():
    net, x = network(), 3 * torch.rand(7, 2, 6, generator=torch.Generator().manual_seed(1))
    set_step_mode(net, "m")
    at_once = net(x)
    assert net[2].state is not None
    assert net[4].state is not None
    reset_net(net)
    assert net[2].state is None
    assert net[4].state is None
    set_step_mode(net, "s")
    torch.testing.assert_close(torch.stack([net(step) for step in x]), at_once)
    assert 0.1 < at_once.mean() < 0.9
    assert not torch.equal(net(x[0]), at_once[0])  # the state went on
    reset_net(net)
    torch.testing.assert_close(net(x[0]), at_once[0])


def test_detached_state_goes_on_and_its_gradient_does_not():
    net, x = network(), torch.rand(2, 2, 6).requires_grad_()
    set_step_mode(net, "s")
    net(x[0])
    heat = net[2].state[1].clone()
    detach_net(net)
    assert torch.equal(net[2].state[1], heat)
    (gradient,) = torch.autograd.grad(net(x[1]).sum(), x)
    assert gradient[0].count_nonzero() == 0
    assert gradient[1].count_nonzero() > 0


@pytest.mark.parametrize("layer", [DifferentialNeuron(DEVICE), StochasticNeuron(DEVICE.temporal), LIFNeuron()])
def test_step_modes_are_named_as_in_spikingjelly_and_others_refused(layer):
    assert layer.supported_step_mode() == ("s", "m")
    with pytest.raises(InputError, match="unknown step mode; found 'x'; allowed: s, m"):
        layer.step_mode = "x"
    assert layer.step_mode == "m"
    with pytest.raises(InputError, match="step mode"):
        type(layer)(DEVICE if isinstance(layer, DifferentialNeuron) else DEVICE.temporal, step_mode="both")


@pytest.mark.parametrize("mode", ["m", "s"])
@pytest.mark.parametrize(
    "make", [lambda mode: DifferentialNeuron(DEVICE, step_mode=mode), lambda mode: LIFNeuron(2.0, mode)]
)
def test_state_of_another_batch_is_refused_and_kept(make, mode):
    layer, x = make(mode), 0.6 + 0.3 * torch.rand(3, 4, 5)
    layer(x)
    before = layer.state
    with pytest.raises(InputError, match=r"state of another input; call reset\(\)"):
        layer(x[:, :2] if mode == "m" else x[:2])
    assert layer.state is before
    reset(layer)
    layer(x[:, :2] if mode == "m" else x[:2])


@pytest.mark.parametrize("mode", ["m", "s"])
def test_explicit_state_is_the_hidden_one_and_leaves_it_alone(mode):
    hidden, explicit = (DifferentialNeuron(DEVICE, sampled=False, step_mode=mode) for _ in range(2))
    state, x = explicit.init_state(), 0.85 * torch.ones(2, 3, 2, 4)
    for part in x if mode == "m" else x.flatten(0, 1):
        out, state = explicit(part.unsqueeze(1) if mode == "m" else part, state)
        torch.testing.assert_close(out, hidden(part.unsqueeze(1) if mode == "m" else part))
    torch.testing.assert_close(state, hidden.state)
    assert explicit.state is None


def test_snntorch_with_explicit_states_trains_through_time():
    before, after = nn.Linear(6, 4), nn.Linear(8, 3)
    mtj, leaky = DifferentialNeuron(DEVICE, neurons=8, step_mode="s"), snntorch.Leaky(beta=0.9)
    x = torch.rand(6, 2, 6).requires_grad_()
    heat, membrane = mtj.init_state(), leaky.reset_mem()
    for step in x:
        rates, heat = mtj(Drive(DEVICE.temporal)(before(step)), heat)
        _, membrane = leaky(after(rates), membrane)
    (gradient,) = torch.autograd.grad(membrane.sum(), x)
    assert (gradient.flatten(1).abs().amax(1) > 0).all()  # the first step reaches the last membrane


def test_snntorch_with_hidden_states_in_one_sequential():
    leaky = snntorch.Leaky(beta=0.9, init_hidden=True)
    net = nn.Sequential(Drive(DEVICE.temporal), DifferentialNeuron(DEVICE, sampled=False, step_mode="s"), leaky)
    x, runs = torch.rand(4, 2, 3), []
    for _ in range(2):
        utils.reset(net)  # snnTorch's own classes
        reset(net)  # ours
        runs.append(torch.stack([net(step) for step in x]))
    assert runs[0].shape == (4, 2, 6)
    torch.testing.assert_close(runs[0], runs[1])


def spikingjelly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that the documentation uses, as SpikingJelly 2.0.0 has them, unless it is installed."""
    if importlib.util.find_spec("spikingjelly"):
        return
    package: Any = ModuleType("spikingjelly.activation_based")
    package.functional = SimpleNamespace(reset_net=reset_net, set_step_mode=set_step_mode)
    package.layer, package.neuron = SimpleNamespace(Linear=nn.Linear), SimpleNamespace(LIFNode=LIFNeuron)
    monkeypatch.setitem(sys.modules, "spikingjelly", ModuleType("spikingjelly"))
    monkeypatch.setitem(sys.modules, "spikingjelly.activation_based", package)


def test_examples_of_the_documentation_run(monkeypatch):
    jelly, torch_ = re.findall(r"```py\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    spikingjelly(monkeypatch)
    names: dict[str, Any] = {}
    exec(compile(jelly, PAGE.name, "exec"), names)
    assert names["spikes"].shape == (50, 2, 3)
    assert names["net"][2].state is None
    exec(compile(torch_, PAGE.name, "exec"), names)
    assert len(names["spikes"]) == 50
    assert names["before"].weight.grad.abs().max() > 0

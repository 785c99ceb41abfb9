"""The export to SANA-FE, run by SANA-FE itself: the same spikes, and the same energy of neurons and synapses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.export.chain import chain_of
from network.export.sana_fe import LayerEnergy, SanaFe, export
from network.foreign.network import LoadedNetwork

STEPS = 200
ENERGY = LayerEnergy(step_J=1e-12, spike_J=5e-12, inputs_J=3e-9, synapses_J=4e-9)
# SANA-FE counts its chips in the process and writes to the process' standard output: it gets a process of its own.
SIMULATE = """
import json, sys
import sanafe
arch = sanafe.load_arch(sys.argv[1])
chip = sanafe.SpikingChip(arch)
chip.load(sanafe.load_net(sys.argv[2], arch))
json.dump(chip.sim(int(sys.argv[3]))["energy"], open(sys.argv[4], "w"))
"""


def in_sana_fe(described: SanaFe, folder: Path) -> dict[str, float]:
    """Energy by SANA-FE, J."""
    files = [folder / name for name in ("architecture.yaml", "network.yaml", "energy.json")]
    files[0].write_text(described.architecture)
    files[1].write_text(described.network)
    words = [sys.executable, "-c", SIMULATE, str(files[0]), str(files[1]), str(described.steps), str(files[2])]
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(files[2].read_text())


def soma_J(described: SanaFe) -> float:
    return sum(layer["soma_J"] for layer in described.expected.values())


def snntorch_network() -> LoadedNetwork:
    """Two leaky layers with a bias, whose reset acts a step late: in SANA-FE an inhibition of each neuron by itself."""
    import snntorch

    torch.manual_seed(0)
    first, second = nn.Linear(20, 30), nn.Linear(30, 5)
    with torch.no_grad():
        first.weight.mul_(4)
        second.weight.mul_(4)
    leaky = [snntorch.Leaky(beta=beta, init_hidden=True) for beta in (0.9, 0.8)]
    return LoadedNetwork("leaky", "test", nn.Sequential(first, leaky[0], second, leaky[1]))


def spikingjelly_network() -> LoadedNetwork:
    """Convolution, normalisation and mean pooling between neurons that reset to zero and by subtraction."""
    from spikingjelly.activation_based import functional, layer, neuron

    torch.manual_seed(0)
    parts = [layer.Conv2d(1, 4, 3, padding=1), layer.BatchNorm2d(4), neuron.LIFNode(), layer.AvgPool2d(2)]
    last = layer.Linear(64, 10)
    net = nn.Sequential(*parts, layer.Flatten(), last, neuron.IFNode(v_reset=None))
    with torch.no_grad():
        parts[0].weight.mul_(6)
        last.weight.mul_(4)
    functional.set_step_mode(net, "m")
    return LoadedNetwork("convolutional", "test", net)


@pytest.mark.parametrize("make", [snntorch_network, spikingjelly_network])
def test_sana_fe_finds_the_energies(make: Any, tmp_path: Path) -> None:
    network = make()
    shape = (20,) if make is snntorch_network else (1, 8, 8)
    sample = (torch.rand(STEPS, *shape, generator=torch.Generator().manual_seed(1)) < 0.3).float()
    chain = chain_of(network, sample)
    energies = dict.fromkeys((stage.path for stage in chain.stages), ENERGY)
    described = export(chain, energies, network.name)
    assert all(stage.spikes.sum() > 100 for stage in chain.stages)
    assert set(described.agreement.values()) == {1.0}  # the same spikes
    # ours by hand: neurons times steps times 1 pJ, spikes times 5 pJ, 3 nJ of inputs a layer
    neurons = sum(stage.neurons for stage in chain.stages)
    spikes = sum(float(stage.spikes.sum()) for stage in chain.stages)
    assert described.neuron_energy_J == pytest.approx(neurons * STEPS * 1e-12 + spikes * 5e-12 + 2 * 3e-9)
    energy = in_sana_fe(described, tmp_path)
    assert energy["soma"] + energy["dendrite"] == pytest.approx(described.neuron_energy_J, rel=0.01)
    assert energy["soma"] == pytest.approx(soma_J(described), rel=1e-9)
    assert energy["dendrite"] == pytest.approx(2 * 3e-9, rel=1e-9)
    assert energy["synapse"] == pytest.approx(2 * 4e-9, rel=1e-9)


def test_constant_input_is_a_bias(tmp_path: Path) -> None:
    network = snntorch_network()
    sample = torch.rand(1, 20, generator=torch.Generator().manual_seed(1)).expand(50, 20)
    chain = chain_of(network, sample)
    described = export(chain, dict.fromkeys(("1", "3"), ENERGY), network.name)
    energy = in_sana_fe(described, tmp_path)
    assert energy["soma"] == pytest.approx(soma_J(described), rel=1e-9)
    with pytest.raises(InputError, match=r"neither spikes nor constant; allowed: 0 and 1"):
        export(chain_of(network, torch.rand(9, 20)), dict.fromkeys(("1", "3"), ENERGY), network.name)


def test_what_cannot_be_said_is_named() -> None:
    import snntorch

    def chain(*layers: nn.Module) -> Any:
        return chain_of(LoadedNetwork("net", "net.py", nn.Sequential(*layers)), torch.ones(5, 4))

    leaky = snntorch.Leaky(beta=0.9, init_hidden=True)
    with pytest.raises(InputError, match=r"1: no sum of weights; found 'Tanh'; allowed: Linear, Conv1d"):
        chain(nn.Linear(4, 4), nn.Tanh(), leaky)
    with pytest.raises(InputError, match=r"net\.py: a network without neurons cannot be exported"):
        chain(nn.Linear(4, 4))
    synaptic = snntorch.Synaptic(alpha=0.5, beta=0.9, init_hidden=True)
    with pytest.raises(InputError, match=r"1: CubaLIF cannot be said in SANA-FE's leaky_integrate_fire: a synaptic"):
        export(chain(nn.Linear(4, 4), synaptic), {"1": ENERGY}, "net")

    class Doubled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights, self.neuron = nn.Linear(4, 4), leaky

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.neuron(8 * self.weights(x).abs())

    odd = chain_of(LoadedNetwork("net", "net.py", Doubled()), torch.ones(5, 4))
    with pytest.raises(InputError, match=r"neuron: the weights .* do not give the network's spikes.*differ"):
        export(odd, {"neuron": ENERGY}, "net")

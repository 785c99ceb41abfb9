"""Every layer of neurons says how many features come out of it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

import network.neurons
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.families import COUNTERPARTS
from network.foreign.neurons import describe
from network.neurons.ecram_lif.layer import DelayFeedbackLayer
from network.neurons.lif import LIFNeuron
from network.neurons.signed_mtj.clocked import ClockedSignedLayer
from network.neurons.signed_mtj.dynamics import LinearDynamics
from network.neurons.signed_mtj.layer import SignedLIF
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.driven import DrivenThermalLayer
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, StochasticNeuron, ThermalNeuron

JUNCTION = ThermalNeuronParameters(
    49.5, 0.828, (0.341, 0.858), (0.0165, 0.0027), (-0.002, -0.0003), (0.0023, 0.0003), 230e-9, (0.5, 1.0), "test"
)
LAYERS: dict[type, tuple[Callable[[], Any], int]] = {  # how one is made, and its channels
    StochasticNeuron: (lambda: StochasticNeuron(JUNCTION), 1),
    ThermalNeuron: (lambda: ThermalNeuron(JUNCTION), 1),
    DifferentialNeuron: (lambda: DifferentialNeuron(NeuronDevice("test", JUNCTION)), 2),
    LIFNeuron: (lambda: LIFNeuron(), 1),
    SignedLIF: (lambda: SignedLIF(LinearDynamics("ideal", 1e-9, 5e-9)), 1),
    DelayFeedbackLayer: (lambda: _in_place_of_a_lif("delay_feedback_lif"), 1),
    ClockedSignedLayer: (lambda: _in_place_of_a_lif("signed_mtj"), 1),
    DrivenThermalLayer: (lambda: _in_place_of_a_lif("comparator"), 1),
}


def _in_place_of_a_lif(circuit: str) -> nn.Module:
    described, counterpart = describe(LIFNeuron()), COUNTERPARTS.load(circuit)
    return counterpart.layer(counterpart.map(described))


def _billed() -> Iterator[type]:
    """Classes of layers in `network.neurons`, found in its modules."""
    for module in pkgutil.walk_packages(network.neurons.__path__, "network.neurons."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, nn.Module) and hasattr(value, "billing"):
                yield value


def test_no_layer_is_left_out() -> None:
    assert set(_billed()) == set(LAYERS)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_tells_its_out_features(kind: type) -> None:
    make, channels = LAYERS[kind]
    layer = make()
    for shape in ((5,), (3, 2, 4)):  # a vector, a picture with channels
        out = layer(torch.full((2, 1, *shape), 0.8))
        assert out.shape == (2, 1, layer.out_features(shape[0]), *shape[1:])
        assert layer.out_features(shape[0]) == channels * shape[0]
        layer.reset()
    following = nn.Linear(layer.out_features(5), 3)
    assert following(layer(torch.full((2, 1, 5), 0.8))).shape == (2, 1, 3)

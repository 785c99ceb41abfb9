"""A network's own neurons without a feature that the circuit in their place lacks: what does each of them cost?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from network.foreign.description import NeuronDescription
from network.foreign.ideal import DescribedNeuron
from network.foreign.network import LoadedNetwork
from network.mapping.counterpart import LayerMapping
from network.mapping.swap import Plan
from network.neurons.mapped import MappedNeuron
from network.neurons.stepping import StepMode

NEGATIVE, DECAY, SUBTRACTION, FILTER = "negative inputs", "its decay", "reset by subtraction", "its synaptic filter"
NOTHING = "nothing"


@dataclass(frozen=True)
class _Ideal:
    """A neuron in thresholds, and whether it takes negative drives."""

    description: NeuronDescription
    negative: bool = True


class IdealLayer(MappedNeuron):
    """The network's own neuron for drives in thresholds."""

    def __init__(self, ideal: _Ideal, step_mode: StepMode) -> None:
        super().__init__(step_mode)
        self._negative = ideal.negative
        self.neurons = DescribedNeuron(ideal.description, step_mode)

    def forward(self, drives: torch.Tensor) -> torch.Tensor:
        """Spikes of the shape of `drives`."""
        return self.neurons(drives if self._negative else drives.clamp(min=0))

    def reset(self) -> None:
        """Put the neurons at rest."""
        self.neurons.reset()

    def membrane(self) -> torch.Tensor:
        """After the last step, in thresholds."""
        return self.neurons.state[0]


def lacking(plan: Plan) -> tuple[str, ...]:
    """Features that a layer's neurons have and its circuit does not, among those that can be taken away one by one."""
    features: dict[str, None] = {}
    for path, mapping in plan.layers.items():
        neuron, (wanted, obtained) = plan.descriptions[path], mapping.decay
        if not mapping.signed:
            features[NEGATIVE] = None
        if wanted is not None and abs(wanted - obtained) > 0.02:
            features[DECAY] = None
        if neuron.reset == "subtract":
            features[SUBTRACTION] = None
        if neuron.synaptic_decay is not None:
            features[FILTER] = None
    return tuple(features)


def without(feature: str, network: LoadedNetwork, plan: Plan) -> LoadedNetwork:
    """A copy of the network whose own neurons lack one feature, of the circuits in the places of a plan.

    Args:
        feature: one of `lacking`; `NOTHING`: its neurons as they are.

    Raises:
        InputError: a neuron that its description does not hold for.
    """
    return plan.with_layers(
        network, lambda path, mode: IdealLayer(_changed(feature, plan.descriptions[path], plan.layers[path]), mode)
    )


def _changed(feature: str, neuron: NeuronDescription, mapping: LayerMapping) -> _Ideal:
    left = None if neuron.synaptic_decay is None else 1 - torch.as_tensor(neuron.synaptic_decay)
    own = replace(  # its drive holds gains and threshold already, and all that a filter brings
        neuron,
        input_gain=1.0,
        rest=0.0,
        threshold=1.0,
        synaptic_gain=1.0 if left is None else left,
        reset_value=0.0,
        graded=None,
    )
    if feature == NEGATIVE:
        return _Ideal(own, mapping.signed)
    if feature == DECAY:
        return _Ideal(replace(own, decay=mapping.decay[1]))
    if feature == SUBTRACTION and own.reset == "subtract":
        return _Ideal(replace(own, reset="zero", reset_delayed=False))
    if feature == FILTER:
        return _Ideal(replace(own, synaptic_decay=None))
    return _Ideal(own)

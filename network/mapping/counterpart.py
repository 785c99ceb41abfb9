"""What stands in the place of a network's neuron: the contract between a circuit and any network.

A network's neuron is scaled by time (how many seconds is one of its steps?) and by voltage or charge (what is an input
of one threshold?). What is left over is a list in words: features that the circuit does not have, and features that it
adds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from ipcircuit.errors import InputError
from ipcircuit.units import NOMINAL_C
from network.foreign.description import NeuronDescription, Value
from network.neurons.mapped import MappedNeuron
from network.neurons.stepping import StepMode

LEFT = 0.1  # of a threshold: what is below counts as forgotten


@dataclass(frozen=True)
class Chip:
    """The conditions in which a circuit's neurons stand in a network.

    Attributes:
        temperature_C: ambient temperature; drives, levels and biases stay those of 27 °C.
        mismatch: whether the neurons differ, by the declared spreads of devices and transistors.
        agitated: whether thermal agitation moves the membrane, where it is a random variable of the model's own.
        seed: of the chip: of its spreads, and of the noise.
    """

    temperature_C: float = NOMINAL_C
    mismatch: bool = False
    agitated: bool = False
    seed: int = 0


DESIGNED = Chip()


@dataclass(frozen=True)
class LayerMapping:
    """A layer's neuron on a circuit.

    Attributes:
        circuit: its registered name.
        step_s: length of a time step, s.
        decay: what is left of a membrane after a step; wanted by the network (None: its equation is another one), and
            that of the circuit, of a membrane at half its threshold.
        span_steps: steps until less than a tenth of a threshold is left of a membrane just below it; wanted
            (infinite without a leak), and that of the circuit.
        drive: what an input of one threshold is, in words.
        largest_drive: in thresholds; a larger one counts as this one. None: no limit.
        signed: whether a negative drive takes the membrane down.
        largest_weight: drive of the strongest single synapse, in thresholds; None: no limit.
        missing: features of the network's neuron without a counterpart, in words.
        added: features of the circuit that the network's neuron lacks, in words.
        settings: numbers that the counterpart's layer needs besides.
    """

    circuit: str
    step_s: float
    decay: tuple[float | None, float]
    span_steps: tuple[float | None, float]
    drive: str
    largest_drive: float | None = None
    signed: bool = False
    largest_weight: float | None = None
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)


class Counterpart(ABC):
    """How a network's neurons are mapped onto one circuit; the manifest names it by the circuit's name."""

    @property
    @abstractmethod
    def circuit(self) -> str:
        """Registered name."""

    def with_settings(self, settings: Mapping[str, float | str]) -> Counterpart:
        """The counterpart of the circuit with other values of its testbench's `settings`.

        Raises:
            InputError: an unknown name or an impossible value; by default all settings.
        """
        problem = "its counterpart in networks takes no settings"
        raise InputError(problem, where=self.circuit, found=", ".join(settings), allowed="the circuit as designed")

    @abstractmethod
    def step_s(self, decay: float) -> float:
        """Length of a step (s) whose decay this circuit has of itself, within what it can."""

    @abstractmethod
    def map(self, neuron: NeuronDescription, step_s: float | None = None) -> LayerMapping:
        """The mapping of a layer.

        Args:
            step_s: length of a step; default: the one of `step_s`.

        Raises:
            InputError: a step shorter than the circuit can take.
        """

    @abstractmethod
    def layer(self, mapping: LayerMapping, chip: Chip = DESIGNED, step_mode: StepMode = "m") -> MappedNeuron:
        """The layer around the circuit's compact model, for drives in thresholds."""


def decay_of(neuron: NeuronDescription) -> float | None:
    """Decay per step of a layer's neurons, their mean where they differ; within 0 … 1."""
    return (
        None if neuron.decay is None else float(torch.as_tensor(neuron.decay, dtype=torch.float64).mean().clamp(0, 1))
    )


def drive_scale(neuron: NeuronDescription) -> Value:
    """Drive, in thresholds, of an input of 1: its gain over threshold above rest.

    An input that a synaptic filter would spread over time counts with all that it brings.

    Raises:
        InputError: no threshold above rest.
    """
    threshold = 0.0 if neuron.threshold is None else neuron.threshold
    height = torch.as_tensor(threshold) - torch.as_tensor(neuron.rest)
    if not bool((height > 0).all()):
        problem = "its threshold is not above its rest: nothing to scale"
        raise InputError(problem, where=neuron.class_name, found=float(height.min()), allowed="above 0")
    gain = torch.as_tensor(neuron.input_gain)
    if neuron.synaptic_decay is not None:
        left = 1 - torch.as_tensor(neuron.synaptic_decay)
        gain = gain * torch.as_tensor(neuron.synaptic_gain) / left.clamp(min=1e-3)
    scale = gain / height
    return float(scale) if scale.numel() == 1 else scale


def wanted_span(decay: float | None) -> float | None:
    """Steps until a tenth of a membrane is left."""
    if decay is None or decay >= 1:
        return decay and math.inf
    return math.log(LEFT) / math.log(decay) if decay > 0 else 0.0


def checked_step(step_s: float | None, own_s: float, shortest_s: float, circuit: str) -> float:
    """`step_s`, or `own_s` where it is None. Raises InputError for one that the circuit cannot take."""
    if step_s is None:
        return own_s
    if not shortest_s * (1 - 1e-9) <= step_s < math.inf:
        allowed = f"at least {shortest_s:g} s"
        raise InputError("time step out of range", where=f"{circuit}: step_s", found=step_s, allowed=allowed)
    return step_s


def gaps(neuron: NeuronDescription, decay: float) -> tuple[str, ...]:
    """Features of a network's neuron that none of our circuits has, and its decay where the circuit's is another one.

    Args:
        decay: of the circuit, per step.
    """
    wanted, rest, words = decay_of(neuron), torch.as_tensor(neuron.rest), []
    if wanted is not None and abs(wanted - decay) > 0.02:
        words.append(f"decay of {wanted:.3g} per step: the circuit's is {decay:.2g}")
    if neuron.decay is not None and torch.as_tensor(neuron.decay).unique().numel() > 1:
        words.append("a decay for each neuron: a layer has one, their mean")
    if neuron.reset == "subtract":
        words.append("reset by subtraction: a spike empties the membrane, and what lay above the threshold is lost")
    if neuron.reset == "none":
        words.append("no reset: a spike empties the membrane")
    if neuron.reset == "zero" and bool((torch.as_tensor(neuron.reset_value) != rest).any()):
        words.append("a reset to another value than rest")
    if neuron.synaptic_decay is not None:
        words.append("synaptic filter: an input acts at once, with all that the filter would bring over time")
    if neuron.refractory_steps:
        words.append(f"refractory time of {neuron.refractory_steps:g} steps")
    if neuron.adaptation:
        words.append("adaptation")
    if neuron.recurrent:
        words.append("feedback weights inside the neuron's module")
    return (*words, *neuron.unsupported)
